// Approve the rows that nothing stands against: some at random are shown first, then all, as one step.
import { html, useEffect, useState } from "./html.js";
import { get } from "./api.js";
import { ratingOf } from "./cell.js";
import { open } from "./dialog.js";
import { Names } from "./names.js";
import { decide, filters, inTurn } from "./state.js";
import { counted } from "./wording.js";

/** Show what is clean in the set that is chosen, or everywhere, and a sample; approve all at a yes. */
export async function openApproveClean() {
  const set = filters.value.set;
  const found = await open(({ close }) => html`<${Clean} set=${set} close=${close} />`, { label: "Approve the clean ones", wide: true });
  if (found) await inTurn(() => decide("approve", found.clean, { seen: found.position }));
}

function Clean({ set, close }) {
  const [found, setFound] = useState(null);
  const [shown, setShown] = useState([]);
  const [error, setError] = useState(null);
  const draw = async () => {
    try {
      const answer = await get("/api/clean", { set, sample: 10 });
      const { lines } = answer.sample.length ? await get("/api/lines", { ids: answer.sample }) : { lines: [] };
      setFound(answer);
      setShown(lines);
    } catch (problem) {
      setError(problem);
    }
  };
  useEffect(() => { draw(); }, []);
  if (error) return html`<h2>Approve the clean ones</h2><p role="alert">${error.message} <span class="soft">${error.hint}</span></p><${Close} close=${close} />`;
  if (!found) return html`<h2>Approve the clean ones</h2><p class="soft" role="status">Counting ...</p><${Close} close=${close} />`;
  const count = found.clean.length;
  return html`
    <h2>${count ? `${counted(count, "row")} ${count === 1 ? "is" : "are"} clean` : "No row is clean"}${set ? ` in set ${set}` : ""}</h2>
    <p class="soft">Clean: every stage is done, the rules find nothing, and who wrote the caption saw the picture. Where it stood in the file, a rule may have made the alt text from it.</p>
    <${Others} reasons=${found.not_clean} />
    ${shown.length > 0 && html`<p>${shown.length === count ? "All of them:" : `${shown.length} of them, drawn at random:`}</p>
      <ul class="sample">${shown.map((line) => html`<${Sampled} key=${line.id} line=${line} />`)}</ul>`}
    <p class="soft"><code>photojournal approve ${set ? `--set ${set}` : "--status Pending"} --clean</code></p>
    <div class="buttons">
      <button class="button" onClick=${() => close()}>Not now</button>
      ${count > shown.length && html`<button class="button" onClick=${draw}>Show 10 others</button>`}
      ${count > 0 && html`<button class="button primary" autofocus onClick=${() => close(found)}>Approve ${count === 1 ? "it" : `all ${count}`}</button>`}
    </div>`;
}

function Close({ close }) {
  return html`<div class="buttons"><button class="button" onClick=${() => close()}>Close</button></div>`;
}

function Others({ reasons }) {
  const listed = Object.entries(reasons);
  if (!listed.length) return null;
  return html`<p>Not clean: ${listed.map(([reason, rows]) => `${rows} (${reason})`).join(", ")}</p>`;
}

function Sampled({ line }) {
  return html`<li>
    <img src=${line.pictures.thumb} alt=${line.alt_text} loading="lazy" />
    <div><p dir="auto">${line.Caption}</p><p class="soft" dir="auto">${line.alt_text}</p>
      <p class="soft">${line.Keywords}</p>
      <p><a href="#/row/${line.id}" target="_blank" rel="noopener"><${Names} line=${line} /></a> <span class="soft">${ratingOf(line)}</span></p></div>
  </li>`;
}
