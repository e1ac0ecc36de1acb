// What happened to a row, the newest first, with the way back to each version: Timeline({id}).
import { html, useState } from "./html.js";
import { get } from "./api.js";
import { useChanges } from "./following.js";
import { openRollback } from "./rollback.js";
import { Diff } from "./word-diff.js";
import { byWhom, duration, moment } from "./wording.js";

const BAD = /Failed|Quarantined|Incomplete|Interrupted/;
const GOOD = /^(Approved|Published|Prefilled|Scored|Resized|Picked)$/;
// What the names of events do not say by themselves; the others are told by their own words.
const HEADINGS = {
  RowIngested: "Taken in", RowReopened: "Came in again", MetadataRead: "Details of the photo read", EmbeddedTextDiscounted: "Text in the photo discounted",
  PrivateMetadataRead: "Place and serial numbers read", CompanionAdded: "RAW file added", Prefilled: "Text written", QcWaived: "Findings let pass",
  RenditionFinished: "Texts put into the picture", FileUploaded: "File in the gallery", FileRemoved: "File removed from the gallery",
  RecordUpserted: "Record in the gallery", RecordRemoved: "Record removed from the gallery", StepLeft: "Left alone", SagaResumed: "Taken over by another run",
  OutsideObserved: "Gallery looked at", RollbackStarted: "Going back began", RolledBack: "Went back", RollbackIncomplete: "Going back is incomplete",
};
const LABELS = { Caption: "caption", alt_text: "alt text", Keywords: "keywords" };

export function Timeline({ id }) {
  const [events, setEvents] = useState(null);
  const [problem, setProblem] = useState("");
  const ask = () => get(`/api/rows/${id}/history`).then(setEvents, (error) => setProblem(error.message));
  useChanges(id, (change) => change.rows.includes(id), ask);
  if (!events) return html`<p class="soft">${problem || "Reading what happened ..."}</p>`;
  const newest = events.at(-1)?.version;
  return html`<ol class="timeline" reversed aria-label="What happened to row ${id}">
    ${events.toReversed().map((one) => html`<${Moment} key=${one.version} id=${id} one=${one} isNewest=${one.version === newest} />`)}
  </ol>`;
}

function Moment({ id, one, isNewest }) {
  const tone = BAD.test(one.type) ? "bad" : GOOD.test(one.type) ? "good" : "";
  return html`<li class=${tone}>
    <header>
      <strong title=${one.type}>${headingOf(one.type)}</strong>
      <time datetime=${one.at} title="${one.at} UTC, version ${one.version}, position ${one.position}">${moment(one.at)}</time>
      <span class="soft">${byWhom(one.actor)}</span>
    </header>
    <p>${one.words}</p>
    ${Object.entries(one.texts).map(([column, text]) => html`<p key=${column} class="text-change">
      <span class="soft">${LABELS[column] ?? column}</span> <${Diff} old=${text.old} now=${text.new} /></p>`)}
    <footer class="soft">
      ${[`v${one.version}`, attempt(one), one.elapsed_ms ? `took ${duration(one.elapsed_ms)}` : ""].filter(Boolean).join(" · ")}
      ${isNewest && html` · as it is now`}
      ${one.can_go_back && html`<button class="button small" aria-label="Go back to version ${one.version}"
        onClick=${() => openRollback(id, one.version)}>Go back to here</button>`}
    </footer>
  </li>`;
}

/** Return an event in words: "Attempt started". */
function headingOf(type) {
  return HEADINGS[type] ?? type.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function attempt(one) {
  if (one.attempt === null) return "";
  return `attempt ${one.attempt}${one.charged === null ? "" : one.charged ? ", charged" : ", not charged"}`;
}
