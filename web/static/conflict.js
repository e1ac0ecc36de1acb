// Somebody else was quicker: both texts beside each other, and a merge by hand.
import { html, useState } from "./html.js";
import { Chips } from "./chips.js";
import { open } from "./dialog.js";
import { Diff } from "./word-diff.js";
import { byWhom, isMe, moment, where } from "./wording.js";

const NAMES = { caption: "Caption", alt_text: "Alt text", keywords: "Keywords", category: "Category", subject: "Subject", location: "Location" };

/**
 * Ask what is right: `current` = {texts, labels, author, verb, at} as it stands there now, `typed` = the fields
 * that were changed here; the others stay theirs. Returns the fields to save, or undefined: the draft stays,
 * nothing is saved.
 */
export function openConflict({ error, current, typed }) {
  const theirs = { ...current.labels, caption: current.texts.caption, alt_text: current.texts.alt_text, keywords: current.texts.keywords };
  return open(({ close }) => html`<${Conflict} error=${error} by=${current} theirs=${theirs} mine=${{ ...theirs, ...typed }} close=${close} />`,
    { label: "Somebody else was quicker", wide: true });
}

function Conflict({ error, by, theirs, mine, close }) {
  const [fields, setFields] = useState({ ...mine });
  const differing = Object.keys(NAMES).filter((field) => shown(mine[field]) !== shown(theirs[field]));
  const put = (field, value) => setFields((now) => ({ ...now, [field]: value }));
  return html`<form class="conflict" onSubmit=${(event) => { event.preventDefault(); close(fields); }}>
    <h2>${by.author && !isMe(by.author) ? "Somebody else was quicker" : `Changed ${where(by)}`}</h2>
    <p>${error[0].toUpperCase()}${error.slice(1)}${by.author && html`: by <strong>${byWhom(by.author)}</strong> ${where(by)}, ${moment(by.at)}`}. Nothing was overwritten; your text is kept as a draft.</p>
    ${!differing.length && html`<p>Both are the same by now.</p>`}
    ${differing.map((field) => html`<fieldset key=${field}>
      <legend>${NAMES[field]}</legend>
      <p class="soft">theirs, and what yours would change</p>
      <p><${Diff} old=${shown(theirs[field])} now=${shown(mine[field])} /></p>
      <div class="row-of-buttons">
        <button type="button" class="button small" onClick=${() => put(field, theirs[field])}>Take theirs</button>
        <button type="button" class="button small" onClick=${() => put(field, mine[field])}>Take mine</button>
      </div>
      ${field === "keywords"
        ? html`<${Chips} words=${fields.keywords} label="Keywords to save" onChange=${(words) => put(field, words)} />`
        : html`<textarea class="field" rows="2" aria-label="${NAMES[field]} to save" value=${fields[field]}
            onInput=${(event) => put(field, event.target.value)}></textarea>`}
    </fieldset>`)}
    <div class="buttons">
      <button type="button" class="button" onClick=${() => close()}>Not now</button>
      <button class="button primary">Save it like this</button>
    </div>
  </form>`;
}

function shown(value) {
  return Array.isArray(value) ? value.join(", ") : value;
}
