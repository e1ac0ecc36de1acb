// What became of each row of a run, as it happens: RowsOfRun({run, rows}).
import { html, useState } from "./html.js";
import { get } from "./api.js";
import { Go, useChanges } from "./following.js";
import { NamesOfRow } from "./names.js";
import { counted } from "./wording.js";

const LISTED = 200;
const TONES = { done: "good", failed: "bad", quarantined: "bad", interrupted: "warn", "at work": "" };
const DONE = { publish: "published", withdraw: "withdrawn", rollback: "back", repair: "repaired", ingest: "taken in" };

/** `waiting`: rows `[{row, file_name}]` that the run was started for, shown until it comes to them. */
export function RowsOfRun({ run, waiting = [] }) {
  const [results, setResults] = useState([]);
  const ask = () => run && get(`/api/runs/${run}/rows`).then(setResults, () => {});
  useChanges(run, (change) => change.runs.includes(run), ask);
  const known = new Set(results.map((one) => one.row));
  const later = waiting.filter((one) => !known.has(one.row));
  if (!results.length && !later.length) return html`<p class="soft">No row yet.</p>`;
  return html`<ul class="row-results">
    ${results.map((one) => html`<${Result} key=${`${one.stage} ${one.row}`} one=${one} />`)}
    ${later.slice(0, LISTED).map((one) => html`<li key=${one.row}><span class="badge">waits</span> <${RowLink} one=${one} /></li>`)}
    ${later.length > LISTED && html`<li class="soft">... and ${counted(later.length - LISTED, "row")} more</li>`}
  </ul>`;
}

function Result({ one }) {
  const words = one.outcome === "done" ? DONE[one.stage] ?? `${one.stage} done` : `${one.stage} ${one.outcome}`;
  const why = [one.meaning && `${one.meaning} (${one.code})`, one.detail].filter(Boolean).join(": ");
  return html`<li><span class="badge ${TONES[one.outcome]}">${words}</span> <${RowLink} one=${one} />
    ${why && html`<span class="soft why">${why}</span>`}</li>`;
}

/** A row by its names, as a link to the loupe. */
export function RowLink({ one }) {
  const id = one.row ?? one.id;
  return html`<${Go} to="#/row/${id}">${id} <${NamesOfRow} id=${id} meanwhile=${one.file_name ?? one.File_Name} /><//>`;
}
