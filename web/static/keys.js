// The keyboard: one table of keys, which also makes the help.
import { html, useLayoutEffect, useRef } from "./html.js";
import { open } from "./dialog.js";

const table = [];
const TYPING = 'input:not([type="checkbox"]):not([type="radio"]):not([type="range"]), textarea, select, [contenteditable="true"]';
const PRESSED_NATIVELY = "button, a[href], summary, input, [role='button']";

/**
 * Let `key` ("P", "Shift+U", "Ctrl+A", "ArrowLeft", "?") do `run(event)`. Ctrl stands for Cmd, too.
 * `when()` says whether it means anything now; the newest binding that does is taken. `label` stands
 * in the help under `group`; without a label it stays out. Returns how to take the binding back.
 */
export function bind(key, label, run, { when = () => true, group = "Everywhere" } = {}) {
  const binding = { key, label, run, when, group };
  table.push(binding);
  return () => table.splice(table.indexOf(binding), 1);
}

/** Bind several keys from when a component is shown: `[[key, label, run, when], ...]`, always as many. */
export function useKeys(group, bindings) {
  const latest = useRef();
  latest.current = bindings;
  useLayoutEffect(() => { // before anybody sees it: a quick key is not lost
    const undo = bindings.map(([key, label], n) => bind(key, label, (event) => latest.current[n][2](event), {
      group, when: () => latest.current[n][3]?.() ?? true,
    }));
    return () => undo.forEach((one) => one());
  }, []);
}

/** Return what a key event is called in the table. */
export function nameOf(event) {
  const letter = /^\p{L}$/u.test(event.key);
  const key = event.key === " " ? "Space" : letter ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && (letter || key.length > 1) ? "Shift+" : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${shift}${key}`;
}

let awaited = null; // what was typed for a field that is not there yet

/** Keep what is typed from now on: it is meant for a field that is about to come. */
export function awaitField() {
  awaited = "";
}

/** Put what was typed meanwhile into the field that came; with none, it is dropped. */
export function fieldCame(field) {
  const text = awaited;
  awaited = null;
  field?.focus();
  if (!field || !text) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Take keys from now on. Nothing is taken while typing (Esc leaves the field) or in a dialog. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    if (event.target.closest?.(TYPING)) {
      if (name === "Escape") event.target.blur();
      return;
    }
    if (awaited !== null && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      awaited += event.key;
      event.preventDefault();
      return;
    }
    if ((name === "Space" || name === "Enter") && event.target.closest?.(PRESSED_NATIVELY)) return;
    const binding = table.findLast((one) => one.key === name && one.when());
    if (!binding) return;
    event.preventDefault();
    binding.run(event);
  });
}

const NAMES = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "PgUp", PageDown: "PgDn", Escape: "Esc",
};

/** Show the keys that mean something now. */
export function openHelp() {
  const groups = new Map();
  for (const one of table.filter((each) => each.label && each.when())) {
    const keys = groups.get(one.group) ?? groups.set(one.group, new Map()).get(one.group);
    keys.set(one.label, [...(keys.get(one.label) ?? []), one.key]);
  }
  return open(({ close }) => html`
    <h2>Keys</h2>
    <div class="help">
      ${[...groups].map(([group, keys]) => html`<section key=${group}>
        <h3>${group}</h3>
        <dl>${[...keys].map(([label, names]) => html`<div key=${label}>
          <dt>${[...new Set(names)].map((name) => html`<kbd>${shownAs(name)}</kbd> `)}</dt><dd>${label}</dd>
        </div>`)}</dl>
      </section>`)}
    </div>
    <div class="buttons"><button class="button primary" autofocus onClick=${() => close()}>Close</button></div>`,
  { label: "Keys", wide: true });
}

function shownAs(name) {
  return name.split("+").map((part) => NAMES[part] ?? part).join(" + ");
}
