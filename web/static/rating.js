// The rating of a photo: what was measured, and a person's in its place, with the reason.
import { html, useState } from "./html.js";
import { readonly } from "./state.js";

const focus = (field) => field?.focus();

/** The rating of the row that is being edited. */
export function Rating({ editing }) {
  const { QR, tier, measured, override } = editing.row.value.rating;
  const [typed, setTyped] = useState(null); // null: nobody is rating
  const [reason, setReason] = useState("");
  const rate = async (event) => {
    event.preventDefault();
    if (await editing.rate(Number(typed), reason)) setTyped(null);
  };
  return html`<section class="rating" aria-label="Rating">
    <div class="label-line"><h3>Rating</h3>
      <span>${QR === null ? html`<span class="soft">none</span>` : html`<strong>${QR.toFixed(2)}</strong> ${tier}`}</span></div>
    ${override && html`<p>by ${override.by}: ${override.reason} <span class="soft">(measured: ${measured.QR === null ? "none" : `${measured.QR.toFixed(2)} ${measured.tier}`})</span></p>`}
    ${readonly ? "" : typed === null
      ? html`<div class="row-of-buttons">
          <button class="button small" onClick=${() => { setTyped(QR ?? 5); setReason(override?.reason ?? ""); }}>Rate it yourself</button>
          ${override && html`<button class="button small" onClick=${() => editing.rate(null, "")}>Let the scores count again</button>`}
        </div>`
      : html`<form class="rate" onSubmit=${rate}>
          <label>0 to 10 <input class="field" type="number" min="0" max="10" step="0.01" required value=${typed} ref=${focus}
            onInput=${(event) => setTyped(event.target.value)} /></label>
          <label class="grow">Why <input class="field" required value=${reason} onInput=${(event) => setReason(event.target.value)} /></label>
          <div class="row-of-buttons">
            <button class="button small primary">Rate</button>
            <button type="button" class="button small" onClick=${() => setTyped(null)}>Cancel</button>
          </div>
        </form>`}
  </section>`;
}
