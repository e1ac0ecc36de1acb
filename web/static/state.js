// What the page knows: the list, the lines of rows, where the person is; and how decisions are asked for.
import { batch, signal } from "./html.js";
import { get, send } from "./api.js";
import { leaveView, toast, toastError } from "./toast.js";

const NO_FILTERS = { set: "", status: [], tier: [], finding: [], failed: [], due: [], ungrounded: "", q: "", sort: "time" };
const LINES_AT_ONCE = 200;
const SLOW_MS = 150;
const AGAIN_MS = 300;
const DONE = { pick: "Picked", approve: "Approved", reject: "Rejected", undo: "Undone", redo: "Redone" };

export const filters = signal(NO_FILTERS);
export const ids = signal([]); // the rows of the list, in its order
export const lines = signal(new Map()); // what is known of rows; replaced when it changes
export const current = signal(null);
export const selection = signal(new Set());
export const counts = signal({ status: {}, tier: {}, finding: {}, failed: {}, due: {} });
export const sets = signal([]);
export const total = signal(0); // rows of the set, all filters aside
export const position = signal(0); // of the journal, as far as the page knows
const listedAt = signal(0); // the position that the list was made at
export const unlisted = signal(0); // rows that would be in the list if it was made anew
export const route = signal({ name: "grid" });
export const loading = signal(true);
export const saving = signal(false);
export const online = signal(true);
export const news = signal(null); // {position, rows, runs}: the newest that was told by the server
export const spoken = signal("");
export const sideTab = signal("texts"); // what of a photo stands beside it: "texts" or "timeline"
export const autoAdvance = signal(localStorage.getItem("autoAdvance") !== "no");

/** Speak `text` in the live region. */
export function announce(text) {
  spoken.value = text;
}

/** Return what the person knows a row by: the name that the camera gave it. */
export function nameOfRow(id) {
  const line = lines.value.get(id);
  return line?.Original_File_Name || line?.File_Name || `row ${id}`;
}

/** True where visitors see something else than what the row says by now. */
export function isChangedSince(line) {
  return line.Review_Status === "Published" && line.due.split(", ").includes("publish");
}

// Where the person is: the hash says view and filters, so that a reload changes nothing.

let before = "#/";

/** Go to a view, such as "#/row/12"; the filters stay. `replace`: Back skips the view left. */
export function show(hash, { replace = false } = {}) {
  const there = hash.includes("?") ? hash : hash + queryOf(filters.value);
  if (!replace) before = location.hash.split("?")[0] || "#/";
  if (there !== location.hash) history[replace ? "replaceState" : "pushState"](null, "", there);
  readHash();
}

/** Go to the view before. */
export function back() {
  show(before);
}

/** Change some filters; the list follows. */
export function filter(changes) {
  const path = location.hash.split("?")[0] || "#/";
  show(path + (queryOf({ ...filters.value, ...changes }) || "?"), { replace: true });
}

/** Take view and filters from the address. */
export function readHash() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const asked = filtersOf(new URLSearchParams(query));
  const changed = queryOf(asked) !== queryOf(filters.value);
  batch(() => {
    route.value = routeOf(path);
    if (route.value.name === "row") current.value = route.value.id;
    if (changed) filters.value = asked;
  });
  leaveView();
  return changed ? reload() : undefined;
}

function routeOf(path) {
  const [name, rest = ""] = path.split("/");
  if (name === "row") return { name, id: Number(rest) };
  if (name === "compare") return { name, ids: rest.split(",").filter(Boolean).map(Number).slice(0, 4) };
  if (name === "runs") return rest ? { name: "run", id: rest } : { name };
  if (name === "triage") return { name, run: rest || null };
  return name === "similar" ? { name } : { name: "grid" };
}

function filtersOf(query) {
  return Object.fromEntries(Object.entries(NO_FILTERS).map(([name, none]) =>
    [name, Array.isArray(none) ? query.getAll(name) : query.get(name) || none]));
}

function queryOf(asked) {
  const query = new URLSearchParams();
  for (const [name, none] of Object.entries(NO_FILTERS)) {
    for (const one of [asked[name]].flat()) if (one && one !== none) query.append(name, one);
  }
  return query.size ? `?${query}` : "";
}

/** True if any filter leaves rows out. */
export function isFiltered() {
  return queryOf({ ...filters.value, sort: NO_FILTERS.sort }) !== "";
}

/** Take all filters away. */
export function clearFilters() {
  filter({ ...NO_FILTERS, sort: filters.value.sort });
}

// The list and its lines.

let listAsked = 0;
let listMissed = false; // it was asked for while the server was away

/** Make the list anew. What was the current photo stays so if it is still listed. */
export async function reload() {
  const asked = ++listAsked;
  try {
    const answer = await get("/api/rows", filters.value);
    if (asked !== listAsked) return;
    const listed = new Set(answer.ids);
    listMissed = false;
    batch(() => {
      ids.value = answer.ids;
      listedAt.value = answer.position;
      takeCounts(answer);
      unlisted.value = 0;
      selection.value = new Set([...selection.value].filter((id) => listed.has(id)));
      if (route.value.name !== "row" && !listed.has(current.value)) current.value = answer.ids[0] ?? null;
    });
  } catch (error) {
    if (asked === listAsked) listMissed = true;
    if (error.status) toastError(error);
  } finally {
    loading.value = false;
  }
}

/** Ask for the counts again; the list stays as it is, but says how many rows are new. */
export async function recount() {
  const asked = listAsked;
  const answer = await get("/api/rows", filters.value);
  if (asked !== listAsked) return;
  const listed = new Set(ids.value);
  batch(() => {
    takeCounts(answer);
    unlisted.value = answer.ids.filter((id) => !listed.has(id)).length;
  });
}

function takeCounts(answer) {
  counts.value = answer.counts;
  sets.value = answer.sets;
  total.value = Object.values(answer.counts.status).reduce((sum, rows) => sum + rows, 0);
  position.value = Math.max(position.value, answer.position);
}

/** After the server was away: the list if it could not be made, else its counts; lines that nobody got. */
export async function catchUp() {
  const wanted = [...linesMissed];
  linesMissed.clear();
  need(wanted);
  await (listMissed ? reload() : recount());
}

const asking = new Set();
const linesMissed = new Set();

/** Fetch the lines of these rows, unless they are known or asked for. */
export async function need(wanted) {
  const missing = wanted.filter((id) => !lines.value.has(id) && !asking.has(id)).slice(0, LINES_AT_ONCE);
  if (!missing.length) return;
  missing.forEach((id) => asking.add(id));
  try {
    keep((await get("/api/lines", { ids: missing })).lines);
  } catch (error) {
    missing.forEach((id) => linesMissed.add(id));
    if (error.status && error.status !== 403) toastError(error); // the banner tells of the others
  } finally {
    missing.forEach((id) => asking.delete(id));
  }
}

/** Fetch lines that are known already again. */
export async function refresh(changed) {
  const known = changed.filter((id) => lines.value.has(id));
  for (let n = 0; n < known.length; n += LINES_AT_ONCE) {
    keep((await get("/api/lines", { ids: known.slice(n, n + LINES_AT_ONCE) })).lines);
  }
}

/** Keep lines; an answer that was overtaken by a newer one changes nothing. */
export function keep(news) {
  const known = new Map(lines.value);
  for (const line of news) {
    if (!(known.get(line.id)?.last_position > line.last_position)) known.set(line.id, line);
  }
  lines.value = known;
}

/** Return the row that is `by` places after `id` in the list, or the last one in that direction. */
export function neighbour(id, by) {
  const at = ids.value.indexOf(id);
  if (at < 0) return ids.value[0] ?? null;
  return ids.value[Math.min(Math.max(at + by, 0), ids.value.length - 1)];
}

/** Make a row the current one: in the loupe it is shown, in the grid marked. */
export function moveTo(id) {
  if (id === null || id === undefined) return;
  if (route.value.name === "row") show(`#/row/${id}`, { replace: true });
  else current.value = id;
}

// Decisions. One after the other: keys that are pressed meanwhile wait for the answer.

let turn = null;

/** Do `act` once what was asked before is answered: now, if nothing is. */
export function inTurn(act) {
  const mine = turn ? turn.then(() => act()) : act();
  if (!(mine instanceof Promise)) return mine;
  const settled = mine.catch(toastError).finally(() => {
    if (turn === settled) turn = null;
  });
  turn = settled;
  return settled;
}

/** Send what changes rows; the answer's lines are kept. The same click twice is done once. */
export async function step(path, body) {
  const key = crypto.randomUUID();
  const slow = setTimeout(() => { saving.value = true; }, SLOW_MS);
  try {
    const answer = await send("POST", path, body, key).catch((error) => again(error, path, body, key));
    batch(() => {
      keep(answer.lines ?? []);
      position.value = Math.max(position.value, answer.position ?? 0);
    });
    return answer;
  } finally {
    clearTimeout(slow);
    saving.value = false;
  }
}

async function again(error, path, body, key) {
  if (error.status) throw error;
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  return send("POST", path, body, key).catch((second) => {
    if (!second.status) online.value = false;
    throw second;
  });
}

/**
 * Ask for a decision about rows: "pick", "approve" or "reject"; one click, one undo. Says what came
 * of it and returns the answers; a server that is away is told by a message, too. `seen`: the position
 * that the rows were looked at; by default each line's own, or the list's for lines that were not fetched.
 */
export async function decide(decision, rows, { reason = "", waive = "", seen = 0 } = {}) {
  const seenAt = (id) => seen || (lines.value.get(id)?.last_position ?? listedAt.value);
  return told(decision, await step("/api/decisions", { rows, decision, reason, waive, seen: decision === "approve" ? rows.map(seenAt) : [] }));
}

/** Ask for several decisions at once, `[{rows, decision}]`: one step, one undo. `said` tells it whole. */
export async function decideAll(decisions, said) {
  return told(said, await step("/api/decisions", { decisions }));
}

/** Take the newest step of this person back; `expect`: only if it is this one. */
export function undo(expect = "") {
  return goBack("undo", expect);
}

/** Bring back what was undone last. */
export function redo() {
  return goBack("redo");
}

async function goBack(verb, expect = "") {
  const answer = await step(`/api/${verb}`, { expect });
  const moved = answer.rows.filter((one) => !one.nothing && !one.kept);
  const what = moved.length === 1 ? nameOfRow(moved[0].row) : `${moved.length} photos`;
  const did = answer.what || (answer.verb === "review" ? "" : answer.verb);
  const nothing = answer.step ? "Nothing changed." : `Nothing left to ${verb}.`;
  const text = moved.length ? `${DONE[verb]}: ${[did, what].filter(Boolean).join(", ")}` : nothing;
  const other = verb === "undo" ? { label: "Redo", run: () => inTurn(redo) } : { label: "Undo", run: () => inTurn(() => undo()) };
  toast(text, { action: moved.length ? other : null, hint: keptBack(answer.rows) });
  if (moved.length === 1 && ids.value.includes(moved[0].row)) moveTo(moved[0].row);
  return answer;
}

function keptBack(rows) {
  const kept = rows.filter((one) => one.kept);
  return kept.length ? `${kept.length} stay as they are: ${nameOfRow(kept[0].row)}: ${kept[0].kept}` : "";
}

function told(decision, answer) {
  const { done, refused } = Object.groupBy(answer.answers, (one) => one.outcome);
  if (answer.answers.length === 1) toldOne(DONE[decision], answer.answers[0]);
  else {
    const made = DONE[decision] ? `${DONE[decision]}: ${count(done)}` : done ? decision : "Nothing changed";
    const text = `${made}${refused ? `, refused: ${count(refused)}` : ""}`;
    toast(text, { action: done ? { label: "Undo", run: () => inTurn(() => undo(answer.step)) } : null, tone: done ? "good" : "" });
    if (refused) toldRefused(refused);
    announce(text);
  }
  return answer.answers;
}

/** What was refused of many, reason by reason, with the way to the rows. */
function toldRefused(refused) {
  const rows = refused.map((one) => one.row);
  const run = () => {
    selection.value = new Set(rows);
    show("#/");
  };
  toast(`Refused: ${count(refused)}`, { hint: reasons(refused), tone: "bad", action: { label: "Select the refused", run } });
}

/** What was refused about a single row is said by whoever asked, with the way out. */
function toldOne(said, one) {
  const at = ids.value.indexOf(one.row);
  const place = at < 0 ? "" : `, ${at + 1} of ${ids.value.length}`;
  if (one.outcome === "done") announce(`${said} ${nameOfRow(one.row)}${place}`);
  if (one.outcome === "nothing") announce(`${nameOfRow(one.row)}: ${one.detail}`);
}

function count(answers = []) {
  return answers.length === 1 ? nameOfRow(answers[0].row) : String(answers.length);
}

function reasons(refused) {
  const why = ({ row, detail }) => detail.replace(`row ${row} `, "").replace("cannot be approved: ", "");
  const groups = Object.entries(Object.groupBy(refused, why)).sort(([, one], [, other]) => other.length - one.length);
  const hint = refused.length === 1 && refused[0].hint ? ` (${refused[0].hint})` : "";
  return groups.map(([reason, answers]) => `${count(answers)}: ${reason}`).join("; ") + hint;
}
