// Work that the server does beside the page: verbs of the command line, as processes of their own.
import { html, signal, useEffect, useState } from "./html.js";
import { get, send } from "./api.js";
import { Command } from "./command.js";
import { open } from "./dialog.js";
import { Go, useLeaving } from "./following.js";
import { online, show } from "./state.js";
import { toast, toastError } from "./toast.js";
import { counted, duration, moment } from "./wording.js";

const LOOK_MS = 500;
const AWAY_MS = 3000;
const TONES = { running: "warn", done: "good", failed: "bad", unknown: "warn" };

export const jobs = signal([]); // the newest first
const waiting = new Map(); // who waits for the end of a job, by its id

/** Start a verb as a job and return it; what it comes to is told by a message. Fails as the server says. */
export async function startJob(verb, rows = [], options = {}) {
  return followJob(await send("POST", "/api/jobs", { verb, rows, options }));
}

/** Follow a job that the server has just begun; returns it. */
export function followJob(job) {
  jobs.value = [job, ...jobs.value.filter((one) => one.id !== job.id)];
  look();
  return job;
}

/** Return a promise of a job at its end. `quiet`: whoever asks tells of it, no message is needed. */
export function ended(id, { quiet = false } = {}) {
  const now = jobs.value.find((one) => one.id === id);
  if (now && now.state !== "running") return Promise.resolve(now);
  return new Promise((resolve) => {
    waiting.set(id, [...(waiting.get(id) ?? []), { resolve, quiet }]);
  });
}

/** Ask a job to stop after the rows in flight; again: to leave at once. */
export async function stopJob(id) {
  const job = await send("DELETE", `/api/jobs/${id}`);
  jobs.value = jobs.value.map((one) => (one.id === id ? job : one));
}

let looking = null;

/** Follow the jobs while any of them runs. */
function look() {
  looking ??= setTimeout(async () => {
    looking = null;
    let wait = LOOK_MS;
    try {
      const before = jobs.value;
      take(await get("/api/jobs"), before);
    } catch {
      wait = AWAY_MS; // the banner says that the server is away
    }
    if (jobs.value.some((one) => one.state === "running")) setTimeout(look, wait - LOOK_MS);
  }, LOOK_MS);
}

/** Take what the server knows; what it does not know any more of `asked` was of an earlier start. */
function take(news, asked = []) {
  const before = new Map(jobs.value.map((one) => [one.id, one.state]));
  const known = new Set(news.map((one) => one.id));
  const forgotten = asked.filter((one) => !known.has(one.id)).map(ofEarlierStart);
  jobs.value = [...news, ...forgotten];
  for (const job of jobs.value) {
    if (job.state !== "running" && before.get(job.id) === "running") tell(job);
  }
}

/** A job that outlived its server, or died with it: nobody here knows. */
function ofEarlierStart(job) {
  if (job.state !== "running") return job;
  return { ...job, state: "unknown", words: "not followed to its end, the server was started again", hint: "Its run says what became of it: look under Runs." };
}

function tell(job) {
  const asked = waiting.get(job.id) ?? [];
  waiting.delete(job.id);
  asked.forEach(({ resolve }) => resolve(job));
  if (asked.some(({ quiet }) => quiet)) return;
  const tone = job.state === "done" ? "good" : "bad";
  const action = { label: "Show", run: () => openJobs(job.id) };
  toast(`${job.command}: ${job.words}`, { hint: job.hint, tone, action });
}

/** What a job says of itself: state, how it ended, its run, its last lines, and how to stop it. */
export function Job({ id, lines = true }) {
  const job = jobs.value.find((one) => one.id === id);
  if (!job) return null;
  const running = job.state === "running";
  const stop = () => stopJob(id).catch(toastError);
  return html`<article class="job" aria-label=${job.command}>
    <header>
      <span class="badge ${TONES[job.state]}">${job.state}</span>
      ${/^photojournal /.test(job.command) ? html`<${Command} text=${job.command} />` : html`<strong>${job.command}</strong>`}
      <span class="grow"></span>
      ${running && html`<button class="button small" onClick=${stop}>${job.stop_asked ? "Leave at once" : "Stop"}</button>`}
    </header>
    ${job.words && job.state !== "done" && html`<p>${sentence(job.words)}</p>`}
    ${job.hint && html`<p class="soft">${job.hint}</p>`}
    ${lines && job.lines.length > 0 && html`<pre class="output" tabindex="0" aria-label="What it printed">${job.lines.join("\n")}</pre>`}
    <footer class="soft">
      began ${moment(job.started_at)}${job.ended_at && html`, took ${duration(new Date(job.ended_at) - new Date(job.started_at))}`}
      ${job.run_id && html` · <${Go} to="#/runs/${job.run_id}">its run<//>`}
    </footer>
  </article>`;
}

/** Return words as a sentence. */
export function sentence(words) {
  return words ? `${words[0].toUpperCase()}${words.slice(1)}.` : "";
}

/** The jobs of this server, one of them first. */
export function openJobs(first = null) {
  return open(({ close }) => html`<${JobList} first=${first} close=${close} />`, { label: "Jobs", wide: true });
}

function JobList({ first, close }) {
  useLeaving(close);
  const listed = [...jobs.value].sort((one, other) => (other.id === first) - (one.id === first));
  return html`
    <h2>Jobs</h2>
    ${listed.length === 0 && html`<p class="soft">Nothing was started from this page yet.</p>`}
    ${listed.map((job) => html`<${Job} key=${job.id} id=${job.id} />`)}
    <div class="buttons">
      <button class="button" onClick=${() => show("#/runs")}>All runs</button>
      <button class="button primary" autofocus onClick=${() => close()}>Close</button>
    </div>`;
}

/** How many jobs are at work; opens the list. Nothing before the first one. */
export function JobsBadge() {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked) get("/api/jobs").then((known) => { take(known); look(); }, () => {});
    setAsked(true);
  }, []);
  const running = jobs.value.filter((one) => one.state === "running").length;
  if (!jobs.value.length) return null;
  return html`<button class="button small jobs-badge ${running ? "working" : ""}" onClick=${() => openJobs()}>
    ${running ? (online.value ? `${counted(running, "job")} at work` : "Jobs: server away") : "Jobs"}</button>`;
}
