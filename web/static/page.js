// The page: header, router, the keys and messages of every view.
import { effect, html, render, signal } from "./html.js";
import { Compare } from "./compare.js";
import { useDecisionKeys, goBack } from "./deciding.js";
import { Go } from "./following.js";
import { Grid } from "./grid.js";
import { Icon } from "./icons.js";
import { JobsBadge } from "./jobs.js";
import { listen, openHelp, useKeys } from "./keys.js";
import { Away, follow } from "./live.js";
import { Loupe } from "./loupe.js";
import { openPublish } from "./publish.js";
import { RunPage, Runs } from "./runs.js";
import { sideShown, toggleSide } from "./side.js";
import { Similar } from "./similar.js";
import { current, nameOfRow, neighbour, readHash, readonly, reload, route, saving, selection, show, spoken } from "./state.js";
import { Toasts, toastError } from "./toast.js";
import { TriagePage } from "./triage.js";

const NAV = [["#/", "Photos", ["grid", "row", "compare"]], ["#/similar", "Alike", ["similar"]], ["#/runs", "Runs", ["runs", "run"]], ["#/triage", "Triage", ["triage"]]];
const { root, version } = document.body.dataset;

const theme = signal(localStorage.getItem("theme") ?? "");

function Page() {
  useEverywhereKeys();
  useDecisionKeys();
  return html`
    <${Header} />
    <${Away} />
    <main>${headingOf(route.value)}${view(route.value)}</main>
    <${Toasts} />
    <${Spoken} />`;
}

function Spoken() {
  return html`<div class="hidden-text" aria-live="polite" id="spoken">${spoken.value}</div>`;
}

function view(where) {
  if (where.name === "row") return html`<${Loupe} id=${where.id} />`;
  if (where.name === "compare") return html`<${Compare} rows=${where.ids} />`;
  if (where.name === "similar") return html`<${Similar} />`;
  if (where.name === "runs") return html`<${Runs} />`;
  if (where.name === "run") return html`<${RunPage} id=${where.id} />`;
  if (where.name === "triage") return html`<${TriagePage} run=${where.run} />`;
  return html`<${Grid} />`;
}

/** What the view is called, for those who hear it; the other views show their heading. */
function headingOf({ name, id }) {
  const named = { grid: "Photos", row: nameOfRow(id), compare: "Compare" }[name];
  return named && html`<h1 class="hidden-text">${named}</h1>`;
}

function Header() {
  return html`<header class="top">
    <span class="brand" title="${root} · photojournal ${version}">photojournal <span class="soft">${root.split(/[\\/]/).at(-1)}</span></span>
    <nav aria-label="Views">${NAV.map(([hash, label, names]) => html`<${Go} key=${hash} to=${hash} class="nav"
      aria-current=${names.includes(route.value.name) ? "page" : undefined}>${label}<//>`)}</nav>
    ${readonly && html`<span class="badge warn">incident bundle: for looking</span>`}
    <span class="grow"></span>
    <span class="saving-sign soft" role="status">${saving.value ? "saving ..." : ""}</span>
    <${JobsBadge} />
    ${!readonly && html`<${Changing} />`}
    <button class="button bare wide-only" aria-label="Panel beside the grid" title="Panel (I)" aria-pressed=${String(sideShown.value)} onClick=${toggleSide}><${Icon} name="side" /></button>
    <button class="button bare" aria-label="Dark or light" title="Dark or light" onClick=${turnTheme}><${Icon} name="theme" /></button>
    <button class="button bare wide-only" aria-label="Keys" title="Keys (?)" onClick=${openHelp}>?</button>
  </header>`;
}

function Changing() {
  return html`
    <button class="button" title="Publish what is due" onClick=${() => openPublish([])}>Publish ...</button>
    <button class="button bare wide-only" aria-label="Undo" title="Undo (U)" onClick=${() => goBack("undo")}><${Icon} name="undo" /></button>
    <button class="button bare wide-only" aria-label="Redo" title="Redo (Shift+U)" onClick=${() => goBack("redo")}><${Icon} name="redo" /></button>`;
}

function useEverywhereKeys() {
  useKeys("Everywhere", [
    ["G", "Grid", () => show("#/")],
    ["C", "Compare", compare, () => route.value.name === "grid"],
    ["I", "Panel beside the grid", toggleSide, () => route.value.name === "grid"],
    ["?", "These keys", openHelp],
  ]);
}

/** Compare what is selected (2 to 4), else the current photo with the next. */
function compare() {
  const chosen = [...selection.value].slice(0, 4);
  const rows = chosen.length > 1 ? chosen : [current.value, neighbour(current.value, 1)];
  if (new Set(rows).size > 1) show(`#/compare/${rows.join(",")}`);
}

function turnTheme() {
  const dark = theme.value ? theme.value === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  wearTheme(dark ? "light" : "dark");
}

function wearTheme(name) {
  theme.value = name;
  localStorage.setItem("theme", name);
  document.documentElement.dataset.theme = name;
}

function titleOf({ name, id }) {
  if (name === "row") return `${nameOfRow(id)} · photojournal`;
  const [, label] = NAV.find(([, , names]) => names.includes(name));
  return `${label} · photojournal`;
}

async function begin() {
  if (theme.value) wearTheme(theme.value);
  addEventListener("popstate", readHash);
  addEventListener("unhandledrejection", ({ reason }) => { if (reason?.hint !== undefined) toastError(reason); });
  listen();
  const place = document.getElementById("page");
  place.replaceChildren();
  await (readHash() ?? reload());
  render(html`<${Page} />`, place);
  effect(() => { document.title = titleOf(route.value); });
  follow();
}

begin();
