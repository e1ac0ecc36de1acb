// One photo of the grid: its picture, what was decided, what is wrong with it.
import { html, useEffect, useMemo, useRef, useState } from "./html.js";
import { Actions } from "./actions.js";
import { Icon } from "./icons.js";
import { Names } from "./names.js";
import { flying } from "./pictures.js";
import { isChangedSince, lines, nameOfRow, online } from "./state.js";

const MARKS = { picked: "pick", approved: "approve", rejected: "reject" };
const TONES = {
  Pending: "", Queued: "", Approved: "good", Published: "good", Publishing: "warn", Error: "bad", Quarantined: "bad", Rejected: "", Withdrawn: "warn",
};

/** Return how a Review_Status is coloured: "", "good", "warn" or "bad". */
export function toneOf(status) {
  return TONES[status] ?? "";
}

/** Return a rating as it is shown, with its tier: "7.42 Top"; "~7.42 Top" where metrics are missing. */
export function ratingOf(line) {
  if (line.QR === null || line.QR === undefined) return "";
  const [tier, provisional] = line.quality_tier.split(" (");
  return `${provisional ? "~" : ""}${line.QR.toFixed(2)} ${tier}`;
}

/** Return all that a line says of a photo, for those who hear it. */
export function described(line) {
  return [
    line.Original_File_Name || line.File_Name, line.decision !== "undecided" && line.decision, line.Review_Status, isChangedSince(line) && "changed since", ratingOf(line),
    line.failure,
    line.findings.length > 0 && `findings: ${line.findings.join(", ")}`, nobodyLooked(line) && "nobody looked at its text",
    line.has_draft && "has a draft",
  ].filter(Boolean).join(", ");
}

/** True where text is that nobody checked against the picture. */
export function nobodyLooked(line) {
  return !line.grounded && Boolean(line.Caption || line.alt_text);
}

/** The badges of a photo: status, failure, findings, text that nobody checked; on a narrow cell as signs. */
export function Badges({ line }) {
  const findings = line.findings.length;
  return html`<span class="badges">
    <span class="badge ${toneOf(line.Review_Status)}">${line.Review_Status}</span>
    ${isChangedSince(line) && html`<span class="badge warn" title="Visitors see the former version until it is published again"><${Icon} name="publish" /><span class="words">changed since</span></span>`}
    ${line.failure && html`<span class="badge bad code" title="${line.failure}. ${line.next_action}">${line.failure.split(":")[0]}</span>`}
    ${findings > 0 && html`<span class="badge warn" title=${line.findings.join(", ")}><${Icon} name="flag" />${findings}<span class="words"> finding${findings > 1 ? "s" : ""}</span></span>`}
    ${nobodyLooked(line) && html`<span class="badge warn" title="No person or model checked this text against the picture"><${Icon} name="unseen" /><span class="words">nobody looked</span></span>`}
    ${line.has_draft && html`<span class="badge" title="Text that was typed and not saved yet"><${Icon} name="edit" /><span class="words">draft</span></span>`}
  </span>`;
}

/** What was decided, as a sign; nothing while undecided. */
export function Mark({ decision }) {
  return MARKS[decision] ? html`<span class="mark ${decision}"><${Icon} name=${MARKS[decision]} /></span>` : null;
}

/**
 * A cell. `on` = {choose(event, id), open(id), toggle(id)}; `height` of its picture in px. It is
 * drawn again only when something of it changed: scrolling stays smooth.
 */
export function Cell({ id, column, isCurrent, isSelected, tabbable, height, on }) {
  const line = lines.value.get(id);
  const isLookedAt = useRef(false);
  isLookedAt.current ||= !flying.value;
  return useMemo(() => html`<div role="gridcell" class="cell ${line?.decision ?? ""} ${isCurrent ? "current" : ""}"
    data-row=${id} aria-colindex=${column} aria-selected=${String(isSelected)} aria-label=${line ? described(line) : `row ${id}`}
    tabindex=${tabbable ? 0 : -1} onClick=${(event) => on.choose(event, id)} onDblClick=${() => on.open(id)}>
    <div class="shot" style=${{ height: `${height}px` }}>${line && isLookedAt.current && html`<${Shot} line=${line} />`}</div>
    ${line && html`<${Foot} line=${line} />`}
    <button class="tick" tabindex="-1" aria-pressed=${String(isSelected)} aria-label="Select ${nameOfRow(id)}"
      onClick=${(event) => { event.stopPropagation(); on.toggle(id); }} onDblClick=${(event) => event.stopPropagation()}>
      ${isSelected && html`<${Icon} name="approve" />`}
    </button>
  </div>`, [line, column, isCurrent, isSelected, tabbable, height, isLookedAt.current]);
}

function Shot({ line }) {
  const [failed, setFailed] = useState("");
  useEffect(() => setFailed(""), [online.value]);
  return html`${failed === line.pictures.thumb ? html`<span class="soft">${online.value ? "cannot be shown" : "server away"}</span>`
    : html`<img src=${line.pictures.thumb} alt="" decoding="async" draggable=${false} onError=${() => setFailed(line.pictures.thumb)} />`}
    <${Mark} decision=${line.decision} />
    ${line.failure && html`<div class="cell-actions" onClick=${(event) => event.stopPropagation()} onDblClick=${(event) => event.stopPropagation()}>
      <${Actions} line=${line} /></div>`}`;
}

function Foot({ line }) {
  return html`<div class="foot">
    <span class="foot-name"><${Names} line=${line} /></span><span class="foot-rating">${ratingOf(line)}</span>
    <${Badges} line=${line} />
  </div>`;
}
