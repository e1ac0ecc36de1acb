// Texts beside the row's own: what models suggested, what it was before, and how to ask for another.
import { html, useEffect, useState } from "./html.js";
import { get } from "./api.js";
import { ended, startJob } from "./jobs.js";
import { readonly } from "./state.js";
import { toast, toastError } from "./toast.js";
import { Diff } from "./word-diff.js";
import { moment } from "./wording.js";

const SHOWN = 5; // earlier versions at first

/** Suggestions and earlier versions of the row that is being edited, each beside what stands in the fields. */
export function OtherTexts({ editing, models }) {
  return html`
    <${Suggestions} editing=${editing} models=${readonly ? [] : models} />
    <${Versions} editing=${editing} />`;
}

function Suggestions({ editing, models }) {
  const { suggestions } = editing.row.value;
  if (!suggestions.length && !models.length) return null;
  return html`<section class="others" aria-label="Suggestions by models">
    <h3>Suggestions by models</h3>
    ${suggestions.map((one, n) => html`<${Other} key=${suggestions.length - n} editing=${editing} texts=${one} head=${one.model} />`)}
    ${models.length > 0 && html`<${AskAgain} editing=${editing} models=${models} />`}
  </section>`;
}

function Other({ editing, texts, head, now = editing.fields.value }) {
  const pairs = [["", now.caption, texts.caption], ["Alt: ", now.alt_text, texts.alt_text], ["Keywords: ", now.keywords.join(", "), texts.keywords.join(", ")]];
  const differing = pairs.filter(([, mine, other]) => mine !== other);
  return html`<article class="other">
    <header><span class="soft">${head}</span>
      ${!readonly && differing.length > 0 && html`<button class="button small" aria-label="Take the text of ${head}" onClick=${() => editing.take(texts)}>Take</button>`}</header>
    ${differing.length === 0 && html`<p class="soft">as in the fields</p>`}
    ${differing.map(([name, mine, other]) => html`<p key=${name} dir="auto"><span class="soft">${name}</span><${Diff} old=${mine} now=${other} /></p>`)}
  </article>`;
}

function AskAgain({ editing, models }) {
  const [model, setModel] = useState(models[0]);
  const [asking, setAsking] = useState(false);
  const ask = async () => {
    setAsking(true);
    try {
      const wanted = await ended((await startJob("retry", [editing.id], { stage: "prefill", model })).id, { quiet: true });
      if (wanted.state === "done") await ended((await startJob("prefill", [editing.id])).id);
      else toast(`${wanted.command}: ${wanted.words}`, { hint: wanted.hint, tone: "bad" });
      await editing.load();
    } catch (error) {
      toastError(error);
    } finally {
      setAsking(false);
    }
  };
  return html`<div class="row-of-buttons">
    <select class="field" aria-label="Model" value=${model} onChange=${(event) => setModel(event.target.value)}>
      ${models.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
    </select>
    <button class="button small" disabled=${asking} onClick=${ask}>${asking ? "Asking ..." : "Ask again"}</button>
  </div>`;
}

function Versions({ editing }) {
  const [versions, setVersions] = useState(null);
  const [all, setAll] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const position = editing.row.value.last_position;
  useEffect(() => {
    if (isOpen) get(`/api/rows/${editing.id}/versions`).then(setVersions, toastError);
  }, [isOpen, position]);
  return html`<details class="others" onToggle=${(event) => setOpen(event.target.open)}>
    <summary>Earlier texts</summary>
    ${versions && versions.length < 2 && html`<p class="soft">There are none.</p>`}
    ${versions?.slice(1, all ? undefined : SHOWN + 1).map((one) => html`<${Other} key=${one.position} editing=${editing} texts=${one}
      head="${one.by}, ${moment(one.at)}" />`)}
    ${versions && !all && versions.length > SHOWN + 1 && html`<button class="button small" onClick=${() => setAll(true)}>All ${versions.length - 1}</button>`}
  </details>`;
}
