// @ts-check
// The picture of all series: a line a series, a cell a month. The table has the same.
const canvas = /** @type {HTMLCanvasElement | null} */ (document.getElementById("canvas"));
const said = document.getElementById("cell");
const wide = 3;
/** @type {{keys: string[], months: string[], year: number, month: number, high: number}} */
let shown = { keys: [], months: [], year: 0, month: 1, high: 1 };

/** @param {string} text a line of runs: 12oq3m */
function unfold(text) {
  return text.replace(/(\d*)(\D)/g, (_, n, letter) => letter.repeat(Number(n || 1)));
}

async function draw() {
  if (!canvas) return;
  const answer = await fetch(canvas.dataset.coverage ?? "");
  if (!answer.ok) return;
  const [head, ...lines] = (await answer.text()).trimEnd().split("\n");
  const parts = lines.map((line) => line.split("\t"));
  const [year, month] = head.split("-").map(Number);
  const high = Math.max(1, Math.min(10, Math.floor(300 / Math.max(1, lines.length))));
  shown = { keys: parts.map((p) => decodeURIComponent(p[0])), months: parts.map((p) => unfold(p[1] ?? "")), year, month, high };
  canvas.width = Math.max(...shown.months.map((m) => m.length)) * wide;
  canvas.height = Math.min(lines.length * high, 16000);
  const pen = canvas.getContext("2d");
  if (!pen) return;
  for (const look of document.querySelectorAll(".legend [data-letter]")) { // cells look as those of the legend
    const letter = look.getAttribute("data-letter") ?? "", shape = new Path2D(look.getAttribute("d") ?? "");
    pen.fillStyle = getComputedStyle(look).fill;
    shown.months.forEach((line, y) => {
      for (let x = line.indexOf(letter); x >= 0; x = line.indexOf(letter, x + 1)) {
        pen.setTransform(wide / 10, 0, 0, high / 10, x * wide, y * high);
        if (high < 3) pen.fillRect(0, 0, 10, 10);
        else pen.fill(shape);
      }
    });
  }
}

/** @param {MouseEvent} e */
function at(e) {
  const x = Math.floor(e.offsetX / wide), y = Math.floor(e.offsetY / shown.high);
  const n = shown.year * 12 + shown.month - 1 + x;
  return { key: shown.keys[y], year: Math.floor(n / 12), month: String(n % 12 + 1).padStart(2, "0"), letter: shown.months[y]?.[x] };
}

canvas?.addEventListener("mousemove", (e) => {
  const { key, year, month } = at(e);
  if (said && key) said.textContent = `${key}, ${year}-${month}`;
});
canvas?.addEventListener("click", (e) => {
  const { key, year } = at(e);
  if (key) location.assign(`/series/${encodeURIComponent(key)}?year=${year}`);
});
document.addEventListener("swapped", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
