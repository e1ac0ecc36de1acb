// The bar for what was selected: a count, and what can be done with all of it at once.
import { html } from "./html.js";
import { DecisionButtons, UndoButton } from "./deciding.js";
import { openPublish, openWithdraw } from "./publish.js";
import { openReplace } from "./replace.js";
import { selectAll, selectNothing } from "./selecting.js";
import { current, ids, lines, selection, show } from "./state.js";

/** The bar; without a selection it is seen on narrow screens only, for the current photo. */
export function BulkBar() {
  const chosen = selection.value.size;
  if (!chosen) {
    return html`<div class="bar thumb-bar"><${DecisionButtons} line=${lines.value.get(current.value)} /><${UndoButton} /></div>`;
  }
  const rows = ids.value.filter((id) => selection.value.has(id));
  return html`<div class="bar bulk" role="region" aria-label="Selected photos">
    <strong>${chosen} selected</strong>
    <${DecisionButtons} /><${UndoButton} />
    ${chosen >= 2 && chosen <= 4 && html`<button class="button" onClick=${() => show(`#/compare/${rows.join(",")}`)}>Compare</button>`}
    <button class="button" onClick=${() => openReplace(rows)}>Find and replace ...</button>
    <button class="button" onClick=${() => openPublish(rows)}>Publish ...</button>
    <button class="button" onClick=${() => openWithdraw(rows)}>Withdraw ...</button>
    <span class="grow"></span>
    ${chosen < ids.value.length && html`<button class="button bare" onClick=${selectAll}>Select all ${ids.value.length}</button>`}
    <button class="button bare" onClick=${selectNothing}>Select nothing</button>
  </div>`;
}
