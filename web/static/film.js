// The film strip below the loupe: the photos before and after the one that is shown; a click goes there.
import { html, signal, useEffect, useMemo, useState } from "./html.js";
import { Mark } from "./cell.js";
import { ids, inTurn, lines, moveTo, nameOfRow, need, online } from "./state.js";

const BESIDE = 6; // photos before and after the one in the middle
const AT_ONCE = 2; // small pictures that are fetched at once: the large one is never behind a dozen of them

const room = matchMedia("(min-width: 761px) and (min-height: 500px)");
const roomy = signal(room.matches);
const wished = signal(localStorage.getItem("film") !== "no");
const arrived = new Set(); // addresses of small pictures that the browser has by now, or that cannot be had
room.addEventListener("change", () => { roomy.value = room.matches; });

/** Whether the strip is shown: as is wished, where there is room. */
export const filmShown = { get value() { return wished.value && roomy.value; } };

/** Whether there is room for a strip. */
export function hasRoomForFilm() {
  return roomy.value;
}

/** Show the strip, or do not; kept by the browser. */
export function toggleFilm() {
  wished.value = !wished.value;
  localStorage.setItem("film", wished.value ? "yes" : "no");
}

/** The strip around row `id`. It follows once the photo itself was painted. */
export function Film({ id }) {
  const [middle, setMiddle] = useState(null);
  const [, setArrived] = useState(0);
  useEffect(() => setMiddle(id), [id]);
  const rows = around(middle);
  useEffect(() => { need(rows.filter(Boolean)); }, [middle, ids.value]);
  const fetched = nearestFirst(rows).filter((one) => !arrived.has(thumbOf(one))).slice(0, AT_ONCE);
  const came = (address) => {
    arrived.add(address);
    setArrived(arrived.size);
  };
  return html`<nav class="film" aria-label="Film strip">
    ${rows.map((row, n) => (row
      ? html`<${Frame} key=${row} id=${row} isCurrent=${row === middle} isAsked=${arrived.has(thumbOf(row)) || fetched.includes(row)} came=${came} />`
      : html`<span key="none-${n}" class="frame"></span>`))}
  </nav>`;
}

/** The rows around one of the list, which stands in the middle; null beyond an end. */
function around(middle) {
  const at = ids.value.indexOf(middle);
  if (at < 0) return [];
  return Array.from({ length: 2 * BESIDE + 1 }, (_, n) => ids.value[at - BESIDE + n] ?? null);
}

function nearestFirst(rows) {
  const far = (row) => Math.abs(rows.indexOf(row) - BESIDE);
  return rows.filter((row) => row && lines.value.has(row)).sort((one, other) => far(one) - far(other));
}

function thumbOf(id) {
  return lines.value.get(id)?.pictures.thumb;
}

/** A frame is drawn again only when something of it changed; a click leaves the focus, and with it the keys, where they are. */
function Frame({ id, isCurrent, isAsked, came }) {
  const line = lines.value.get(id);
  return useMemo(() => html`<button class="frame ${line?.decision ?? ""}" tabindex="-1" title=${nameOfRow(id)}
    aria-label=${[nameOfRow(id), line?.decision].filter(Boolean).join(", ")} aria-current=${isCurrent ? "true" : undefined}
    onMouseDown=${(event) => event.preventDefault()} onClick=${() => inTurn(() => moveTo(id))}>
    ${line && isAsked && html`<img key="${line.pictures.thumb} ${online.value}" src=${line.pictures.thumb} alt="" decoding="async" draggable=${false}
      onLoad=${() => came(line.pictures.thumb)} onError=${({ target }) => { target.hidden = true; came(line.pictures.thumb); }} />`}
    <${Mark} decision=${line?.decision} />
  </button>`, [line, isCurrent, isAsked, online.value]);
}
