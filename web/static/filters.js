// The filter bar: which photos are listed, in which order, and how many there are of each kind.
import { html, signal, useEffect, useRef, useState } from "./html.js";
import { openApproveClean } from "./approve-clean.js";
import { Icon } from "./icons.js";
import { useKeys } from "./keys.js";
import { clearFilters, counts, filter, filters, ids, isFiltered, readonly, reload, sets, total, unlisted } from "./state.js";

const TYPED_MS = 200;
const SORTS = { time: "By time", worst: "Worst first", best: "Best first", name: "By name", id: "As they came in" };
const STATUSES = ["Queued", "Pending", "Approved", "Rejected", "Publishing", "Published", "Withdrawn", "Error", "Quarantined"];
const TIERS = ["Top", "Good", "Average", "Low", "Very Low", "NA"];
const STAGES = ["prefill", "score", "resize", "publish"];

const opened = signal(false); // further filters; on a phone, all but the search

/** The filter bar. */
export function FilterBar() {
  const asked = filters.value;
  return html`<div class="filters ${opened.value ? "opened" : ""}">
    <div class="filters-line">
      <${Search} />
      <label class="hidden-text" for="filter-set">Set</label>
      <select class="field narrow" id="filter-set" value=${asked.set} onChange=${(event) => filter({ set: event.target.value })}>
        <option value="">All sets</option>
        ${sets.value.map((one) => html`<option key=${one.set_id} value=${one.set_id}>${nameOfSet(one)}</option>`)}
      </select>
      <label class="hidden-text" for="filter-sort">Order</label>
      <select class="field narrow" id="filter-sort" value=${asked.sort} onChange=${(event) => filter({ sort: event.target.value })}>
        ${Object.entries(SORTS).map(([name, label]) => html`<option key=${name} value=${name}>${label}</option>`)}
      </select>
      <button class="button" aria-expanded=${String(opened.value)} aria-controls="filter-kinds" onClick=${() => { opened.value = !opened.value; }}>
        <${Icon} name="filter" /> Filters${isFiltered() ? " (on)" : ""}
      </button>
      <span class="grow"></span>
      ${!readonly && html`<button class="button" onClick=${() => openApproveClean()}>Approve clean ones ...</button>`}
    </div>
    <div class="filters-line statuses">
      <${Chips} name="status" kinds=${STATUSES} label="Status" />
      <span class="grow"></span>
      <${Listed} />
    </div>
    ${opened.value && html`<div class="filters-kinds" id="filter-kinds">
      <${Chips} name="tier" kinds=${TIERS} label="Tier" named />
      <${Chips} name="finding" kinds=${Object.keys(counts.value.finding)} label="Findings" named />
      <${Chips} name="failed" kinds=${STAGES} label="Failed stage" named />
      <${Chips} name="due" kinds=${STAGES} label="Due" named />
      <div class="kinds" role="group" aria-label="Text"><span class="soft">Text</span>
        <button class="chip" aria-pressed=${String(Boolean(asked.ungrounded))} onClick=${() => filter({ ungrounded: asked.ungrounded ? "" : "true" })}>nobody looked</button>
      </div>
    </div>`}
  </div>`;
}

function nameOfSet(one) {
  const words = [one.Folder, one.Subject, one.Location].filter(Boolean).join(" · ");
  return `${one.set_id}${words ? ` ${words}` : ""} (${one.rows})`;
}

function Listed() {
  return html`<span class="listed soft">
    ${unlisted.value > 0 && html`<button class="chip" onClick=${reload}>${unlisted.value} new: show</button>`}
    <span>${isFiltered() ? `${ids.value.length} of ${total.value}` : ids.value.length} photos</span>
    ${isFiltered() && html`<button class="button small bare" onClick=${clearFilters}>Clear filters</button>`}
  </span>`;
}

/** Chips of one filter with their counts; kinds that no photo is of are left out. */
function Chips({ name, kinds, label, named = false }) {
  const on = filters.value[name];
  const found = counts.value[name] ?? {};
  const shown = kinds.filter((kind) => found[kind] || on.includes(kind));
  const toggle = (kind) => filter({ [name]: on.includes(kind) ? on.filter((one) => one !== kind) : [...on, kind] });
  if (named && !shown.length) return null;
  return html`<div class="kinds" role="group" aria-label=${label}>
    ${named && html`<span class="soft">${label}</span>`}
    ${shown.map((kind) => html`<button key=${kind} class="chip" aria-pressed=${String(on.includes(kind))} onClick=${() => toggle(kind)}>
      ${kind} <span class="number">${found[kind] ?? 0}</span>
    </button>`)}
  </div>`;
}

function Search() {
  const field = useRef();
  const timer = useRef();
  const [typed, setTyped] = useState(filters.value.q);
  useEffect(() => setTyped(filters.value.q), [filters.value.q]);
  const type = (event) => {
    const q = event.target.value;
    setTyped(q);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => filter({ q }), TYPED_MS);
  };
  useKeys("Grid", [["/", "Search", () => field.current.focus()]]);
  return html`<input class="field search" type="search" ref=${field} aria-label="Search in texts and file names" placeholder="Search (/)"
    value=${typed} onInput=${type} />`;
}
