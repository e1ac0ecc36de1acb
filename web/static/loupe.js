// The loupe: one photo, large, with its panel; decisions lead to the next one.
import { html, signal, useEffect } from "./html.js";
import { DecisionButtons, UndoButton } from "./deciding.js";
import { Film, filmShown, hasRoomForFilm, toggleFilm } from "./film.js";
import { Icon } from "./icons.js";
import { useKeys } from "./keys.js";
import { prefetch } from "./pictures.js";
import { Side } from "./side.js";
import { announce, autoAdvance, current, ids, inTurn, lines, moveTo, nameOfRow, need, neighbour, online, show } from "./state.js";
import { FIT, ZoomPicture, panKeys, toggled } from "./zoom.js";

const AHEAD = [1, 2, -1]; // neighbours whose pictures are fetched, the likeliest first
const PAGE = 50; // lines that are fetched together
const zoom = signal(FIT); // stays from photo to photo: the same spot of the next one

/** Row `id`, large. */
export function Loupe({ id }) {
  const line = lines.value.get(id);
  const at = ids.value.indexOf(id);
  const near = AHEAD.map((by) => neighbour(id, by)).filter((one) => one !== null);
  useEffect(() => { need([id, ...near, ...pageAround(at)]); }, [id, ids.value]);
  useEffect(() => prefetch(near.map((one) => lines.value.get(one)?.pictures?.web)), [id, lines.value]);
  useLoupeKeys(id, line);
  return html`<div class="with-side loupe">
    <div class="loupe-stage">
      ${line ? html`<${ZoomPicture} line=${line} zoom=${zoom.value} onZoom=${(next) => { zoom.value = next; }} onSwipe=${(by) => moveTo(neighbour(id, by))} />`
        : html`<div class="zoom">${!online.value && html`<p class="no-picture">The server is away: the photo is shown once it is back.</p>`}</div>`}
      ${filmShown.value && html`<${Film} id=${id} />`}
      <div class="bar">
        <button class="button" aria-label="Previous photo" title="Previous (←)" onClick=${() => moveTo(neighbour(id, -1))} disabled=${at <= 0}><${Icon} name="left" /></button>
        <span class="place soft">${at >= 0 ? `${at + 1} of ${ids.value.length}` : "not in the list"}</span>
        <button class="button" aria-label="Next photo" title="Next (→)" onClick=${() => moveTo(neighbour(id, 1))} disabled=${at === ids.value.length - 1}><${Icon} name="right" /></button>
        <span class="grow"></span>
        <${DecisionButtons} line=${line} /><${UndoButton} />
        <span class="grow"></span>
        ${hasRoomForFilm() && html`<button class="button" aria-label="Film strip" title="Film strip (F)" aria-pressed=${String(filmShown.value)} onClick=${toggleFilm}><${Icon} name="film" /></button>`}
        <button class="button wide-only" aria-pressed=${String(zoom.value.level > 0)} title="100 % (Z)" onClick=${flip}><${Icon} name="zoom" /><span>100 %</span></button>
        <button class="button wide-only" title="Compare (C)" onClick=${() => compare(id, line)}>Compare</button>
        <label class="auto wide-only"><input type="checkbox" checked=${autoAdvance.value} onChange=${toggleAdvance} /> next after a decision</label>
      </div>
    </div>
    <${Side} id=${id} />
  </div>`;
}

/** The rows near a place of the list: the same ones for many steps, so that they are asked for once. */
function pageAround(at) {
  const begin = Math.floor(Math.max(0, at) / PAGE) * PAGE;
  return ids.value.slice(begin, begin + 2 * PAGE);
}

function flip() {
  zoom.value = toggled(zoom.value);
}

/** Whether a decision leads to the next photo; kept by the browser. */
export function toggleAdvance() {
  autoAdvance.value = !autoAdvance.value;
  localStorage.setItem("autoAdvance", autoAdvance.value ? "yes" : "no");
}

function compare(id) {
  const next = neighbour(id, 1) === id ? neighbour(id, -1) : neighbour(id, 1);
  if (next !== id && next !== null) show(`#/compare/${id},${next}`);
}

function useLoupeKeys(id) {
  const move = (by) => () => inTurn(() => {
    moveTo(neighbour(current.value, by));
    announce(`${nameOfRow(current.value)}, ${ids.value.indexOf(current.value) + 1} of ${ids.value.length}`);
  });
  useKeys("Loupe", [
    ["ArrowRight", "Next, previous photo", move(1)],
    ["ArrowLeft", "Next, previous photo", move(-1)],
    ["ArrowDown", "Next, previous photo", move(1)],
    ["ArrowUp", "Next, previous photo", move(-1)],
    ["Space", "Next, previous photo", move(1)],
    ["PageDown", "10 on, 10 back", move(10)],
    ["PageUp", "10 on, 10 back", move(-10)],
    ["Home", "First, last photo", move(-Infinity)],
    ["End", "First, last photo", move(Infinity)],
    ["Z", "100 % and back", flip],
    ...panKeys(zoom),
    ["C", "Compare with the next photo", () => compare(id)],
    ["F", "Film strip", toggleFilm, hasRoomForFilm],
    ["Escape", "Back to the grid", () => (zoom.value.level ? flip() : show("#/"))],
  ]);
}
