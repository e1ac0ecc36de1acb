// What was typed and has not reached the server: this browser keeps a copy of it, and it is sent again
// once the server is back, also by a tab of an earlier start of it.
import { effect, untracked } from "./html.js";
import { online } from "./state.js";

const unsent = new Set(); // editings whose draft the server did not take
const nameOf = (id) => `draft:${document.body.dataset.root}:${id}`;

/** Keep a copy of what is typed about row `id`; returns false where the browser keeps nothing. */
export function keepCopy(id, typed) {
  try {
    localStorage.setItem(nameOf(id), JSON.stringify({ ...typed, at: new Date().toISOString() }));
    return true;
  } catch {
    return false;
  }
}

/** Forget the copy: the server has what was typed, or nobody wants it. */
export function dropCopy(id) {
  localStorage.removeItem(nameOf(id));
}

/** Return the copy, or null. */
export function copyOf(id) {
  return JSON.parse(localStorage.getItem(nameOf(id)));
}

/** Return the newer one of the server's draft and a copy of this browser, or null. */
export function newestDraft(id, draft, copy) {
  if (copy && !(draft && new Date(draft.at) > new Date(copy.at))) return copy;
  dropCopy(id);
  return draft;
}

/** True for an error that says nothing of what was asked: no server there, or another start of it. */
export function isAway({ status }) {
  return status === 0 || status === 403;
}

/** Send an editing's draft again when the server is back. */
export function sendLater(editing) {
  unsent.add(editing);
}

/** The server has it. */
export function sent(editing) {
  unsent.delete(editing);
}

effect(() => { if (online.value) untracked(() => [...unsent].forEach((editing) => editing.keepDraft())); });

addEventListener("beforeunload", (event) => {
  if ([...unsent].some((editing) => editing.isDirty)) event.preventDefault();
});
