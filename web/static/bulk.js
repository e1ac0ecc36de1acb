// The bar below the grid: decides about what is selected, all at once, else about the current photo.
import { html } from "./html.js";
import { DecisionButtons, UndoButton } from "./deciding.js";
import { Icon } from "./icons.js";
import { openPublish, openWithdraw } from "./publish.js";
import { openReplace } from "./replace.js";
import { selectAll, selectNothing } from "./selecting.js";
import { current, ids, lines, nameOfRow, readonly, selection, show } from "./state.js";

/** The bar; it is always there, so that nothing moves when something is selected. */
export function BulkBar() {
  const rows = ids.value.filter((id) => selection.value.has(id));
  const name = current.value === null ? "" : nameOfRow(current.value);
  return html`<div class="bar bulk" role="region" aria-label="Selected photos">
    <strong class="bar-name">${rows.length ? `${rows.length} selected` : name}</strong>
    ${rows.length > 0 && html`<button class="button bare small" aria-label="Select nothing" title="Select nothing (Esc)" onClick=${selectNothing}><${Icon} name="reject" /></button>`}
    <${DecisionButtons} line=${rows.length ? undefined : lines.value.get(current.value)} /><${UndoButton} />
    ${rows.length > 0 && html`<${ForMany} rows=${rows} />`}
    <span class="grow"></span>
    ${!rows.length && html`<button class="button bare wide-only" onClick=${selectAll}>Select all ${ids.value.length}</button>`}
  </div>`;
}

function ForMany({ rows }) {
  return html`
    ${rows.length > 1 && rows.length <= 4 && html`<button class="button" onClick=${() => show(`#/compare/${rows.join(",")}`)}>Compare</button>`}
    ${!readonly && html`<button class="button" onClick=${() => openReplace(rows)}>Find and replace ...</button>
      <button class="button" onClick=${() => openPublish(rows)}>Publish ...</button>
      <button class="button" onClick=${() => openWithdraw(rows)}>Withdraw ...</button>`}`;
}
