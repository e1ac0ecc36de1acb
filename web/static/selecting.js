// Which photos of the grid are selected: by click, Shift+click, Ctrl+click, touch and keys.
import { announce, current, ids, nameOfRow, selection, show } from "./state.js";

let anchor = null; // where a range begins

/** Select all photos of the list. */
export function selectAll() {
  selection.value = new Set(ids.value);
  announce(`${ids.value.length} selected`);
}

/** Select nothing any more. */
export function selectNothing() {
  if (selection.value.size) announce("Nothing selected");
  selection.value = new Set();
}

/** Select a photo in addition, or leave it out again. */
export function toggle(id) {
  const chosen = new Set(selection.value);
  if (!chosen.delete(id)) chosen.add(id);
  selection.value = chosen;
  anchor = id;
  announce(`${nameOfRow(id)} ${chosen.has(id) ? "selected" : "no longer selected"}, ${chosen.size} in all`);
}

/** Select from where the range began to `id`. */
export function extendTo(id) {
  anchor ??= current.value;
  const [start, end] = [ids.value.indexOf(anchor), ids.value.indexOf(id)].sort((a, b) => a - b);
  selection.value = new Set(ids.value.slice(Math.max(0, start), end + 1));
  announce(`${selection.value.size} selected`);
}

/** What a click on a cell does; a touch opens the photo, since there are no double clicks. */
export function choose(event, id) {
  if (event.shiftKey) extendTo(id);
  else if (event.ctrlKey || event.metaKey) toggle(id);
  else {
    selectNothing();
    anchor = id;
    if (event.pointerType === "touch") openLoupe(id);
  }
  current.value = id;
}

/** Show a photo large. */
export function openLoupe(id) {
  if (id !== null) show(`#/row/${id}`);
}
