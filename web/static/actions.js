// What is wrong with a row, and the button for its next action: Actions({line}).
import { html, signal, useEffect } from "./html.js";
import { get } from "./api.js";
import { Command, jobOf, verbOf } from "./command.js";
import { act, editRow } from "./deciding.js";
import { ask } from "./dialog.js";
import { ended, jobs, startJob } from "./jobs.js";
import { openPublish, openWithdraw } from "./publish.js";
import { lines, nameOfRow, refresh } from "./state.js";
import { toastError } from "./toast.js";

const STAGES = ["prefill", "score", "resize"];
const DUE = ["due", "stale", "interrupted"];
const failures = signal(null); // what each failure code means; asked for once

/** What stands in a row's way, in words, with every way on that it has now. */
export function Actions({ line }) {
  const command = wholeOf(line.next_action);
  useEffect(() => { if (line.failure) learn(); }, [line.failure]);
  const busy = jobs.value.find((one) => one.state === "running" && one.rows.includes(line.id));
  return html`<div class="actions">
    ${line.failure && html`<p class="cause">${meaning(line.failure)}</p>`}
    ${hintFor(line) && html`<p class="cure soft">${hintFor(line)}</p>`}
    ${busy
      ? html`<p class="soft" role="status">At work: ${busy.command}</p>`
      : html`<div class="ways">${waysOf(line, command).map((way) => html`<button key=${way.label} class="button small ${way.first ? "primary" : ""}"
          title=${way.command} onClick=${() => way.run(line).catch(toastError)}>${way.label}</button>`)}
          <${Command} text=${command} />
        </div>`}
  </div>`;
}

function learn() {
  if (failures.value) return;
  failures.value = {};
  get("/api/failures").then((table) => { failures.value = table; }, () => { failures.value = null; });
}

/** Return a failure in words, with its code and what exactly happened. */
export function meaning(failure) {
  const [code, ...detail] = failure.split(": ");
  const known = failures.value?.[code];
  const words = known ? `${known.meaning} (${code})` : code;
  return detail.length ? `${words}: ${detail.join(": ")}` : words;
}

/** Return what helps against a failure, where it is more than the next action. */
function hintFor(line) {
  const hint = failures.value?.[line.failure.split(": ")[0]]?.hint?.replaceAll("{row}", line.id) ?? "";
  return hint === line.next_action || /^photojournal (retry|release) /.test(hint) ? "" : hint;
}

/** Return the command for all that is set aside of a row, where the program names one stage of it. */
function wholeOf(command) {
  return verbOf(command) === "release" ? command.replace(/ --stage \w+/, "") : command;
}

/** Return the ways on: `[{label, command, first, run(line)}]`; what the program would type comes first. */
function waysOf(line, command) {
  const next = nextOf(command);
  const ways = next ? [{ ...next, command, first: true }] : [];
  if (verbOf(command) === "replace") { // another file is given at the command line
    ways.push({ label: "Reject", command: `photojournal reject ${line.id}`, run: (row) => act("reject", [row.id]) });
  }
  if (line.Review_Status === "Withdrawn" && !next) {
    ways.push({ label: "Approve", command: `photojournal approve ${line.id}`, first: true, run: (row) => act("approve", [row.id]) });
  }
  if (line.Review_Status === "Quarantined" && verbOf(command) !== "release") {
    const release = `photojournal release ${line.id} --reason '...'`; // beside what would help more, such as another file
    ways.push({ label: "Release ...", command: release, run: () => runJob(jobOf(release)) });
  }
  if (line.Review_Status === "Published") {
    ways.push({ label: "Withdraw ...", command: `photojournal withdraw ${line.id}`, run: async (row) => openWithdraw([row.id]) });
  }
  return ways;
}

function nextOf(command) {
  const verb = verbOf(command);
  if (verb === "edit") return { label: "Edit", run: async (line) => editRow(line.id) };
  if (verb === "approve" && command.includes("--waive")) return { label: "Approve ...", run: approveWaived };
  if (verb === "approve") return { label: "Approve", run: (line) => act("approve", [line.id]) };
  if (verb === "publish") return { label: "Publish ...", run: async (line) => openPublish([line.id]) };
  if (verb === "withdraw") return { label: "Withdraw ...", run: async (line) => openWithdraw([line.id]) };
  const job = jobOf(command);
  return job && { label: job.label, run: () => runJob(job) };
}

async function approveWaived(line) {
  const waive = await ask({
    title: `Let ${nameOfRow(line.id)} pass`, label: "Why may it pass? The reason is kept.", button: "Approve",
  });
  if (waive) await act("approve", [line.id], { waive });
}

/** Start a job; a person is asked for the reason first, where it needs one. */
export async function runJob({ verb, rows, options, reason }) {
  let given = options;
  if (reason) {
    const why = await ask({
      title: "Release", label: "What was done about the cause?", button: "Release",
      text: "The rows get all their tries again. What you write here is kept: it is what you will want to know when it happens again.",
    });
    if (!why) return;
    given = { ...options, reason: why };
  }
  const job = await startJob(verb, rows, given);
  if ((verb === "retry" || verb === "release") && rows.length === 1) goOn(job, rows[0]).catch(toastError);
}

/** What was made due again is worked on at once, stage by stage: that is why somebody asked for it. */
async function goOn(job, row) {
  if ((await ended(job.id, { quiet: true })).state !== "done") return;
  await refresh([row]);
  const line = lines.value.get(row) ?? {};
  for (const stage of STAGES.filter((one) => DUE.includes(line[`${one}_status`]))) {
    await ended((await startJob(stage, [row])).id);
  }
}
