// @ts-check
// Shift and a click, or Shift and Space, choose all days from the last one that was chosen.
/** @type {HTMLInputElement | null} */
let last = null;
document.addEventListener("click", (e) => {
  const box = /** @type {HTMLInputElement} */ (e.target);
  if (!box.matches?.(".held input[type=checkbox]")) return;
  const all = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(".held input[type=checkbox]")]);
  const from = last ? all.indexOf(last) : -1, to = all.indexOf(box);
  if (e.shiftKey && from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  last = box;
});
