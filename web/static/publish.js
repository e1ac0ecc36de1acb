// Publishing and withdrawing: the plan first, then what becomes of each row.
import { html, useEffect, useState } from "./html.js";
import { send } from "./api.js";
import { Command } from "./command.js";
import { open } from "./dialog.js";
import { useLeaving } from "./following.js";
import { GoingBackPlan } from "./going-back.js";
import { Job, ended, jobs, startJob } from "./jobs.js";
import { AwayWords } from "./live.js";
import { RowLink, RowsOfRun } from "./rows-of-run.js";
import { online, show } from "./state.js";
import { bytes, counted } from "./wording.js";

const LISTED = 200;

/** Show what publishing these rows would do (none: all that are due), then do it. */
export function openPublish(ids = []) {
  return open(({ close }) => html`<${Publishing} ids=${ids} close=${close} />`, { label: "Publish", wide: true });
}

/** Show what taking these rows down means, then do it. */
export function openWithdraw(ids) {
  return open(({ close }) => html`<${Withdrawing} ids=${ids} close=${close} />`, { label: "Take down", wide: true });
}

function Publishing({ ids, close }) {
  const [plan, problem] = usePlan(() => send("POST", "/api/plans/publish", { rows: ids }));
  const [job, setJob] = useState(null);
  useLeaving(close);
  if (job) return html`<${Going} title="Publishing" job=${job} rows=${plan.rows.filter((one) => one.due)} close=${close} />`;
  const due = plan?.rows.filter((one) => one.due) ?? [];
  const begin = () => startJob("publish", due.map((one) => one.row)).then(setJob);
  return html`<h2>Publish</h2>
    ${!plan && !problem && html`<p class="soft">Looking at what is due ...</p>`}
    ${plan && html`<${PublicationPlan} plan=${plan} due=${due} />`}
    <${Begin} close=${close} begin=${begin} problem=${problem} enabled=${due.length > 0} label="Publish ${counted(due.length, "row")}" />`;
}

function PublicationPlan({ plan, due }) {
  const size = due.reduce((sum, one) => sum + one.size_bytes, 0);
  const files = due.reduce((sum, one) => sum + one.paths.length, 0);
  const shown = [...plan.rows].sort((one, other) => other.due - one.due).slice(0, LISTED);
  return html`
    ${due.length > 0
      ? html`<p><strong>${counted(due.length, "row")}</strong>: ${counted(files, "file")}, about ${bytes(size)}, to <code>${plan.to}</code></p>
        <p><${Command} text=${plan.command} /></p>`
      : html`<p>Nothing is due. Approve photos first: only approved texts and pictures go out.</p>`}
    ${shown.length > 0 && html`<div class="plan-table" tabindex="0"><table>
      <thead><tr><th scope="col">row</th><th scope="col">due</th><th scope="col">why</th><th scope="col" class="figure">size</th></tr></thead>
      <tbody>${shown.map((one) => html`<tr key=${one.row} class=${one.due ? "" : "left"}>
        <td><${RowLink} one=${one} /></td>
        <td>${one.due ? "yes" : html`<span class="badge ${one.refused ? "bad" : ""}">no</span>`}</td>
        <td>${one.why}</td>
        <td class="figure" title=${one.paths.join("\n")}>${one.size_bytes ? bytes(one.size_bytes) : ""}</td>
      </tr>`)}</tbody>
    </table></div>`}
    ${plan.rows.length > LISTED && html`<p class="soft">... and ${counted(plan.rows.length - LISTED, "row")} more</p>`}`;
}

function Withdrawing({ ids, close }) {
  const [plan, problem] = usePlan(() => send("POST", "/api/plans/withdraw", { rows: ids }));
  const [job, setJob] = useState(null);
  const [reason, setReason] = useState("");
  useLeaving(close);
  const going = plan?.rows.filter((one) => !one.kept) ?? [];
  if (job) return html`<${Going} title="Taking down" job=${job} rows=${going} close=${close} />`;
  const begin = () => startJob("withdraw", going.map((one) => one.row), reason.trim() ? { reason } : {}).then(setJob);
  return html`<h2>Take down</h2>
    ${plan && html`<p>Record and files leave <code>${plan.to}</code>. The decision is open again afterwards.</p>
      <${GoingBackPlan} plan=${plan} />
      <label for="withdraw-reason">Why (kept with the event)</label>
      <input id="withdraw-reason" class="field" maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} />`}
    <${Begin} close=${close} begin=${begin} problem=${problem} enabled=${going.length > 0} danger label="Take down ${counted(going.length, "row")}" />`;
}

/** Call `ask` for a plan, again when the server is back; returns it, and what is in the way. */
export function usePlan(ask) {
  const [plan, setPlan] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    if (!online.value || plan) return;
    setProblem(null);
    ask().then(setPlan, setProblem);
  }, [online.value]);
  return [plan, problem];
}

/** The buttons below a plan; what the server refuses is said beside them. */
export function Begin({ close, begin, problem, enabled, label, danger = false }) {
  const [refused, setRefused] = useState(null);
  const [busy, setBusy] = useState(false);
  const failed = online.value && (problem ?? refused);
  useEffect(() => setRefused(null), [online.value]);
  const go = () => {
    setBusy(true);
    setRefused(null);
    begin().catch(setRefused).finally(() => setBusy(false));
  };
  return html`
    <${AwayHere} />
    ${failed && html`<p class="refusal" role="alert">${failed.message}${failed.hint && html`<br /><span class="soft">${failed.hint}</span>`}</p>`}
    <div class="buttons">
      <button class="button" autofocus onClick=${() => close()}>Cancel</button>
      <button class="button ${danger ? "danger" : "primary"}" disabled=${!enabled || busy || !online.value} onClick=${go}>${label}</button>
    </div>`;
}

/** The banner of the page, for a dialog that lies over it. */
function AwayHere({ children }) {
  return !online.value && html`<p class="refusal" role="alert"><${AwayWords} /> ${children}</p>`;
}

/** A job that a plan became: its rows as they come through, and at the end what to do next. */
export function Going({ title, job, rows, close }) {
  const now = jobs.value.find((one) => one.id === job.id) ?? job;
  const running = now.state === "running";
  useEffect(() => { ended(job.id, { quiet: true }); }, [job.id]);
  return html`<h2>${running ? title : `${title}: ${now.words}`}</h2>
    <div role="status" aria-live="polite" class="hidden-text">${running ? title : now.words}</div>
    <${AwayHere}>Whether the job goes on cannot be seen from here: look at its run then.<//>
    <${RowsOfRun} run=${now.run_id} waiting=${running ? rows : []} />
    <${Job} id=${job.id} />
    <div class="buttons">
      ${now.run_id && html`<button class="button" onClick=${() => show(`#/runs/${now.run_id}`)}>Show the run</button>`}
      ${!now.run_id && now.state === "unknown" && html`<button class="button" onClick=${() => show("#/runs")}>Show the runs</button>`}
      ${now.state === "failed" && now.run_id && html`<button class="button" onClick=${() => show(`#/triage/${now.run_id}`)}>What went wrong</button>`}
      <button class="button primary" onClick=${() => close(now)}>${running && online.value ? "Close; it goes on" : "Close"}</button>
    </div>`;
}
