// The list of runs, and one run with its progress: Runs(), RunPage({id}).
import { html, useEffect, useRef, useState } from "./html.js";
import { get } from "./api.js";
import { Command } from "./command.js";
import { Go, useChanges } from "./following.js";
import { runJob } from "./actions.js";
import { Job, jobs, openJobs } from "./jobs.js";
import { openTakeBack } from "./rollback.js";
import { RowsOfRun } from "./rows-of-run.js";
import { show } from "./state.js";
import { toastError } from "./toast.js";
import { counted, duration, left, moment } from "./wording.js";

const TONES = { done: "good", working: "warn", died: "bad", bug: "bad", damaged: "bad", "failed rows": "bad", paused: "bad", interrupted: "warn", refused: "warn" };
const TAKEN_BACK = ["ingest", "prefill", "score", "resize", "run", "publish", "withdraw", "approve", "pick", "reject", "edit"];
const NEAR_PX = 40; // who has scrolled up further reads: nothing moves then
const ROW_IN_LOG = /\bid=(\d+)\b/;

export function Runs() {
  const [found, setFound] = useState(null);
  const [limit, setLimit] = useState(50);
  const ask = () => get("/api/runs", { limit }).then(setFound, toastError);
  useChanges(limit, (change) => change.runs.length > 0, ask);
  return html`<div class="view ops" tabindex="-1">
    <header class="view-head"><h1>Runs</h1><span class="grow"></span>
      <button class="button" onClick=${() => openJobs()}>Jobs of this page</button>
      <button class="button" onClick=${() => show("#/triage")}>What went wrong</button>
      <button class="button primary" onClick=${() => runJob({ verb: "run", rows: [], options: {} }).catch(toastError)}>Run what is due</button>
    </header>
    ${!found && html`<p class="soft">Reading the runs ...</p>`}
    ${found?.total === 0 && html`<p>No runs yet. A run is one process that appended to the journal.</p>`}
    ${found?.total > 0 && html`<div class="table-room" tabindex="0" role="region" aria-label="Runs"><table class="runs">
      <thead><tr><th scope="col">began</th><th scope="col">command</th><th scope="col">outcome</th>
        <th scope="col" class="figure">rows</th><th scope="col" class="figure">took</th><th scope="col">by</th></tr></thead>
      <tbody>${found.runs.map((run) => html`<${RunRow} key=${run.run_id} run=${run} />`)}</tbody>
    </table></div>`}
    ${found && found.total > found.runs.length && html`<p><button class="button" onClick=${() => setLimit(Math.min(limit + 150, 500))}>
      ${counted(found.total - found.runs.length, "older run")}</button></p>`}
  </div>`;
}

function RunRow({ run }) {
  return html`<tr>
    <td><${Go} to="#/runs/${run.run_id}">${moment(run.started_at)}<//></td>
    <td class="typed"><code title=${run.command}>${run.brief}</code></td>
    <td><${Outcome} run=${run} /> <span class="soft">${[run.detail, run.marked].filter(Boolean).join("; ")}</span></td>
    <td class="figure rows" data-noun=${run.rows === 1 ? "row" : "rows"}>${run.rows || ""}</td>
    <td class="figure">${run.ended_at ? duration(new Date(run.ended_at) - new Date(run.started_at)) : ""}</td>
    <td>${run.actor}</td>
  </tr>`;
}

function Outcome({ run }) {
  return html`<span class="badge ${TONES[run.outcome] ?? ""}">${run.outcome}</span>`;
}

export function RunPage({ id }) {
  const [run, setRun] = useState(null);
  const [problem, setProblem] = useState(null);
  const working = run?.outcome === "working";
  const ask = () => get(`/api/runs/${id}`).then(setRun, setProblem);
  useChanges(id, (change) => change.runs.includes(id), ask, { looks: working || !run });
  if (!run || run.run_id !== id) {
    return html`<div class="view ops"><p>${problem ? problem.message : "Reading the run ..."}</p>
      <p><${Go} to="#/runs">All runs<//></p></div>`;
  }
  return html`<div class="view ops" tabindex="-1">
    <header class="view-head">
      <h1><${Go} to="#/runs">Runs<//> / ${run.verb}</h1> <${Outcome} run=${run} />
      <span class="grow"></span>
      ${run.triage && html`<button class="button primary" onClick=${() => show(`#/triage/${id}`)}>What went wrong</button>`}
      ${!working && run.rows > 0 && TAKEN_BACK.includes(run.verb)
        && html`<button class="button danger" onClick=${() => openTakeBack(id)}>Take back ...</button>`}
    </header>
    <${Command} text=${run.command} />
    <dl class="facts">
      <div><dt>began</dt><dd>${moment(run.started_at)}</dd></div>
      ${run.ended_at && html`<div><dt>took</dt><dd>${duration(new Date(run.ended_at) - new Date(run.started_at))}</dd></div>`}
      <div><dt>by</dt><dd>${run.actor}</dd></div>
      <div><dt>rows</dt><dd>${run.rows.toLocaleString("en")}</dd></div>
      <div><dt>events</dt><dd>${run.events.toLocaleString("en")}</dd></div>
      ${run.exit_code !== null && html`<div><dt>exit code</dt><dd>${run.exit_code}</dd></div>`}
      ${run.processor && html`<div><dt>captions on</dt><dd>${run.processor}</dd></div>`}
    </dl>
    ${run.detail && html`<p>${run.detail}</p>`}
    ${run.outcome === "died" && html`<p class="refusal" role="status">Its process is gone without a word. The next run settles what it left open;
      or at once: <${Command} text="photojournal repair" />
      <button class="button small" onClick=${() => runJob({ verb: "repair", rows: [], options: {} }).catch(toastError)}>Repair</button></p>`}
    ${run.progress.map((stage) => html`<${Stage} key=${stage.stage} stage=${stage} working=${working} />`)}
    ${working && !run.job && html`<p class="soft">It was not started from this page: Ctrl+C in its terminal stops it after the rows in flight.</p>`}
    ${jobs.value.some((job) => job.id === run.job) && html`<${Job} id=${run.job} lines=${!working} />`}
    <section class="halves"><div><h2>Rows</h2><${RowsOfRun} run=${id} /></div>
      <div><h2>Log</h2><${Log} run=${run} /></div></section>
  </div>`;
}

function Stage({ stage, working }) {
  const through = stage.done + stage.failed;
  const share = stage.total ? Math.min(through / stage.total, 1) : null;
  const words = [
    `${through.toLocaleString("en")}${stage.total === null ? "" : ` of ${stage.total.toLocaleString("en")}`}`,
    stage.failed > 0 && `${stage.failed} failed`,
    working && stage.at_work > 0 && `${stage.at_work} at work`,
    stage.rate_per_s && rate(stage.rate_per_s),
    stage.eta_s && left(stage.eta_s),
    stage.waiting && `waits: ${stage.waiting}`,
    stage.paused && `paused: ${stage.paused}`,
  ].filter(Boolean).join(", ");
  return html`<div class="stage">
    <span class="stage-name">${stage.stage}</span>
    ${share !== null && html`<progress max="1" value=${share} aria-label=${stage.stage} class=${stage.failed ? "failed" : ""}></progress>`}
    <span class="stage-words" data-stage=${stage.stage}>${words}</span>
    ${stage.paused_detail && html`<p class="soft">${stage.paused_detail}</p>`}
  </div>`;
}

function rate(perSecond) {
  return perSecond >= 1 ? `${perSecond.toFixed(1)} a second` : `${(perSecond * 60).toFixed(1)} a minute`;
}

function Log({ run }) {
  const box = useRef();
  const atEnd = useRef(true);
  useEffect(() => { if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight; }, [run.log]);
  const scrolled = ({ target }) => { atEnd.current = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_PX; };
  if (!run.log_path) return html`<p class="soft">A run without effects keeps no log; its events are in the rows' histories.</p>`;
  if (!run.log.length) return html`<p class="soft">Nothing in <code>${run.log_path}</code> yet, or it was pruned.</p>`;
  return html`<p class="soft"><code>${run.log_path}</code>, the last lines:</p>
    <div class="log" ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-label="Log" aria-live="off">${run.log.map((line) => html`<${LogLine} line=${line} />`)}</div>`;
}

function LogLine({ line }) {
  const level = /\[(ERROR|WARN|RETRY|RETRY-FAIL)\]/.exec(line)?.[1];
  const row = ROW_IN_LOG.exec(line);
  const tone = level === "ERROR" ? "bad" : level ? "warn" : "";
  if (!row) return html`<div class=${tone}>${line}</div>`;
  return html`<div class=${tone}>${line.slice(0, row.index)}<${Go} to="#/row/${row[1]}">${row[0]}<//>${line.slice(row.index + row[0].length)}</div>`;
}
