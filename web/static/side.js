// What stands beside a photo: what it is, its next action, its texts, its life so far.
import { html, signal, useEffect } from "./html.js";
import { Actions } from "./actions.js";
import { Badges, Mark, ratingOf } from "./cell.js";
import { NamesOfRow } from "./names.js";
import { lines, nameOfRow, need, sideTab } from "./state.js";
import { Panel } from "./panel.js";
import { Timeline } from "./timeline.js";

const wide = matchMedia("(min-width: 1200px)");
const wished = signal(localStorage.getItem("side") !== "no");
const roomy = signal(wide.matches);
wide.addEventListener("change", () => { roomy.value = wide.matches; });

const TABS = { texts: "Texts", timeline: "Timeline" };

/** Whether the panel is shown beside the grid. The loupe has it always. */
export const sideShown = { get value() { return wished.value && roomy.value; } };

/** Show the panel beside the grid, or do not. */
export function toggleSide() {
  wished.value = !wished.value;
  localStorage.setItem("side", wished.value ? "yes" : "no");
}

/** The panel of row `id`. */
export function Side({ id }) {
  const tab = sideTab.value;
  const line = lines.value.get(id);
  useEffect(() => { need([id]); }, [id]);
  return html`<aside class="side" aria-label="About ${nameOfRow(id)}">
    <header class="side-head">
      <h2><${Mark} decision=${line?.decision} /> <${NamesOfRow} id=${id} /> <span class="row-number">row ${id}</span></h2>
      ${line && html`<p class="soft">${[line.set_id, ratingOf(line)].filter(Boolean).join(" · ")}</p>
        <${Badges} line=${line} /><${Actions} line=${line} />`}
      <div class="tabs" role="tablist" aria-label="Of this photo">
        ${Object.entries(TABS).map(([name, label]) => html`<button key=${name} role="tab" id="tab-${name}" class="button small bare"
          aria-selected=${String(tab === name)} aria-controls="side-body" onClick=${() => { sideTab.value = name; }}>${label}</button>`)}
      </div>
    </header>
    <div class="side-body" id="side-body" role="tabpanel" aria-labelledby="tab-${tab}" data-row=${id}>
      ${tab === "texts" ? html`<${Panel} key=${id} id=${id} />` : html`<${Timeline} key=${id} id=${id} />`}
    </div>
  </aside>`;
}
