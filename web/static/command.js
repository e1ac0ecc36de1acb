// What the page can do about a command that the program names, such as "photojournal release 12 --reason '...'".
import { html } from "./html.js";
import { toast } from "./toast.js";

const WORDS = /'([^']*)'|(\S+)/g;
const OPEN = "...";

// The verbs that can be a job, the options that each takes, and what its button says.
const JOBS = {
  prefill: { label: "Write texts", options: [] },
  score: { label: "Score", options: [] },
  resize: { label: "Resize", options: [] },
  run: { label: "Run what is due", options: ["set"] },
  publish: { label: "Publish ...", options: [] },
  withdraw: { label: "Withdraw ...", options: [] },
  retry: { label: "Retry", options: ["stage", "model", "qc"] },
  release: { label: "Release ...", options: ["stage", "qc", "reason"] },
  repair: { label: "Repair", options: ["remote"] },
};
const NAMES = { set: "set_id" };
const FLAGS = ["remote"];

/**
 * Return `{verb, rows, options, label, reason}` of a command that can be a job; `reason`: a person has
 * to say why. Return null for every other command: it is shown as text.
 */
export function jobOf(command) {
  const words = [...(command ?? "").matchAll(WORDS)].map(([, quoted, plain]) => quoted ?? plain);
  const [program, verb, ...rest] = words;
  if (program !== "photojournal" || !JOBS[verb]) return null;
  const found = { verb, rows: [], options: {}, label: JOBS[verb].label, reason: false };
  while (rest.length) {
    const word = rest.shift();
    const [name, given] = word.slice(2).split("=");
    if (word === "--yes") continue; // the page asks first, anyway
    if (/^\d+$/.test(word)) found.rows.push(Number(word));
    else if (!word.startsWith("--") || !JOBS[verb].options.includes(name)) return null;
    else if (FLAGS.includes(name)) found.options[name] = true;
    else take(found, name, given ?? rest.shift());
  }
  return found;
}

function take(found, name, value) {
  if (value === OPEN) found.reason = name === "reason";
  else found.options[NAMES[name] ?? name] = value;
}

/** Return the verb of a command; "" if there is none. */
export function verbOf(command) {
  return (command ?? "").split(" ")[1] ?? "";
}

/** A command as text; a click copies it. */
export function Command({ text }) {
  if (!text) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  };
  return html`<button class="command" title="Copy" aria-label="Copy the command ${text}" onClick=${copy}><code>${text}</code></button>`;
}
