// The editing panel of a row: texts, keywords, labels, rating, suggestions and earlier versions.
import { html, signal, useEffect, useLayoutEffect, useMemo, useRef } from "./html.js";
import { get } from "./api.js";
import { Chips } from "./chips.js";
import { Editing, panels, saveOnLeaving, toggleSaveOnLeaving } from "./editing.js";
import { OtherTexts } from "./other-texts.js";
import { Rating } from "./rating.js";
import { lines, online } from "./state.js";
import { toastError } from "./toast.js";
import { isAway } from "./unsent.js";

const known = signal({ category: [], location: [], subject: [], models: [] });
let askedFor = false;

/** The panel of row `id`; it asks for the row again when something has changed it. */
export function Panel({ id }) {
  const editing = useMemo(() => new Editing(id), [id]);
  const position = lines.value.get(id)?.last_position;
  useEffect(() => { editing.load().catch(notLoaded); }, [editing, position, online.value]);
  useEffect(() => stay(editing), [editing]);
  useEffect(() => { askForWords(); }, [online.value]);
  if (!editing.row.value) return html`<section class="panel" data-row=${id}>
    <p class="soft">${online.value ? "Loading ..." : "The server is away: the texts are shown once it is back."}</p></section>`;
  return html`<section class="panel" data-row=${id} onKeyDown=${(event) => onKey(event, editing)}>
    <${Found} editing=${editing} />
    <${TextFields} editing=${editing} />
    <${LabelFields} editing=${editing} />
    <${Saving} editing=${editing} />
    <${Rating} editing=${editing} />
    <${OtherTexts} editing=${editing} models=${known.value.models} />
  </section>`;
}

function notLoaded(error) {
  if (isAway(error)) online.value = false;
  else toastError(error);
}

/** Keep the draft when the page goes away, and when the panel does. */
function stay(editing) {
  const flush = () => editing.flush();
  const hidden = () => document.visibilityState === "hidden" && editing.flush();
  panels.set(editing.id, editing);
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", hidden);
  return () => {
    removeEventListener("pagehide", flush);
    document.removeEventListener("visibilitychange", hidden);
    panels.delete(editing.id);
    editing.leave();
  };
}

async function askForWords() {
  if (askedFor) return;
  askedFor = true;
  known.value = await get("/api/words").catch(() => {
    askedFor = false;
    return known.value;
  });
}

function onKey(event, editing) {
  if (!(event.ctrlKey || event.metaKey) || !["Enter", "s"].includes(event.key)) return;
  event.preventDefault();
  document.activeElement?.blur(); // a keyword that is being typed counts, and the next key decides
  editing.save();
}

/** What was found when the row was opened: a draft, or that somebody else has changed the text. */
function Found({ editing }) {
  const draft = editing.draft.value;
  if (editing.isOvertaken) {
    return html`<div class="notice warn" role="status">
      <p>The text has changed since you began${draft ? ` (draft of ${clock(draft.at)})` : ""}. Yours is not saved.</p>
      <button class="button small" onClick=${() => editing.compare()}>Compare</button>
      <button class="button small" onClick=${() => editing.discard()}>Discard mine</button>
    </div>`;
  }
  if (!draft) return null;
  return html`<div class="notice" role="status">
    <p>Draft of ${clock(draft.at)}, not saved.</p>
    <button class="button small" onClick=${() => { editing.draft.value = null; }}>Keep</button>
    <button class="button small" onClick=${() => editing.discard()}>Discard</button>
  </div>`;
}

/** Return the local hour and minute of a time, with the day if it is another one. */
function clock(at) {
  const time = new Date(at);
  const hour = time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return time.toDateString() === new Date().toDateString() ? hour : `${time.toLocaleDateString()} ${hour}`;
}

function TextFields({ editing }) {
  const { caption, alt_text, keywords } = editing.fields.value;
  const found = editing.found.value?.finding_list ?? [];
  return html`
    <${TextField} editing=${editing} name="caption" label="Caption" text=${caption} found=${about(found, "caption")}>
      <span class="soft">${words(caption)}</span>
    <//>
    <${TextField} editing=${editing} name="alt_text" label="Alt text" text=${alt_text} found=${about(found, "alt_text")}>
      <${Length} text=${alt_text} limits=${editing.found.value?.lengths} />
    <//>
    <div class="text-field">
      <div class="label-line"><label for="keywords-${editing.id}">Keywords</label><span class="soft">${keywords.length || ""}</span></div>
      <${Chips} id="keywords-${editing.id}" label="Keywords" words=${keywords} onChange=${(now) => editing.change("keywords", now)} />
      <${Hints} found=${about(found, "keywords")} />
    </div>
    <${Hints} found=${about(found, "")} />`;
}

/** Findings about one text; those that name none are about all. */
function about(found, field) {
  const of = (code) => (/^caption_equals/.test(code) ? "" : ["caption", "alt_text", "keywords"].find((name) => code.startsWith(name)) ?? "");
  return found.filter((one) => of(one.code) === field);
}

function TextField({ editing, name, label, text, found, children }) {
  const id = `${name}-${editing.id}`;
  const area = useRef();
  useLayoutEffect(() => {
    area.current.style.height = "auto";
    area.current.style.height = `${area.current.scrollHeight + 2}px`;
  }, [text]);
  return html`<div class="text-field">
    <div class="label-line"><label for=${id}>${label}</label>${children}</div>
    <textarea class="field" id=${id} ref=${area} rows="2" value=${text} spellcheck="true" aria-describedby="${id}-hints"
      onInput=${(event) => editing.change(name, event.target.value)}></textarea>
    <${Hints} id="${id}-hints" found=${found} />
  </div>`;
}

/** How long an alt text is, beside what a listener bears: in words, too, not in colour alone. */
function Length({ text, limits }) {
  const { alt_text_target: target = 125, alt_text_max: most = 250 } = limits ?? {};
  const length = [...text].length;
  if (length > most) return html`<span class="length bad">${length}: too long, at most ${most}</span>`;
  if (length > target) return html`<span class="length warn">${length} of ${most}: best up to ${target}</span>`;
  return html`<span class="length ${length ? "good" : "soft"}">${length} of ${target}</span>`;
}

function words(text) {
  const number = text.trim() ? text.trim().split(/\s+/).length : 0;
  return number === 1 ? "1 word" : `${number} words`;
}

function Hints({ found, id }) {
  return html`<ul class="hints" id=${id} aria-live="polite">${found.map((one) => html`<li key=${one.code} class=${one.blocking ? "bad" : "warn"}>
    <strong>${one.blocking && !/\bBlocks:/.test(one.meaning) ? "Blocks: " : ""}</strong>${one.meaning || one.code}${one.detail && html` <span class="soft">(${one.detail})</span>`}
  </li>`)}</ul>`;
}

function LabelFields({ editing }) {
  return html`<div class="label-fields">
    <${LabelField} editing=${editing} name="category" label="Category" />
    <${LabelField} editing=${editing} name="subject" label="Subject" />
    <${LabelField} editing=${editing} name="location" label="Location" />
  </div>`;
}

function LabelField({ editing, name, label }) {
  const id = `${name}-${editing.id}`;
  return html`<div>
    <label for=${id}>${label}</label>
    <input class="field" id=${id} list="known-${id}" autocomplete="off" value=${editing.fields.value[name]}
      onInput=${(event) => editing.change(name, event.target.value)} />
    <datalist id="known-${id}">${known.value[name].map((word) => html`<option key=${word} value=${word} />`)}</datalist>
  </div>`;
}

/** What becomes of what was typed, and the buttons for it. */
function Saving({ editing }) {
  const refused = editing.refused.value;
  return html`<div class="saving">
    ${refused && html`<div class="notice bad" role="alert">
      <p>${refused.message}</p>
      ${refused.hint && html`<p class="soft">${refused.hint}</p>`}
      ${refused.word && html`<button class="button small" onClick=${() => editing.save({ fresh: true })}>It is meant as it is typed</button>`}
    </div>`}
    ${editing.isDirty && editing.unsent.value && html`<div class="notice warn" role="status">
      <p>${editing.unsent.value}. ${editing.keeping}</p>
    </div>`}
    <div class="row-of-buttons">
      <button class="button primary" disabled=${!editing.isDirty || editing.saving.value} title="Save (Ctrl+Enter)" onClick=${() => editing.save()}>Save</button>
      <button class="button" disabled=${!editing.isDirty} onClick=${() => editing.discard()}>Discard</button>
      <span class="soft" role="status">${state(editing)}</span>
    </div>
    <label class="choice"><input type="checkbox" checked=${saveOnLeaving.value} onChange=${toggleSaveOnLeaving} /> save when I go to another photo</label>
  </div>`;
}

function state(editing) {
  if (editing.saving.value) return "Saving ...";
  if (!editing.isDirty) return author(editing.row.value);
  return editing.kept.value && !editing.unsent.value ? `Draft kept ${clock(editing.kept.value)}` : "Not saved";
}

function author({ author: by, grounded }) {
  if (!by) return "No text yet";
  const who = by.kind === "human" ? by.name || "a person" : ["the", by.kind, by.name].filter(Boolean).join(" ");
  return grounded ? `By ${who}` : `By ${who}: nobody looked`;
}
