// Before an approval: what was typed and not saved is neither approved nor passed over in silence.
import { html } from "./html.js";
import { get } from "./api.js";
import { open } from "./dialog.js";
import { Editing, panels } from "./editing.js";
import { lines, nameOfRow } from "./state.js";
import { copyOf } from "./unsent.js";
import { counted } from "./wording.js";

const NAMED = 3;
const FIELDS = { alt_text: "alt text" };

/** Return which of `rows` are to be approved now; where drafts are not saved, the person says so. */
export function approvable(rows) {
  return rows.length === 1 ? one(rows[0]) : many(rows);
}

async function one(row) {
  const editing = await unsaved(row);
  if (!editing) return [row];
  const choice = await open(({ close }) => html`
    <h2>${nameOfRow(row)}: a draft is not saved</h2>
    <p>Not saved: ${editing.changed.map((name) => FIELDS[name] ?? name).join(", ")}.</p>
    <div class="buttons">
      <button class="button" onClick=${() => close()}>Cancel</button>
      <button class="button" onClick=${() => close("saved")}>Approve the saved text</button>
      <button class="button primary" autofocus onClick=${() => close("save")}>Save and approve</button>
    </div>`, { label: "A draft is not saved" });
  if (choice === "save") return (await save(editing)) ? [row] : [];
  return choice ? [row] : [];
}

/** Return the editing of a row with what was typed and not saved; null if nothing is. */
async function unsaved(row) {
  const shown = panels.get(row);
  if (!shown?.fields.value && !lines.value.get(row)?.has_draft && !copyOf(row)) return null;
  const editing = shown ?? new Editing(row);
  if (!editing.fields.value) await editing.load();
  return editing.isDirty ? editing : null;
}

/** Save what was typed; a refusal is said by the panel or, where there is none, by a message. */
async function save(editing) {
  await editing.saved({ fresh: false });
  return !editing.isDirty;
}

async function many(rows) {
  const kept = new Set(await get("/api/drafts"));
  const drafts = rows.filter((id) => kept.has(id) || panels.get(id)?.isDirty || copyOf(id));
  if (!drafts.length) return rows;
  const others = rows.filter((id) => !drafts.includes(id));
  const more = drafts.length > NAMED ? ` and ${drafts.length - NAMED} more` : "";
  return await open(({ close }) => html`
    <h2>${drafts.length} of ${counted(rows.length, "photo")} have unsaved drafts</h2>
    <p>${drafts.slice(0, NAMED).map(nameOfRow).join(", ")}${more}. What was typed there stays a draft.</p>
    <div class="buttons">
      <button class="button" onClick=${() => close()}>Cancel</button>
      <button class="button" onClick=${() => close(rows)}>Approve all ${rows.length} as they are saved</button>
      ${others.length > 0 && html`<button class="button primary" autofocus onClick=${() => close(others)}>Approve the other ${others.length}</button>`}
    </div>`, { label: "Unsaved drafts" }) ?? [];
}
