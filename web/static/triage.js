// What went wrong in a run, why, and what to do next: TriagePage({run}). Fields: docs/triage.md.
import { html, useState } from "./html.js";
import { get } from "./api.js";
import { runJob } from "./actions.js";
import { Command, jobOf } from "./command.js";
import { Go, useChanges } from "./following.js";
import { openPublish, openWithdraw } from "./publish.js";
import { RowLink } from "./rows-of-run.js";
import { toastError } from "./toast.js";
import { counted, moment } from "./wording.js";

const TONES = { failed: "bad", "needs attention": "warn", "nothing failed": "good", "at work": "warn" };
const EVIDENCE = {
  run_exit_codes: "exit codes of runs", worker_exit_codes: "exit codes of workers", http_status: "HTTP status",
  config_digest: "settings (digest)", host: "host", last_good_run: "last good run", last_good_at: "which ended",
};

export function TriagePage({ run = null }) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  const ask = () => get("/api/triage", run ? { run } : {}).then(setFound, setProblem);
  useChanges(run, (change) => change.runs.length > 0, ask);
  if (!found) return html`<div class="view ops"><p>${problem ? problem.message : "Looking for the cause ..."}</p></div>`;
  return html`<div class="view ops triage" tabindex="-1">
    <header class="view-head"><h1>What went wrong</h1> <span class="badge ${TONES[found.verdict] ?? ""}">${found.verdict}</span></header>
    <${Headline} found=${found} />
    <${Next} found=${found} />
    ${found.causes.map((cause) => html`<${Cause} key=${`${cause.position} ${cause.code}`} cause=${cause}
      isFirst=${cause.position !== null && cause.position === found.first_error?.position} />`)}
    <${Impact} found=${found} />
    <${Outside} outside=${found.outside} />
    ${found.noticed.length > 0 && html`<details><summary>Dealt with, or worth a look (${found.noticed.length})</summary>
      ${found.noticed.map((cause) => html`<${Cause} cause=${cause} />`)}</details>`}
    <${Evidence} found=${found} />
    <${Traces} found=${found} />
  </div>`;
}

function Headline({ found }) {
  const first = found.first_error;
  return html`
    ${found.runs.map((run) => html`<p key=${run.run_id}><${Go} to="#/runs/${run.run_id}">${moment(run.started_at)}<//>
      <code> ${run.command}</code> by ${run.actor}: ${run.outcome}${run.detail && `: ${run.detail}`}</p>`)}
    ${!found.runs.length && html`<p>No runs yet.</p>`}
    ${found.causes.length > 0 && html`<p class="headline"><strong>${found.causes[0].class_meaning}</strong>
      ${found.rows_hit > 0 && html` (${counted(found.rows_hit, "row")} hit)`}</p>`}
    ${first && first.position !== found.causes[0]?.position && html`<section class="card bad" aria-label="First failure"><h2>First failure</h2><${Sign} sign=${first} /></section>`}
    ${found.open_elsewhere && html`<p>Open elsewhere: ${counted(found.open_elsewhere.runs, "run")}, the newest began
      <${Go} to="#/runs/${found.open_elsewhere.newest.run_id}">${moment(found.open_elsewhere.newest.started_at)}<//>.
      All of it: <${Command} text=${found.open_elsewhere.command} /></p>`}
    ${found.later_runs && html`<p class="soft">Since then, ${counted(found.later_runs.runs, "run")} had effects.</p>`}`;
}

/** One thing that was noted: when, whom, what, and its line in the log. */
function Sign({ sign }) {
  return html`<p>
      ${sign.at && html`<time datetime=${sign.at}>${moment(sign.at)}</time> `}
      ${sign.id && html`<${RowLink} one=${sign} /> `}
      <strong>${sign.meaning || sign.type}</strong>${sign.code && ` (${sign.code})`}${sign.step && `, at ${sign.step}`}
    </p>
    ${sign.detail && html`<p>${sign.detail}</p>`}
    ${sign.log_line && html`<pre class="output" tabindex="0" aria-label="Line of the log">${sign.log_line}</pre>`}`;
}

function Next({ found }) {
  if (!found.next.length) return html`<p>Nothing to do.</p>`;
  return html`<section class="card" aria-label="Next"><h2>Next</h2>
    <ol class="next">${found.next.map((step, n) => html`<li key=${step.command || step.words}>
      <span>${step.command ? step.words.replace(`: ${step.command}`, ":") : step.words}</span> <${Command} text=${step.command} /> <${Do} command=${step.command} first=${n === 0} />
    </li>`)}</ol></section>`;
}

/** The button for a command, where the page can carry it out. */
function Do({ command, first }) {
  const job = jobOf(command);
  if (!job) return null;
  const run = async () => {
    if (job.verb === "publish") return openPublish(job.rows);
    if (job.verb === "withdraw") return openWithdraw(job.rows);
    return runJob(job);
  };
  return html`<button class="button small ${first ? "primary" : ""}" onClick=${() => run().catch(toastError)}>${job.label}</button>`;
}

function Cause({ cause, isFirst = false }) {
  const others = [...cause.failures.map((one) => [one, ""]), ...cause.consequences.map((one) => [one, "came of it: "])];
  const first = isFirst ? "First failure: " : "";
  return html`<section class="card ${cause.over ? "over" : ""} ${isFirst ? "bad" : ""}" aria-label=${first + cause.class}>
    <h2>${first}${cause.class} ${cause.over && html`<span class="badge good">over</span>`}</h2>
    <${Sign} sign=${cause} />
    ${cause.because.map((one) => html`<p class="soft" key=${one}>${one}</p>`)}
    ${others.length > 0 && html`<ul class="counted">${others.map(([one, how]) => html`<li>${how}${one.meaning || one.code}
      ${one.stage && html` <span class="badge">${one.stage}</span>`} ${counted(one.times, "time")}${one.rows ? `, ${counted(one.rows, "row")}` : ""}</li>`)}</ul>`}
    ${cause.rows > 1 && html`<p class="soft">${counted(cause.rows, "row")} hit by it</p>`}
  </section>`;
}

function Impact({ found }) {
  if (!found.impact.length) return null;
  return html`<section class="card" aria-label="Impact"><h2>Rows that were hit, and what they are now</h2>
    <div class="plan-table" tabindex="0"><table><thead><tr><th scope="col">stage</th><th scope="col">failure</th><th scope="col">now</th>
      <th scope="col" class="figure">rows</th><th scope="col">such as</th></tr></thead>
    <tbody>${found.impact.map((one) => html`<tr><td>${one.stage}</td><td>${one.code}</td><td>${one.status}</td>
      <td class="figure">${one.rows}</td><td>${one.id && html`<${RowLink} one=${one} />`}</td></tr>`)}</tbody></table></div></section>`;
}

function Outside({ outside }) {
  if (!outside.partial && !outside.published) return null;
  return html`<section class="card ${outside.partial ? "bad" : ""}" aria-label="In the gallery"><h2>In the gallery</h2>
    ${outside.partial
      ? html`<p>${counted(outside.rows, "row")} half done: <${Command} text=${outside.settle} /> <${Do} command=${outside.settle} /></p>
        <ul class="counted">${outside.open.map((one) => html`<li><${RowLink} one=${one} /> ${one.kind}, ${one.done} of ${one.steps} steps done
          ${one.left?.length > 0 && html` <span class="soft">left: ${[one.left].flat().join(", ")}</span>`}</li>`)}</ul>`
      : html`<p>Nothing stands half done.</p>`}
    ${outside.published > 0 && html`<p>These runs published ${counted(outside.published, "row")}.
      ${outside.take_back && html` To take that back: <${Command} text=${outside.take_back} />`}</p>`}
  </section>`;
}

function Evidence({ found }) {
  const evidence = found.evidence;
  if (!evidence) return null;
  const facts = Object.entries(EVIDENCE).map(([key, label]) => [label, plain(evidence[key])]).filter(([, value]) => value);
  return html`<details><summary>Evidence</summary>
    <dl class="facts">${facts.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
    ${evidence.changed?.length > 0 && html`<h3>Different from the last good run</h3><ul class="counted">
      ${evidence.changed.map((one) => html`<li>${one.what}: <del>${plain(one.then)}</del> <ins>${plain(one.now)}</ins></li>`)}</ul>`}
    <pre class="output" tabindex="0" aria-label="All of the evidence">${JSON.stringify(evidence, null, 2)}</pre>
  </details>`;
}

function plain(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? Object.values(value).flat().join(", ") : String(value);
}

function Traces({ found }) {
  const damage = found.damage?.problems ?? [];
  return html`
    ${damage.length > 0 && html`<section class="card bad" aria-label="Damage"><h2>Damage</h2>
      <ul class="counted">${damage.map((one) => html`<li>@${one.position} ${one.kind}: ${one.detail}</li>`)}</ul></section>`}
    ${found.tracebacks.length > 0 && html`<section class="card" aria-label="Tracebacks"><h2>Tracebacks</h2>
      <ul class="counted">${found.tracebacks.map((one) => html`<li>${moment(one.at)} ${one.about}: ${one.error}
        <span class="soft">${one.file}:${one.line}</span></li>`)}</ul></section>`}`;
}
