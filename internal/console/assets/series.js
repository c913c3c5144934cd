// @ts-check
// The page of a series: the grid of a year as one stop of the keyboard, days that are
// selected, a day that opens beside it, and the digits of the chart. Days are text here.
import { notice, readAgain } from "./console.js";

/** @type {string} where a selection that grows began */
let anchor = "";
/** @type {string[]} the first and the last day selected; none: nothing is */
let chosen = [];
/** @type {string} the day that the grid stops at */
let current = "";

const grid = () => document.getElementById("grid");
/** The links of the grid, by day. @returns {HTMLAnchorElement[]} */
const cells = () => [...document.querySelectorAll("#grid a")].map((a) => /** @type {HTMLAnchorElement} */ (a)).sort((a, b) => dayOf(a) < dayOf(b) ? -1 : 1);
/** @param {Element} cell */
const dayOf = (cell) => cell.getAttribute("aria-label")?.slice(0, 10) ?? "";

/** Makes the grid one stop of the keyboard. */
function prepare() {
  const all = cells();
  if (!all.length) return;
  const today = grid()?.dataset.day ?? "";
  const at = all.find((c) => dayOf(c) === current) ?? all.find((c) => c.getAttribute("aria-current")) ?? all.find((c) => dayOf(c) === today) ?? all[0];
  for (const c of all) c.tabIndex = c === at ? 0 : -1;
  current = dayOf(at);
  paint();
}

/** Shows in the grid what is selected. */
function paint() {
  const [from, to] = chosen;
  if (from) for (const c of cells()) c.parentElement?.setAttribute("aria-selected", String(from <= dayOf(c) && dayOf(c) <= to));
}

/** Selects the days from the anchor to the current one, in the grid and in the forms. */
function select() {
  chosen = [anchor, current].sort();
  paint();
  fill(chosen[0], chosen[1]);
  hint(`Selected: ${chosen.join(" to ")}.`);
}

/** @param {string} text */
function hint(text) {
  const at = document.getElementById("at");
  if (at) at.textContent = text;
}

/** @param {string} from @param {string} to */
function fill(from, to) {
  for (const input of document.querySelectorAll("[name=from]:not([type=hidden])")) /** @type {HTMLInputElement} */ (input).value = from;
  for (const input of document.querySelectorAll("[name=to]:not([type=hidden])")) /** @type {HTMLInputElement} */ (input).value = to;
}

/** @param {number} i @param {boolean} selecting */
function go(i, selecting) {
  const all = cells();
  if (!selecting) anchor = "";
  else if (!anchor) anchor = current;
  if (i < 0) return turn(-1, "-12-31");
  if (i >= all.length) return turn(1, "-01-01");
  for (const c of all) c.tabIndex = -1;
  all[i].tabIndex = 0;
  all[i].focus();
  current = dayOf(all[i]);
  if (selecting) select();
}

/** Shows the year before or after, if there is one. @param {number} by @param {string} [day] of it */
function turn(by, day = current.slice(4)) {
  const years = [...document.querySelectorAll(".years a")], at = years.findIndex((a) => a.getAttribute("aria-current"));
  const next = years[at - by]; // the newest is first
  if (!next) return;
  current = String(Number(current.slice(0, 4)) + by).padStart(4, "0") + day;
  open(/** @type {HTMLAnchorElement} */ (next).href, true);
}

/** Shows another state of this page. @param {string} to @param {boolean} [focus] into the grid */
async function open(to, focus) {
  history.pushState(null, "", to);
  await show();
  if (focus) cells().find((c) => c.tabIndex === 0)?.focus();
}

async function show() {
  try { await readAgain(); } catch { location.reload(); }
}

document.addEventListener("keydown", (e) => {
  const cell = /** @type {HTMLElement} */ (e.target);
  if (!cell.closest("#grid") || e.ctrlKey || e.metaKey || e.altKey) return;
  const all = cells(), at = all.findIndex((c) => c === cell);
  /** @type {Record<string, number>} */
  const steps = { ArrowUp: at - 1, ArrowDown: at + 1, ArrowLeft: at - 7, ArrowRight: at + 7, Home: 0, End: all.length - 1 };
  if (e.key in steps) go(steps[e.key], e.shiftKey);
  else if (e.key === "PageUp") turn(-1);
  else if (e.key === "PageDown") turn(1);
  else if (e.key === " ") { anchor = current; select(); }
  else if (e.key === "Escape") {
    anchor = "";
    chosen = [];
    for (const c of all) c.parentElement?.removeAttribute("aria-selected");
    fill("", "");
  } else return;
  e.preventDefault();
});

document.addEventListener("click", (e) => {
  const a = /** @type {HTMLElement} */ (e.target).closest("a");
  if (!a || e.ctrlKey || e.metaKey || e.button) return;
  if (a.closest("#grid")) {
    e.preventDefault();
    if (e.shiftKey) return go(cells().findIndex((c) => c === a), true);
    current = dayOf(a);
    const q = new URLSearchParams(location.search);
    q.delete("year");
    q.set("day", current);
    open("?" + q);
  } else if (!e.shiftKey && a.closest("#day h2, .years")) {
    e.preventDefault();
    current = "";
    open(a.href);
  }
});
document.addEventListener("mouseover", (e) => {
  const a = /** @type {HTMLElement} */ (e.target).closest?.("#grid a");
  if (a) hint(a.getAttribute("aria-label") ?? "");
});
addEventListener("popstate", show);
document.addEventListener("swapped", () => { prepare(); values = null; });

/** @typedef {{day: string, status: string, fields: Record<string, string>}} Value */
/** @type {Promise<Value[]> | null} */
let values = null;
let read = -1, drag = "";
const chart = () => /** @type {SVGSVGElement | null} */ (document.querySelector("svg.chart"));

/** All values of the chart, read once. Of a part of them the nearest may be far away: rather none. */
function readings() {
  return values ??= all().catch((e) => {
    notice(`The values of the chart could not be read: ${e.message}`);
    values = null;
    return [];
  });
}

async function all() {
  const svg = chart(), path = location.pathname, asOf = new URLSearchParams(location.search).get("as_of");
  const q = new URLSearchParams({ from: svg?.dataset.from ?? "", to: svg?.dataset.to ?? "" });
  if (asOf) q.set("as_of", asOf);
  /** @type {Value[]} */
  const list = [];
  for (let next = true; next;) { // an answer has a part, and says where it goes on
    const answer = await fetch(`${path}/values?${q}`), page = await answer.json();
    if (!answer.ok) throw new Error(page.error);
    list.push(...page.values);
    if (next = Boolean(page.next)) q.set("from", page.next);
  }
  return list;
}

/** The number of a day, counted as the calendar does. @param {string} day */
function number(day) {
  let [y, m, d] = day.split("-").map(Number);
  if (m < 3) { y--; m += 12; }
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * m - 457) / 5) + d;
}

/** Says the digits of the value i, and marks its place. @param {Value[]} list @param {number} i */
function say(list, i) {
  const svg = chart(), at = document.getElementById("reading"), v = list[i];
  if (!svg || !at || !v) return;
  read = i;
  at.textContent = `${v.day}, ${v.status}: ${Object.entries(v.fields ?? {}).map(([name, digits]) => `${name} ${digits}`).join(", ")}`;
  mark(svg, v.day, v.day);
}

/** @param {SVGSVGElement} svg @param {string} from @param {string} to */
function mark(svg, from, to) {
  const first = number(svg.dataset.from ?? ""), days = number(svg.dataset.to ?? "") - first + 1;
  const left = Number(svg.dataset.left), width = Number(svg.dataset.width);
  const cursor = svg.querySelector(".cursor") ?? svg.appendChild(document.createElementNS(svg.namespaceURI ?? "", "rect"));
  const x = left + (number(from) - first + .5) / days * width;
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("x", String(x));
  cursor.setAttribute("y", "10");
  cursor.setAttribute("width", String(Math.max(.5, left + (number(to) - first + .5) / days * width - x)));
  cursor.setAttribute("height", String(svg.viewBox.baseVal.height - 50));
}

/** The value nearest to the pointer. @param {Value[]} list @param {MouseEvent} e */
function nearest(list, e) {
  const svg = chart();
  if (!svg) return -1;
  const box = svg.getBoundingClientRect(), x = (e.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
  const first = number(svg.dataset.from ?? ""), days = number(svg.dataset.to ?? "") - first + 1;
  const want = first + (x - Number(svg.dataset.left)) / Number(svg.dataset.width) * days;
  let best = -1;
  list.forEach((v, i) => { if (best < 0 || Math.abs(number(v.day) + .5 - want) < Math.abs(number(list[best].day) + .5 - want)) best = i; });
  return best;
}

for (const kind of /** @type {const} */ (["mousemove", "mousedown", "mouseup"])) {
  document.addEventListener(kind, async (e) => {
    if (!/** @type {HTMLElement} */ (e.target).closest?.("svg.chart")) return;
    const list = await readings(), i = nearest(list, e), day = list[i]?.day, svg = chart();
    if (!day || !svg) return;
    if (kind === "mousedown") drag = day;
    if (kind === "mousemove") say(list, i);
    if (!drag) return;
    const [from, to] = drag < day ? [drag, day] : [day, drag];
    if (kind === "mousemove") mark(svg, from, to);
    if (kind !== "mouseup") return;
    drag = "";
    if (from === to) return;
    const q = new URLSearchParams(location.search);
    q.set("from", from);
    q.set("to", to);
    open("?" + q);
  });
}
document.addEventListener("keydown", async (e) => {
  if (!/** @type {HTMLElement} */ (e.target).matches(".chartbox")) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
  if (!by) return;
  e.preventDefault();
  const list = await readings();
  say(list, Math.min(Math.max(read < 0 ? list.length - 1 : read + by, 0), list.length - 1));
});
prepare();
