// The few signs of the page, drawn in the colour of the text beside them.
import { html } from "./html.js";

const PATHS = {
  pick: "M4 2v12M4 3h8l-2 2.5L12 8H4",
  approve: "M3 8.5l3.5 3.5L13 4.5",
  reject: "M4 4l8 8M12 4l-8 8",
  undo: "M6 3L3 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H6",
  redo: "M10 3l3 3-3 3M13 6H6.5a3.5 3.5 0 0 0 0 7H10",
  left: "M10 3L5 8l5 5",
  right: "M6 3l5 5-5 5",
  zoom: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3.5 3.5M7 5v4M5 7h4",
  filter: "M2 3h12l-4.5 5.5V13l-3-1.5v-3z",
  theme: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  side: "M2 3h12v10H2zM10 3v10",
  film: "M1.5 4h13v8h-13zM5.5 4v8M10.5 4v8",
  select: "M3 3h10v10H3z",
  flag: "M8 2.5L14.5 13.5h-13zM8 6.5v3.5M8 12v.1",
  unseen: "M1.5 8C4 3.5 12 3.5 14.5 8 12 12.5 4 12.5 1.5 8zM2.5 13.5l11-11",
  publish: "M8 13V4M4.5 7.5L8 4l3.5 3.5M3 2h10",
  edit: "M3 13l.8-3.2L11 2.6 13.4 5l-7.2 7.2z",
};

/** Draw the sign `name`; what it means has to stand beside it or in a label. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
  </svg>`;
}
