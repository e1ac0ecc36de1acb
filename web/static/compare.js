// Comparing: two to four photos side by side that zoom and pan together.
import { html, signal, useEffect } from "./html.js";
import { Badges, Mark, ratingOf } from "./cell.js";
import { DecisionButtons, UndoButton, refusedOffline } from "./deciding.js";
import { Icon } from "./icons.js";
import { useKeys } from "./keys.js";
import { Names } from "./names.js";
import { announce, back, current, decideAll, inTurn, lines, nameOfRow, need, readonly, show } from "./state.js";
import { FIT, ZoomPicture, panKeys, toggled } from "./zoom.js";

const zoom = signal(FIT);

/** Photos `rows` (2 to 4 ids) side by side; the current one is the one that keys decide about. */
export function Compare({ rows }) {
  useEffect(() => { need(rows); }, [rows.join()]);
  useEffect(() => { if (!rows.includes(current.value)) current.value = rows[0] ?? null; }, [rows.join()]);
  useCompareKeys(rows);
  const known = rows.filter((id) => lines.value.has(id));
  return html`<div class="compare">
    <div class="panes panes-${rows.length}">
      ${known.map((id) => html`<${Pane} key=${id} line=${lines.value.get(id)} rows=${rows} />`)}
    </div>
    <div class="bar">
      <button class="button" onClick=${() => show("#/")}>Grid (G)</button>
      <button class="button" aria-pressed=${String(zoom.value.level > 0)} onClick=${flip}><${Icon} name="zoom" /> 100 % (Z)</button>
      <span class="grow"></span>
      ${!readonly && html`<button class="button primary" disabled=${rows.length < 2} onClick=${() => keepOnly(current.value, rows)}>
        Keep ${current.value === null ? "this" : nameOfRow(current.value)}, reject the others (K)
      </button>`}
      <${UndoButton} />
    </div>
  </div>`;
}

function Pane({ line, rows }) {
  const isCurrent = line.id === current.value;
  return html`<section class="pane ${isCurrent ? "current" : ""} ${line.decision}" aria-label=${nameOfRow(line.id)} data-row=${line.id}
    aria-current=${isCurrent ? "true" : undefined} onPointerDown=${() => { current.value = line.id; }} onFocusIn=${() => { current.value = line.id; }}>
    <${ZoomPicture} line=${line} zoom=${zoom.value} onZoom=${(next) => { zoom.value = next; }} />
    <div class="pane-foot">
      <div class="pane-name"><${Mark} decision=${line.decision} /> <strong><${Names} line=${line} /></strong> <span class="soft">${ratingOf(line)}</span> <${Badges} line=${line} /></div>
      <${DecisionButtons} line=${line} rows=${[line.id]} labels=${rows.length < 4} />
      <button class="button bare" title="Take out of the comparison" aria-label="Take ${nameOfRow(line.id)} out of the comparison" onClick=${() => without(line.id, rows)}>
        <${Icon} name="reject" /></button>
    </div>
  </section>`;
}

function flip() {
  zoom.value = toggled(zoom.value);
}

function without(id, rows) {
  const left = rows.filter((one) => one !== id);
  show(left.length > 1 ? `#/compare/${left.join(",")}` : `#/row/${left[0]}`, { replace: true });
}

/** Pick one of several photos and reject the others: one step, one undo. */
export function keepOnly(best, rows) {
  return inTurn(async () => {
    if (refusedOffline()) return;
    const others = rows.filter((id) => id !== best);
    const decisions = [{ rows: [best], decision: "pick" }, { rows: others, decision: "reject" }];
    await decideAll(decisions, `Kept ${nameOfRow(best)} of ${rows.length}, the others are rejected`);
  });
}

function useCompareKeys(rows) {
  const to = (by) => () => inTurn(() => {
    const at = rows.indexOf(current.value);
    current.value = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    announce(nameOfRow(current.value));
  });
  useKeys("Compare", [
    ["ArrowRight", "Next, previous of them", to(1)],
    ["ArrowLeft", "Next, previous of them", to(-1)],
    ["Z", "100 % and back, all of them", flip],
    ...panKeys(zoom),
    ["K", "Keep this one, reject the others", () => keepOnly(current.value, rows)],
    ["Enter", "Loupe", () => show(`#/row/${current.value}`)],
    ["Escape", "Back", back],
  ]);
}
