// Find and replace in the texts of many rows: the plan first, then one step.
import { html, useEffect, useRef, useState } from "./html.js";
import { send } from "./api.js";
import { open } from "./dialog.js";
import { NamesOfRow } from "./names.js";
import { inTurn, nameOfRow, refresh, undo } from "./state.js";
import { toast } from "./toast.js";
import { Diff } from "./word-diff.js";
import { counted } from "./wording.js";

const PLAN_MS = 300;
const FIELDS = { caption: "Caption", alt_text: "Alt text", keywords: "Keywords" };

/** Ask what to replace in the texts of rows `ids`, show the plan, and carry it out. */
export async function openReplace(ids) {
  const done = await open(({ close }) => html`<${Replace} ids=${ids} close=${close} />`, { label: "Find and replace", wide: true });
  if (!done) return;
  const changed = done.answers.filter((one) => one.outcome === "done");
  const refused = done.answers.filter((one) => one.outcome === "refused");
  const hint = refused.length ? `${counted(refused.length, "row")} left alone: ${nameOfRow(refused[0].row)}: ${refused[0].detail}` : "";
  const action = done.step ? { label: "Undo", run: () => inTurn(() => undo(done.step)) } : null;
  toast(`Replaced in ${counted(changed.length, "row")}`, { hint, action, tone: refused.length ? "bad" : "good" });
  await refresh(changed.map((one) => one.row));
}

function Replace({ ids, close }) {
  const [asked, setAsked] = useState({ find: "", replace: "", fields: Object.keys(FIELDS), regex: false, match_case: false });
  const { plan, error, asking } = usePlan(ids, asked);
  const [failed, setFailed] = useState(null);
  const put = (changes) => setAsked((now) => ({ ...now, ...changes }));
  const carryOut = async () => {
    setFailed(null);
    const body = { rows: ids, ...asked, plan: false, expect: plan.digest };
    const done = await inTurn(() => send("POST", "/api/replace", body).catch((problem) => {
      setFailed(problem);
      put({}); // the plan that was shown is no longer true: there is a new one
    }));
    if (done) close(done);
  };
  const wrong = failed ?? error;
  return html`<form class="replace" onSubmit=${(event) => event.preventDefault()}>
    <h2>Find and replace in ${counted(ids.length, "row")}</h2>
    <div class="two">
      <div><label for="find">Find</label><input class="field" id="find" autofocus autocomplete="off" value=${asked.find} onInput=${(event) => put({ find: event.target.value })} /></div>
      <div><label for="put">Replace with</label><input class="field" id="put" autocomplete="off" value=${asked.replace} onInput=${(event) => put({ replace: event.target.value })} /></div>
    </div>
    <div class="choices">
      ${Object.entries(FIELDS).map(([name, label]) => html`<label key=${name} class="choice"><input type="checkbox" checked=${asked.fields.includes(name)}
        onChange=${() => put({ fields: Object.keys(FIELDS).filter((one) => (one === name) !== asked.fields.includes(one)) })} /> ${label}</label>`)}
      <label class="choice"><input type="checkbox" checked=${asked.match_case} onChange=${() => put({ match_case: !asked.match_case })} /> same capitals</label>
      <label class="choice"><input type="checkbox" checked=${asked.regex} onChange=${() => put({ regex: !asked.regex })} /> regular expression</label>
    </div>
    ${wrong && html`<div class="notice bad" role="alert"><p>${wrong.message}</p>${wrong.hint && html`<p class="soft">${wrong.hint}</p>`}</div>`}
    <p role="status">${summary(asked, plan, asking)}</p>
    ${plan && plan.count > 0 && html`<${Plan} plan=${plan} />`}
    <div class="buttons">
      <button type="button" class="button" onClick=${() => close()}>Cancel</button>
      <button type="button" class="button primary" disabled=${asking || !plan?.count} onClick=${carryOut}>Replace${plan?.count ? ` in ${counted(plan.rows, "row")}` : ""}</button>
    </div>
  </form>`;
}

function summary(asked, plan, asking) {
  if (!asked.find) return "Type what to look for: the plan appears here, nothing is changed before you say so.";
  if (asking) return "Looking ...";
  if (!plan) return "";
  return plan.count ? `${counted(plan.count, "text")} of ${counted(plan.rows, "row")} would change.` : "Nothing would change.";
}

/** Ask for the plan of what is typed, a moment after the last keystroke; an answer that came too late is dropped. */
function usePlan(ids, asked) {
  const [found, setFound] = useState({ plan: null, error: null, asking: false });
  const newest = useRef(0);
  useEffect(() => {
    const number = ++newest.current;
    if (!asked.find || !asked.fields.length) {
      setFound({ plan: null, error: null, asking: false });
      return undefined;
    }
    setFound((now) => ({ ...now, asking: true }));
    const take = (answer) => number === newest.current && setFound({ plan: null, error: null, asking: false, ...answer });
    const wait = setTimeout(() => {
      send("POST", "/api/replace", { rows: ids, ...asked, plan: true }).then((plan) => take({ plan }), (error) => take({ error }));
    }, PLAN_MS);
    return () => clearTimeout(wait);
  }, [asked]);
  return found;
}

function Plan({ plan }) {
  return html`<div class="changes" tabindex="0" role="region" aria-label="What would change">
    <table>
      <thead><tr><th scope="col">Row</th><th scope="col">Text</th><th scope="col">Before and after</th></tr></thead>
      <tbody>${plan.items.map((one) => html`<tr key="${one.row}-${one.field}">
        <th scope="row">${one.row} <${NamesOfRow} id=${one.row} meanwhile=${one.file_name} /></th><td>${FIELDS[one.field]}</td>
        <td dir="auto"><${Diff} old=${one.before} now=${one.after} /></td>
      </tr>`)}</tbody>
    </table>
    ${plan.count > plan.items.length && html`<p class="soft">and ${counted(plan.count - plan.items.length, "text")} more</p>`}
  </div>`;
}
