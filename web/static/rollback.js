// Going back to an earlier version of a row, or before what a run did: the plan first.
import { html, useState } from "./html.js";
import { get, send } from "./api.js";
import { open } from "./dialog.js";
import { useLeaving } from "./following.js";
import { GoingBackPlan } from "./going-back.js";
import { followJob, startJob } from "./jobs.js";
import { Begin, Going, usePlan } from "./publish.js";
import { goBack } from "./deciding.js";
import { refresh } from "./state.js";
import { toast } from "./toast.js";

/** Show what bringing a row back to a version means, then do it. */
export function openRollback(id, version) {
  return open(({ close }) => html`<${OneRow} id=${id} version=${version} close=${close} />`, { label: "Go back", wide: true });
}

/** Show what taking back the work of a run means, then do it. */
export function openTakeBack(run) {
  return open(({ close }) => html`<${WholeRun} run=${run} close=${close} />`, { label: "Take back", wide: true });
}

function OneRow({ id, version, close }) {
  const [plan, problem] = usePlan(() => get(`/api/rows/${id}/rollback-plan`, { to: version }));
  const [job, setJob] = useState(null);
  useLeaving(close);
  if (job) return html`<${Going} title="Going back" job=${job} rows=${plan.rows} close=${close} />`;
  const row = plan?.rows[0];
  const touches = row && !row.kept && row.steps.length > 0;
  const begin = async () => {
    const done = await send("POST", `/api/rows/${id}/rollback`, { to: version, expect: row.version });
    if (done.job) {
      setJob(followJob(done.job));
      return;
    }
    await refresh([id]);
    close(done);
    tell(id, version, done);
  };
  return html`<h2>Go back to version ${version}</h2>
    ${plan && html`<p>Nothing is erased: going back is an event, and can be taken back.
      ${touches && html` First, <code>${plan.to}</code> is brought to what it was then.`}</p>
      <${GoingBackPlan} plan=${plan} />`}
    <${Begin} close=${close} begin=${begin} problem=${problem} enabled=${Boolean(row && !row.kept)} danger=${Boolean(touches || row?.lost_text)}
      label="Go back" />`;
}

function tell(id, version, done) {
  const went = done.outcome === "done";
  const text = went ? `Row ${id} is back at version ${version}: ${done.Review_Status}` : done.detail || "Nothing changed.";
  const action = went ? { label: "Undo", run: () => goBack("undo") } : null;
  toast(text, { hint: done.hint, action, tone: went ? "good" : "" });
}

function WholeRun({ run, close }) {
  const [later, setLater] = useState(false);
  const [job, setJob] = useState(null);
  useLeaving(close);
  if (job) return html`<${Going} title="Taking back" job=${job} rows=${[]} close=${close} />`;
  return html`<h2>Take back what this run did</h2>
    <p>Only the parts that it touched. Rows on which somebody worked later are kept.</p>
    <label class="check"><input type="checkbox" checked=${later} onChange=${(event) => setLater(event.target.checked)} />
      Also what was changed after it</label>
    <${RunPlan} key=${later} run=${run} later=${later} close=${close} setJob=${setJob} />`;
}

function RunPlan({ run, later, close, setJob }) {
  const params = later ? { run, including_later: true } : { run };
  const [plan, problem] = usePlan(() => get("/api/plans/rollback", params));
  const going = plan?.rows.filter((one) => !one.kept) ?? [];
  const begin = () => startJob("rollback", [], params).then(setJob);
  return html`
    ${plan && html`<${GoingBackPlan} plan=${plan} />`}
    <${Begin} close=${close} begin=${begin} problem=${problem} enabled=${going.length > 0} danger label="Take back" />`;
}
