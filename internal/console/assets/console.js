// @ts-check
// What every page does: keys, and reading again what has changed.

/** @param {string} text */
const trust = window.trustedTypes?.createPolicy("page", { createHTML: (text) => text }) ?? { createHTML: (/** @type {string} */ text) => text };
const topic = document.body.dataset.live ?? "";
let seen = document.body.dataset.seen; // what this page shows of what was told

// The parts as the server gave them: scripts change those shown, as by where the keyboard stops.
const served = new Map([...document.querySelectorAll("[data-swap]")].map((part) => [part.id, part.outerHTML]));

/** Puts the parts of this page that change in the place of those shown. Only the server's own pages come here. */
export async function readAgain() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok) return notice(`The console answered ${answer.status}.`);
  seen = answer.headers.get("Lacuna-Seen") ?? seen;
  const page = new DOMParser().parseFromString(/** @type {any} */ (trust.createHTML(await answer.text())), "text/html");
  for (const part of document.querySelectorAll("[data-swap]")) {
    const next = page.getElementById(part.id);
    if (!next || served.get(part.id) === next.outerHTML || part.querySelector("input:checked")) continue;
    const had = part.contains(document.activeElement) ? document.activeElement?.id || document.activeElement?.getAttribute("href") : "";
    served.set(part.id, next.outerHTML);
    part.replaceWith(document.importNode(next, true));
    if (had) [...document.querySelectorAll(`#${CSS.escape(part.id)} :is([id], [href])`)].find((e) => e.id === had || e.getAttribute("href") === had)?.focus();
  }
  document.dispatchEvent(new Event("swapped"));
}

/** @param {string} text "" takes it away */
export function notice(text) {
  const at = document.getElementById("notice");
  if (!at) return;
  at.textContent = text;
  at.hidden = text === "";
}

// News that come while a page is being read make it be read once more.
let reading = false, wanted = false;
async function want() {
  wanted = true;
  if (reading) return;
  reading = true;
  while (wanted && !document.hidden) {
    wanted = false;
    try { await readAgain(); } catch { /* the stream tells when the server is gone */ }
    await new Promise((done) => setTimeout(done, 300));
  }
  reading = false;
}

let lost = false; // the stream, of whichever tab
/** @param {{runs?: boolean, series?: string[], target?: string, lost?: boolean}} news */
function hear(news) {
  lost = news.lost ?? lost;
  if (news.target) notice(news.target === "ok" ? "" : news.target);
  const [kind, key] = topic.split(/:(.*)/s);
  if (news.target === "ok" || kind === "runs" && news.runs || kind === "series" && news.series?.some((k) => !key || k === key || k === "*")) want();
}

/** @type {Record<string, string>} where a key after g leads to */
const places = { s: "/", r: "/runs", p: "/plans/new", h: "/held" };
let last = "";
document.addEventListener("keydown", (e) => {
  const at = /** @type {HTMLElement} */ (e.target);
  if (e.ctrlKey || e.metaKey || e.altKey || at.matches("input:not([type=checkbox]), select, textarea")) return;
  const before = last;
  last = e.key;
  if (before === "g" && places[e.key]) location.assign(places[e.key]);
  else if (e.key === "/" && document.getElementById("filter")) { e.preventDefault(); document.getElementById("filter")?.focus(); }
  else if (e.key === "?") /** @type {HTMLDialogElement} */ (document.getElementById("help")).showModal();
});

// One stream of events for all tabs of the browser: HTTP/1.1 has six connections in all.
// The tab that holds the lock listens and tells the others. Where the address is neither
// https nor localhost there are no locks: each tab that is seen has a stream of its own.
const channel = navigator.locks && new BroadcastChannel("lacuna");
if (channel) channel.onmessage = (e) => hear(e.data);
function listen() {
  if (document.hidden) return;
  if (!channel) return void attend();
  const gone = new AbortController();
  document.addEventListener("visibilitychange", () => document.hidden && gone.abort(), { once: true });
  navigator.locks.request("lacuna-live", { signal: gone.signal }, attend).catch(() => undefined);
}
/** Listens for all tabs until this one is hidden or left. */
function attend() {
  return new Promise((done) => {
    /** @type {EventSource} */ let stream;
    let later = 0;
    function open() {
      stream = new EventSource(`/live?seen=${seen}`);
      stream.onopen = () => { if (lost) tell({ target: "ok", lost: false }); };
      stream.onerror = () => {
        const refused = stream.readyState === EventSource.CLOSED; // for the browser that is final
        if (refused) later = setTimeout(open, 3000);
        tell({ lost: true, target: refused ? "The console was started again: open the address that it printed. This page then goes on." : "The console does not answer. It is tried again." });
      };
      stream.onmessage = (e) => tell(JSON.parse(e.data));
    }
    /** @param {any} news */
    function tell(news) { hear(news); channel?.postMessage(news); }
    function end() { clearTimeout(later); stream.close(); done(undefined); }
    open();
    document.addEventListener("visibilitychange", end, { once: true });
    addEventListener("pagehide", end, { once: true }); // or a page that is left says that the console is gone
  });
}
if (topic) {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { listen(); want(); } });
  listen();
}
