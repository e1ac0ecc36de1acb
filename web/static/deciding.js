// Pick, approve, reject: the keys and buttons for them, and what follows a decision.
import { html } from "./html.js";
import { verbOf } from "./command.js";
import { ask } from "./dialog.js";
import { approvable } from "./unsaved.js";
import { Icon } from "./icons.js";
import { awaitField, fieldCame, useKeys } from "./keys.js";
import {
  announce, autoAdvance, current, decide, ids, inTurn, lines, moveTo, nameOfRow, neighbour, online, readonly, redo, route, saving, selection, show, sideTab,
  undo,
} from "./state.js";
import { toast } from "./toast.js";

export const DECISIONS = [
  { decision: "pick", key: "P", label: "Pick", done: "picked" },
  { decision: "approve", key: "A", label: "Approve", done: "approved" },
  { decision: "reject", key: "X", label: "Reject", done: "rejected" },
];

/** Return the rows that a decision is about: those selected in the grid, else the current one. */
export function targets() {
  if (route.value.name === "grid" && selection.value.size) return ids.value.filter((id) => selection.value.has(id));
  return current.value === null ? [] : [current.value];
}

/** Decide about rows, by default `targets()`; then the next photo is shown, if that is wished. */
export function act(decision, rows, options) {
  return inTurn(async () => {
    const wanted = rows ?? targets();
    if (!wanted.length || refusedOffline()) return;
    const meant = decision === "approve" ? await approvable(wanted) : wanted;
    if (!meant.length) return;
    const answers = await decide(decision, meant, options);
    if (meant.length > 1) return;
    if (answers[0].outcome === "refused") sayWayOut(answers[0]);
    else if (autoAdvance.value && !rows) advance(meant[0]);
  });
}

/** Take the last step back, or bring it back; also across restarts. */
export function goBack(verb) {
  return inTurn(async () => { if (!refusedOffline()) await (verb === "undo" ? undo() : redo()); });
}

/** Tell that nothing can be decided while the server is away, or in an opened bundle; return whether it is so. */
export function refusedOffline() {
  if (readonly) {
    toast("An opened incident bundle is for looking.", { hint: "Decide where it was made.", tone: "bad" });
    return true;
  }
  if (online.value) return false;
  toast("Nothing is decided while the server is away.", { hint: "This page connects again by itself.", tone: "bad" });
  return true;
}

function advance(decided) {
  if (current.value !== decided) return;
  const panes = route.value.name === "compare" ? route.value.ids : null;
  const next = panes ? panes[panes.indexOf(decided) + 1] ?? decided : neighbour(decided, 1);
  if (next !== decided) moveTo(next);
  else if (!panes) announce("That was the last photo of the list.");
}

/** What is refused says what would do: to save a draft, another file, a reason to let findings pass, or a text by a person. */
function sayWayOut({ row, detail, hint }) {
  const { has_draft, next_action } = lines.value.get(row) ?? {};
  const say = (words, label, run) => toast(`${nameOfRow(row)}: ${detail}`, { hint: words, tone: "bad", action: label && { label, run } });
  if (verbOf(next_action) === "replace") say(`${next_action} (or reject it)`, "Reject", () => act("reject", [row]));
  else if (has_draft && hint.includes(" edit ")) say("Your draft is not saved: Ctrl+S saves it.", "Edit", () => editRow(row));
  else if (hint.includes("--waive")) say(hint, "Let it pass ...", () => waive(row));
  else if (hint.includes(" edit ")) say(hint, "Edit", () => editRow(row));
  else say(hint);
}

async function waive(row) {
  const reason = await ask({
    title: `Let ${nameOfRow(row)} pass`, label: "Why may it pass? The reason is kept.", button: "Approve",
    text: "It is approved as it is now, in spite of its findings.",
  });
  if (reason) act("approve", [row], { waive: reason });
}

/** Put the cursor into the first field of the texts; where no panel is shown, the loupe has it. */
export function editRow(row = current.value) {
  if (row === null) {
    toast("No photo is chosen.", { hint: "Choose one in the grid (G) first." });
    return;
  }
  sideTab.value = "texts";
  if (!document.querySelector(".side") || current.value !== row) show(`#/row/${row}`);
  const until = performance.now() + 2000;
  const look = () => {
    const field = document.querySelector(`.side-body[data-row="${row}"] :is(textarea, input)`);
    if (!field && online.value && performance.now() < until) {
      requestAnimationFrame(look);
      return;
    }
    fieldCame(field);
    if (!field) sayNoFields();
  };
  awaitField();
  look();
}

function sayNoFields() {
  if (online.value) toast("The texts are not here yet.", { hint: "Press E again in a moment.", tone: "bad" });
  else toast("No text can be edited: the server is away.", { hint: "The fields are shown once it is back.", tone: "bad" });
}

/** True where the photo that keys decide about is in sight. */
function showsPhoto() {
  return ["grid", "row", "compare"].includes(route.value.name);
}

/** The keys that decide, on every view with photos; those that take back, everywhere. */
export function useDecisionKeys() {
  useKeys("Decide", readonly ? [] : [
    ...DECISIONS.map(({ decision, key, label }) => [key, label, () => act(decision), showsPhoto]),
    ["U", "Undo", () => goBack("undo")],
    ["Ctrl+Z", "Undo", () => goBack("undo")],
    ["Shift+U", "Redo", () => goBack("redo")],
    ["Ctrl+Shift+Z", "Redo", () => goBack("redo")],
    ["E", "Edit the texts", () => editRow()],
  ]);
}

/** Buttons for the three decisions about `rows` (default: `targets()`); what `line` is, is pressed. */
export function DecisionButtons({ line, rows, labels = true }) {
  if (readonly) return null;
  return html`<div class="decisions ${saving.value ? "saving" : ""}" role="group" aria-label="Decide">
    ${DECISIONS.map(({ decision, key, label, done }) => html`<button key=${decision} class="button decision ${done}"
      aria-pressed=${line ? String(line.decision === done) : undefined} aria-label=${label} title="${label} (${key})"
      onClick=${() => act(decision, rows)}>
      <${Icon} name=${decision} />${labels && html`<span>${label}</span>`}
    </button>`)}
  </div>`;
}

/** Undo, beside the decisions. */
export function UndoButton() {
  if (readonly) return null;
  return html`<button class="button undo" title="Undo (U)" aria-label="Undo" onClick=${() => goBack("undo")}>
    <${Icon} name="undo" /><span>Undo</span>
  </button>`;
}
