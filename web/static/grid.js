// The grid: only the cells in sight exist, so that 10,000 photos scroll as smoothly as ten.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { BulkBar } from "./bulk.js";
import { Cell } from "./cell.js";
import { FilterBar } from "./filters.js";
import { useKeys } from "./keys.js";
import { moved } from "./pictures.js";
import { Side, sideShown } from "./side.js";
import { choose, extendTo, openLoupe, selectAll, selectNothing, toggle } from "./selecting.js";
import { clearFilters, current, ids, inTurn, isFiltered, loading, need, online, selection, total } from "./state.js";

const WIDTH = 224; // of a cell, at least, in px
const WIDTH_NARROW = 150; // two of them on a phone
const GAP = 8;
const FOOT = 52; // below the picture: name and badges
const NARROW = 276; // a cell up to here has room for the signs of badges, not for their words
const OVERSCAN = 2; // rows of cells above and below those in sight
const FETCH_EVERY_MS = 80; // while scrolling

const doing = { choose, toggle, open: openLoupe };

let scrolledTo = 0; // kept while the loupe is open
let scrolledAt = 0; // when that was, in ms since the page was opened

/** The grid with its filters, the bulk bar, and the panel where there is room. */
export function Grid() {
  return html`<div class="with-side">
    <div class="grid-view">
      <${FilterBar} />
      ${ids.value.length ? html`<${Window} />` : html`<${Empty} />`}
      <${BulkBar} />
    </div>
    ${sideShown.value && current.value !== null && html`<${Side} id=${current.value} />`}
  </div>`;
}

function Empty() {
  if (loading.value) return html`<div class="empty" aria-busy="true"></div>`;
  if (isFiltered() || total.value) {
    return html`<div class="empty"><p>No photo matches the filters.</p>
      <button class="button" onClick=${clearFilters}>Show all ${total.value}</button></div>`;
  }
  return html`<div class="empty"><p>No photos yet.</p><p><code>photojournal ingest ~/card/*.jpg --category Nature</code></p></div>`;
}

/** The measures of the grid in a box of `width` px. */
function layoutOf(width) {
  const least = width < 480 ? WIDTH_NARROW : WIDTH;
  const columns = Math.max(1, Math.floor((width - GAP) / (least + GAP)));
  const cell = Math.floor((width - GAP * (columns + 1)) / columns);
  const picture = Math.round((cell * 2) / 3);
  return { columns, cell, picture, row: picture + FOOT + GAP };
}

function Window() {
  const scroller = useRef();
  const [box, setBox] = useState({ width: 0, height: 0 });
  const [first, setFirst] = useState(0);
  const layout = layoutOf(box.width);
  const rows = Math.ceil(ids.value.length / layout.columns);
  const inSight = Math.ceil(box.height / layout.row) + 1;

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([{ contentRect: { width, height } }]) => setBox({ width, height }));
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (box.width) scroller.current.scrollTop = scrolledTo;
  }, [box.width > 0]);
  useFetching(first, inSight, layout.columns);
  useInSight(scroller, layout, box.height);
  useGridKeys(layout.columns, Math.max(1, inSight - 2));

  const scrolled = ({ target, timeStamp }) => {
    moved(target.scrollTop - scrolledTo, timeStamp - scrolledAt);
    scrolledAt = timeStamp;
    scrolledTo = target.scrollTop;
    setFirst(Math.floor(target.scrollTop / layout.row));
  };
  const from = Math.max(0, Math.min(first, rows - inSight) - OVERSCAN);
  const until = Math.min(rows, from + inSight + 2 * OVERSCAN);
  const shown = box.width ? Array.from({ length: Math.max(0, until - from) }, (_, n) => from + n) : [];
  return html`<div class="scroller ${layout.cell <= NARROW ? "narrow-cells" : ""}" ref=${scroller} onScroll=${scrolled}>
    <div role="grid" aria-label="Photos" aria-multiselectable="true" aria-rowcount=${rows} aria-colcount=${layout.columns}
      style=${{ height: `${rows * layout.row + GAP}px` }}>
      ${shown.map((row) => html`<${GridRow} key=${row} row=${row} layout=${layout} tabbable=${tabbableId(shown, layout.columns)} />`)}
    </div>
  </div>`;
}

function GridRow({ row, layout, tabbable }) {
  const start = row * layout.columns;
  return html`<div role="row" aria-rowindex=${row + 1} class="grid-row" style=${{
    transform: `translateY(${row * layout.row + GAP}px)`, gridTemplateColumns: `repeat(${layout.columns}, ${layout.cell}px)`,
  }}>
    ${ids.value.slice(start, start + layout.columns).map((id, n) => html`<${Cell} key=${id} id=${id} column=${n + 1} height=${layout.picture}
      isCurrent=${id === current.value} isSelected=${selection.value.has(id)} tabbable=${id === tabbable} on=${doing} />`)}
  </div>`;
}

/** One cell can be reached with Tab: the current one, or the first in sight. */
function tabbableId(shown, columns) {
  const at = ids.value.indexOf(current.value);
  const row = Math.floor(at / columns);
  return at >= 0 && row >= shown[0] && row <= shown.at(-1) ? current.value : ids.value[(shown[0] ?? 0) * columns];
}

/** Fetch the lines in sight and some before and after, now and then while scrolling. */
function useFetching(first, inSight, columns) {
  const timer = useRef(null);
  const fetched = useRef(0);
  const wanted = useRef([]);
  const sight = ids.value.slice(first * columns, (first + inSight) * columns);
  const near = ids.value.slice(Math.max(0, first - inSight) * columns, (first + 2 * inSight) * columns);
  wanted.current = [...sight, ...near];
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      fetched.current = performance.now();
      need(wanted.current);
    }, Math.max(0, fetched.current + FETCH_EVERY_MS - performance.now()));
  }, [first, inSight, columns, ids.value, online.value]);
}

/** Keep the current cell in sight and, while the keyboard is in the grid, focused. */
function useInSight(scroller, layout, height) {
  useEffect(() => {
    const at = ids.value.indexOf(current.value);
    if (at < 0 || !height) return;
    const top = Math.floor(at / layout.columns) * layout.row;
    const box = scroller.current;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + layout.row + GAP > box.scrollTop + height) box.scrollTop = top + layout.row + GAP - height;
  }, [current.value, height > 0, layout.columns]);
  useEffect(() => {
    const focused = document.activeElement;
    if (focused !== document.body && !focused?.matches?.(".cell")) return;
    scroller.current.querySelector(".cell.current")?.focus({ preventScroll: true });
  });
}

function useGridKeys(columns, page) {
  const last = () => ids.value.length - 1;
  const to = (place, event) => inTurn(() => {
    const at = Math.max(0, ids.value.indexOf(current.value));
    const id = ids.value[Math.min(Math.max(place(at), 0), last())];
    if (event?.shiftKey) extendTo(id);
    current.value = id;
  });
  const moves = [
    ["ArrowLeft", -1], ["ArrowRight", 1], ["ArrowUp", -columns], ["ArrowDown", columns], ["PageUp", -columns * page], ["PageDown", columns * page],
  ];
  useKeys("Grid", [
    ...moves.map(([key, by]) => [key, "Move", (event) => to((at) => at + by, event)]),
    ...moves.slice(0, 4).map(([key, by]) => [`Shift+${key}`, "Select a range", (event) => to((at) => at + by, event)]),
    ["Home", "First, last photo", () => to(() => 0)],
    ["End", "First, last photo", () => to(last)],
    ["Space", "Select", () => toggle(current.value)],
    ["Ctrl+A", "Select all", selectAll],
    ["Enter", "Loupe", () => openLoupe(current.value)],
    ["Escape", "Select nothing", selectNothing],
  ]);
}
