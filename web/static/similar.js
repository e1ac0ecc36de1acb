// Groups of near-duplicates: keep the best of each, the others are rejected.
import { html, useEffect, useState } from "./html.js";
import { get } from "./api.js";
import { ratingOf } from "./cell.js";
import { keepOnly } from "./compare.js";
import { open } from "./dialog.js";
import { Go } from "./following.js";
import { NamesOfRow } from "./names.js";
import { lines, nameOfRow, need, show } from "./state.js";
import { toastError } from "./toast.js";

const COMPARED = 4;

/** All groups of near-duplicates. */
export function Similar() {
  const [groups, setGroups] = useState(null);
  useEffect(() => {
    get("/api/groups").then((found) => {
      setGroups(found);
      for (const group of found) need(group.rows);
    }, (error) => { toastError(error); setGroups([]); });
  }, []);
  if (!groups) return html`<div class="page-view" aria-busy="true"><p class="soft">Looking for photos that look alike ...</p></div>`;
  const left = groups.filter(isOpen);
  return html`<div class="page-view">
    <h1>Photos that look alike</h1>
    ${groups.length === 0 && html`<p>None were found. <code>photojournal similar</code> says what was compared.</p>`}
    ${left.length > 1 && html`<p><button class="button" onClick=${() => keepAll(left)}>Keep the best of all ${left.length} groups ...</button></p>`}
    ${groups.map((group) => html`<${Group} key=${group.rows.join()} group=${group} />`)}
  </div>`;
}

/** A group is open while more than one of its photos is not rejected. */
function isOpen(group) {
  return group.rows.filter((id) => lines.value.get(id)?.decision !== "rejected").length > 1;
}

function Group({ group }) {
  const compared = [group.best, ...group.rows.filter((id) => id !== group.best)].slice(0, COMPARED);
  return html`<section class="group" aria-label="Group of ${group.rows.length}">
    <div class="strip">
      ${group.rows.map((id) => html`<${Member} key=${id} id=${id} isBest=${id === group.best} />`)}
    </div>
    <div class="strip-buttons">
      <span class="soft">compared by ${group.by}</span>
      <button class="button" onClick=${() => show(`#/compare/${compared.join(",")}`)}>Compare${group.rows.length > COMPARED ? ` the first ${COMPARED}` : ""}</button>
      <button class="button primary" disabled=${!isOpen(group)} onClick=${() => keepOnly(group.best, group.rows)}>Keep the best, reject ${group.rows.length - 1}</button>
    </div>
  </section>`;
}

function Member({ id, isBest }) {
  const line = lines.value.get(id);
  return html`<${Go} class="member ${line?.decision ?? ""}" to="#/row/${id}">
    ${line ? html`<img src=${line.pictures.thumb} alt=${line.alt_text || nameOfRow(id)} loading="lazy" />` : html`<span class="shot"></span>`}
    <span><${NamesOfRow} id=${id} /> <span class="soft">${line ? ratingOf(line) : ""}</span>
      ${isBest && html` <span class="badge good">best</span>`}${line?.decision === "rejected" && html` <span class="badge">rejected</span>`}</span>
  <//>`;
}

async function keepAll(groups) {
  const rejected = groups.reduce((sum, group) => sum + group.rows.length - 1, 0);
  const yes = await open(({ close }) => html`<h2>Keep the best of ${groups.length} groups</h2>
    <p>${groups.length} photos are picked, ${rejected} are rejected. Nothing is deleted; each group is one undo.</p>
    <div class="buttons"><button class="button" onClick=${() => close()}>Cancel</button>
      <button class="button primary" onClick=${() => close(true)}>Keep the best</button></div>`, { label: "Keep the best" });
  if (yes) for (const group of groups) await keepOnly(group.best, group.rows);
}
