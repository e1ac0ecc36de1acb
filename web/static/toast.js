// Short messages in a corner: what was done, or why not, with a hint and perhaps one button.
import { html, signal } from "./html.js";

const shown = signal([]);
const STAYS_MS = 6000;
const REFUSAL_STAYS_MS = 12000;
let made = 0;

/** Say `text`, once: said again, it takes the place of before; `tone` is "", "good" or "bad"; `action` = {label, run}. */
export function toast(text, { hint = "", action = null, tone = "" } = {}) {
  const one = { key: ++made, text, hint, action, tone, view: viewNow() };
  const others = shown.value.filter((other) => other.text !== text);
  shown.value = [...others.slice(-2), one];
  setTimeout(() => dismiss(one.key), tone === "bad" ? REFUSAL_STAYS_MS : STAYS_MS);
}

/** Say what an ApiError (or another error) says. */
export function toastError(error) {
  toast(error.message, { hint: error.hint, tone: "bad" });
}

/** The page went to another view: what was refused in the one before is not about it. */
export function leaveView() {
  shown.value = shown.value.filter((one) => one.tone !== "bad" || one.view === viewNow());
}

function viewNow() {
  return location.hash.split("?")[0];
}

function dismiss(key) {
  shown.value = shown.value.filter((one) => one.key !== key);
}

/** The corner where toasts are shown; a screen reader speaks them. */
export function Toasts() {
  return html`<div class="toasts" role="region" aria-label="Messages">
    ${shown.value.map((one) => html`<${Toast} key=${one.key} one=${one} />`)}
  </div>`;
}

function Toast({ one }) {
  const run = () => {
    dismiss(one.key);
    one.action.run();
  };
  return html`<div class="toast ${one.tone}" role=${one.tone === "bad" ? "alert" : "status"}>
    <div class="toast-text">${one.text}${one.hint && html`<div class="toast-hint">${one.hint}</div>`}</div>
    ${one.action && html`<button class="button small" onClick=${run}>${one.action.label}</button>`}
    <button class="button small bare" aria-label="Close the message" onClick=${() => dismiss(one.key)}>×</button>
  </div>`;
}
