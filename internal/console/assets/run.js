// @ts-check
// Keys of a run's page: g, t and e switch the view. After g another key may lead to another page, so g waits for it.
let waiting = 0;
document.addEventListener("keydown", (e) => {
  clearTimeout(waiting);
  const at = /** @type {HTMLElement} */ (e.target);
  if (e.ctrlKey || e.metaKey || e.altKey || at.matches("input, select, textarea")) return;
  const view = /** @type {HTMLAnchorElement | null} */ (document.querySelector(`[data-key="${CSS.escape(e.key)}"]`));
  if (view) waiting = setTimeout(() => location.assign(view.href), e.key === "g" ? 600 : 0);
});
