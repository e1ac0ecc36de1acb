// What is being typed about one row: fields, its draft on the server, and saving it. Nothing that was
// typed is lost, and nothing is saved that nobody asked to save.
import { batch, signal } from "./html.js";
import { ApiError, get, send } from "./api.js";
import { merged as withWords, split } from "./chips.js";
import { openConflict } from "./conflict.js";
import { inTurn, isChangedSince, keep, lines, nameOfRow, online, undo } from "./state.js";
import { toast, toastError } from "./toast.js";
import { copyOf, dropCopy, isAway, keepCopy, newestDraft, sendLater, sent } from "./unsent.js";

const DRAFT_MS = 300; // after the last keystroke
const CHECK_MS = 350;
export const TEXTS = ["caption", "alt_text", "keywords"];
export const panels = new Map(); // the editing of each row whose panel is open
export const LABELS = ["category", "subject", "location"];

/** Whether to save what was typed when leaving a row; else it stays a draft. Kept by the browser. */
export const saveOnLeaving = signal(localStorage.getItem("saveOnLeaving") === "yes");

export function toggleSaveOnLeaving() {
  saveOnLeaving.value = !saveOnLeaving.value;
  localStorage.setItem("saveOnLeaving", saveOnLeaving.value ? "yes" : "no");
}

/** Return the fields of a row as the server knows them. */
export function fieldsOf(row) {
  return { caption: row.texts.caption, alt_text: row.texts.alt_text, keywords: row.texts.keywords, ...row.labels };
}

/** True where two values of a field are the same. */
export function same(one, other) {
  return Array.isArray(one) ? one.length === other.length && one.every((word, n) => word === other[n]) : one === other;
}

/** The editing of row `id`, as long as its panel is shown. */
export class Editing {
  constructor(id) {
    this.id = id;
    this.row = signal(null); // as the server knows it
    this.fields = signal(null); // as they stand in the panel
    this.begun = signal(null); // as they were when the person began to type
    this.word = signal(""); // a keyword that is being typed: of the draft, not yet a chip
    this.draft = signal(null); // {at}: a draft that was found; null once the person said what to do
    this.kept = signal(""); // when the draft was kept last
    this.found = signal(null); // what the rules say of what is typed
    this.copied = false; // whether this browser has a copy
    this.unsent = signal(""); // why the server has not what is typed; "" where it has
    this.saving = signal(false);
    this.refused = signal(null); // {message, hint, word}: why it was not saved
    this.basedOn = "";
    this.timer = null;
    this.writing = Promise.resolve();
  }

  /** What was typed so far. */
  get typed() {
    const now = this.fields.value;
    return now && this.word.value ? { ...now, keywords: withWords(now.keywords, split(this.word.value)) } : now;
  }

  /** The names of the fields that were changed. */
  get changed() {
    const now = this.typed;
    return now ? [...TEXTS, ...LABELS].filter((name) => !same(now[name], this.begun.value[name])) : [];
  }

  /** True where something was changed and is not saved. */
  get isDirty() {
    return this.changed.length > 0;
  }

  /** Ask for the row; what was typed stays. */
  async load() {
    const copy = copyOf(this.id); // before the server is asked: it may just be on its way there
    const row = await get(`/api/rows/${this.id}`);
    const first = !this.row.value;
    if (!first && row.last_position < this.row.value.last_position) return;
    const draft = first && newestDraft(this.id, row.draft, copy);
    const isSaved = !first && this.isDirty && this.says(row);
    batch(() => {
      this.row.value = row;
      if (first || !this.isDirty || isSaved) this.begin(row);
      if (isSaved) this.reached();
      if (draft) this.restore(draft);
    });
    const dropped = !first && this.isDirty && !row.draft && !this.saving.value; // by what somebody else saved
    if (dropped || (draft && draft !== row.draft)) this.keepDraft(); // also a copy that the server never had
    this.check();
  }

  /** True where the row says by now what was typed: somebody saved the same, or our answer was lost. */
  says(row) {
    return Object.entries(fieldsOf(row)).every(([name, value]) => same(value, this.typed[name]));
  }

  /** Begin with the row as it is. */
  begin(row) {
    this.fields.value = fieldsOf(row);
    this.begun.value = fieldsOf(row);
    this.basedOn = row.texts.based_on;
    this.draft.value = null;
  }

  /** Put a draft into the fields, and say so; one that says what is saved already is none. */
  restore(draft) {
    const typed = Object.entries(draft).filter(([name, value]) => value !== null && name in this.fields.value);
    const differs = typed.filter(([name, value]) => !same(value, this.fields.value[name]));
    if (!differs.length) return;
    this.fields.value = { ...this.fields.value, ...Object.fromEntries(differs) };
    const names = differs.map(([name]) => name);
    if (draft.based_on && names.some((name) => TEXTS.includes(name))) this.basedOn = draft.based_on;
    const seen = Object.entries(draft.seen ?? {}).filter(([name]) => names.includes(name));
    this.begun.value = { ...this.begun.value, ...Object.fromEntries(seen) };
    this.draft.value = { at: draft.at };
    this.kept.value = draft.at;
  }

  /** What somebody else changed after this person began to type: "text", a label that is changed here, or "". */
  get overtaken() {
    const row = this.row.value;
    if (!this.isDirty || !row) return "";
    if (this.basedOn !== row.texts.based_on) return "text";
    const isOther = (name) => ![this.begun.value[name], this.fields.value[name]].includes(row.labels[name]);
    return LABELS.find((name) => this.changed.includes(name) && isOther(name)) ?? "";
  }

  /** Take what was typed into a field. */
  change(name, value) {
    if (same(this.fields.value[name], value)) return;
    batch(() => {
      this.fields.value = { ...this.fields.value, [name]: value };
      this.kept.value = "";
      this.refused.value = null;
    });
    this.later();
    if (TEXTS.includes(name)) this.checkSoon();
  }

  /** Take a keyword as far as it is typed. */
  typing(text) {
    if (text === this.word.value) return;
    this.word.value = text;
    this.later();
  }

  // The draft.

  later() {
    clearTimeout(this.timer);
    if (this.isDirty) this.copied = keepCopy(this.id, this.body());
    else dropCopy(this.id);
    this.timer = setTimeout(() => this.keepDraft(), DRAFT_MS);
  }

  /** Keep the draft now, if something waits for it: also when the page goes away. */
  flush() {
    if (this.timer) this.keepDraft();
  }

  keepDraft() {
    clearTimeout(this.timer);
    this.timer = null;
    const path = `/api/rows/${this.id}/draft`;
    const [method, body] = this.isDirty ? ["PUT", this.body()] : ["DELETE", {}];
    const asked = JSON.stringify(body);
    const done = send(method, path, body).then((answer) => this.keptAt(answer.at, asked), (error) => this.notKept(error));
    this.writing = Promise.allSettled([this.writing, done]);
    return done;
  }

  keptAt(at, asked) {
    this.kept.value = at;
    if (asked === JSON.stringify(this.isDirty ? this.body() : {})) this.reached(); // else more was typed meanwhile
    const line = lines.value.get(this.id);
    if (line && line.has_draft !== Boolean(at)) keep([{ ...line, has_draft: Boolean(at) }]); // its badge
  }

  /** The server has what was typed: no copy is needed. */
  reached() {
    sent(this);
    dropCopy(this.id);
    this.unsent.value = "";
  }

  notKept(error) {
    sendLater(this);
    this.unsent.value = isAway(error) ? "The server is away" : `The server does not keep the draft: ${error.message}`;
    if (isAway(error)) online.value = false; // and what is unsent is sent when it is back
  }

  /** Where what is typed is kept while the server has it not; "" where it has. */
  get keeping() {
    if (!this.unsent.value) return "";
    return this.copied ? "What you typed is kept in this browser, and sent as a draft once the server is back."
      : "This browser keeps no copy: leave this tab open until the server is back.";
  }

  /** What was typed, for the server: fields that were left alone are left out. */
  body() {
    const now = this.typed;
    const typed = Object.fromEntries(this.changed.map((name) => [name, now[name]]));
    return { ...typed, based_on: this.basedOn, seen: labelsOf(this.begun.value) };
  }

  /** Forget what was typed. */
  discard() {
    const typed = this.fields.value;
    batch(() => {
      this.begin(this.row.value);
      this.refused.value = null;
    });
    dropCopy(this.id);
    this.keepDraft();
    this.check();
    const back = () => Object.entries(typed).forEach(([name, value]) => this.change(name, value));
    toast("Discarded what was not saved.", { action: { label: "Bring it back", run: back } });
  }

  // Saving.

  /** Save what was typed, after what was asked before. `fresh`: category and location are new words. */
  save({ fresh = false } = {}) {
    if (!this.isDirty || this.saving.value) return undefined;
    this.saving.value = true;
    return inTurn(() => this.saved({ fresh }));
  }

  async saved({ fresh }) {
    this.saving.value = true;
    clearTimeout(this.timer);
    this.timer = null;
    await this.writing; // a draft on its way must not arrive after what it became
    const asked = this.fields.value;
    try {
      const body = { ...this.body(), new: fresh };
      this.arrived(await send("POST", `/api/rows/${this.id}/edit`, body), asked);
    } catch (error) {
      this.failed(error);
    } finally {
      this.saving.value = false;
    }
  }

  arrived(answer, asked) {
    const typed = this.fields.value;
    this.reached();
    batch(() => {
      this.row.value = answer.row;
      this.begin(answer.row);
      this.refused.value = null;
      this.kept.value = "";
      keep([answer.row]);
      for (const name of [...TEXTS, ...LABELS]) { // what was typed while it was on its way
        if (!same(typed[name], asked[name])) this.change(name, typed[name]);
      }
    });
    this.check();
    const action = answer.step ? { label: "Undo", run: () => inTurn(() => undo(answer.step)) } : null;
    const outside = isChangedSince(answer.row) ? "Visitors see the former version until it is published again." : "";
    toast(answer.step ? `Saved ${nameOfRow(this.id)}` : "It was so already.", { hint: [answer.detail, outside].filter(Boolean).join(" "), action, tone: "good" });
  }

  failed(error) {
    if (error.status === 409 && error.body.current) {
      this.resolve(error.body);
      return;
    }
    if (!(error instanceof ApiError)) throw error;
    if (isAway(error)) {
      this.notKept(error);
      return;
    }
    const word = /which has one like it/.test(error.message);
    this.refused.value = { message: `Not saved: ${error.message}`, hint: error.hint, word };
    if (panels.get(this.id) !== this) toast(`${nameOfRow(this.id)}: not saved: ${error.message}`, { hint: error.hint, tone: "bad" });
    this.later();
  }

  /** Show both texts; what the person makes of them is based on the newer one. */
  async resolve({ error, current }) {
    this.later();
    const typed = Object.fromEntries(this.changed.map((name) => [name, this.fields.value[name]]));
    const merged = await openConflict({ error, current, typed });
    if (merged) this.takeMerged(merged, current);
    await this.load().catch(toastError); // what was merged stays, whatever comes of that
    if (merged) this.save();
  }

  takeMerged(merged, { texts, labels }) {
    batch(() => {
      this.begun.value = { caption: texts.caption, alt_text: texts.alt_text, keywords: texts.keywords, ...labels };
      this.basedOn = texts.based_on;
      this.fields.value = merged;
      this.draft.value = null;
    });
    this.later();
  }

  /** Compare what was typed with what stands there by now. */
  async compare() {
    const field = this.overtaken;
    const error = `The ${field} of ${nameOfRow(this.id)} has changed since you began`;
    await this.resolve({ error, current: await get(`/api/rows/${this.id}/current`, { field }) });
  }

  /** Take other texts, such as a suggestion: saved at once, unless something is typed; that can come back. */
  take(texts) {
    const typed = this.fields.value;
    const wasDirty = this.isDirty;
    TEXTS.forEach((name) => this.change(name, texts[name]));
    if (!wasDirty) return this.save();
    const back = () => TEXTS.forEach((name) => this.change(name, typed[name]));
    toast("Put into the fields, not saved yet.", { action: { label: "Back to what I typed", run: back } });
    return undefined;
  }

  /** Rate the photo: `qr` null lets the scores count again. Returns whether it was done. */
  async rate(qr, reason) {
    try {
      const answer = await send("POST", "/api/rating", { row: this.id, QR: qr, reason });
      batch(() => {
        this.row.value = answer.row;
        keep([answer.row]);
      });
      const action = answer.step ? { label: "Undo", run: () => inTurn(() => undo(answer.step)) } : null;
      toast(qr === null ? "The scores count again." : `Rated ${qr}`, { action, tone: "good" });
      return true;
    } catch (error) {
      toastError(error);
      return false;
    }
  }

  /** The panel goes: the draft is kept, and saved if the person chose that. */
  leave() {
    this.flush();
    if (!this.isDirty) return;
    if (saveOnLeaving.value) this.save();
    else {
      const action = { label: "Save", run: () => this.save() };
      const where = this.unsent.value ? "your text is not sent yet" : "a draft is kept, not saved";
      toast(`${nameOfRow(this.id)}: ${where}.`, { action, hint: this.keeping });
    }
  }

  // Rules.

  checkSoon() {
    clearTimeout(this.checking);
    this.checking = setTimeout(() => this.check(), CHECK_MS);
  }

  async check() {
    const { caption, alt_text, keywords } = this.fields.value;
    try {
      const found = await send("POST", "/api/check-text", { row: this.id, caption, alt_text, keywords });
      if (same(caption, this.fields.value.caption) && same(alt_text, this.fields.value.alt_text)) this.found.value = found;
    } catch {
      this.found.value = null; // hints only: the server judges again when it saves
    }
  }
}

function labelsOf(fields) {
  return Object.fromEntries(LABELS.map((name) => [name, fields[name]]));
}
