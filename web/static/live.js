// Changes as they happen: server-sent events, and what is done while the server is away.
import { effect, html, signal, untracked } from "./html.js";
import { get } from "./api.js";
import { announce, catchUp, current, news, online, position, recount, refresh } from "./state.js";

const TOGETHER_MS = 100; // changes of a bulk run are asked for together
const RECOUNT_MS = 2000; // after the last change: counts of the filters are a little behind,
const RECOUNT_MOST_MS = 10000; // but no more than so far
const AGAIN_MS = [500, 1000, 2000, 3000];

const lockedOut = signal(false);
let stream = null;
let told = null; // of the journal: a click's own answer tells nothing of what others did before it
let tries = 0;
let changed = new Set();
let asking = null;
let counting = null;
let changedSince = 0; // the first change that is not counted yet

/** Follow the journal from where the page was told of it; connects again by itself. */
export function follow() {
  stream?.close();
  if (document.hidden) return; // a browser has six connections for all its tabs
  told ??= position.value;
  stream = new EventSource(`/api/changes?after=${told}`);
  stream.addEventListener("open", () => {
    tries = 0;
    back();
  });
  stream.addEventListener("change", (event) => take(JSON.parse(event.data)));
  stream.addEventListener("error", look);
}

effect(() => { if (!online.value) untracked(look); }); // a click that got no answer says so, too

function back() {
  lockedOut.value = false;
  if (online.value) return;
  online.value = true;
  announce("The server is back.");
  catchUp().catch(look);
}

document.addEventListener("visibilitychange", follow);

function take(change) {
  told = Math.max(told, change.position);
  position.value = Math.max(position.value, change.position);
  news.value = change;
  change.rows.forEach((id) => changed.add(id));
  asking ??= setTimeout(askAgain, TOGETHER_MS);
  if (change.rows.length) countSoon();
}

function countSoon() {
  const now = performance.now();
  changedSince ||= now;
  clearTimeout(counting);
  counting = setTimeout(countAgain, Math.max(0, Math.min(RECOUNT_MS, changedSince + RECOUNT_MOST_MS - now)));
}

function askAgain() {
  asking = null;
  const rows = [...changed];
  changed = new Set();
  refresh(rows).catch(look);
}

function countAgain() {
  changedSince = 0;
  recount().catch(look);
}

let looking = false;

/** Is the server away, or does it not let this page in any more? Then try again, less and less often. */
async function look() {
  if (looking) return;
  looking = true;
  const status = await get("/api/lines", { ids: [current.value ?? 0] }).then(() => 200, (error) => error.status);
  lockedOut.value = status === 403;
  if (status === 0 || status === 403) online.value = false;
  else back();
  setTimeout(() => {
    looking = false;
    follow();
  }, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
}

/** The banner while nothing can be decided. */
export function Away() {
  if (online.value) return null;
  return html`<div class="away" role="alert">
    <${AwayWords} /> Nothing is decided meanwhile; what you type is kept in this browser and sent then.
  </div>`;
}

/** What is the matter with the server, and what brings this tab back to it. */
export function AwayWords() {
  return lockedOut.value
    ? html`The server was started again: open the link that it printed in its terminal (<code>${location.origin}/?token=...</code>) in this browser. This tab then goes on by itself.`
    : html`The server is away; this page connects again by itself. If it was ended: <code>photojournal review</code>, then open the link that it prints.`;
}
