// The editing panel of a row: texts, keywords, labels, rating, suggestions and earlier versions.
import { html } from "./html.js";

/** The panel of row `id`. */
export function Panel({ id }) {
  return html`<section class="panel" data-row=${id}></section>`;
}
