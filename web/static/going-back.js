// What going back or taking down means, row by row: GoingBackPlan({plan}).
import { html } from "./html.js";
import { Command } from "./command.js";
import { RowLink } from "./rows-of-run.js";
import { counted } from "./wording.js";

const LISTED = 200;
const OUTSIDE = {
  put_file: (n) => `puts ${counted(n, "file")} back`,
  remove_file: (n) => `removes ${counted(n, "file")}`,
  put_record: () => "sets the record",
  remove_record: () => "removes the record",
};

export function GoingBackPlan({ plan }) {
  const going = plan.rows.filter((one) => !one.kept);
  const kept = plan.rows.filter((one) => one.kept && !one.nothing);
  return html`
    ${going.length > 0 && html`<p><${Command} text=${plan.command} /></p>`}
    ${!going.length && !kept.length && html`<p>Nothing would change: it is as asked already.</p>`}
    ${going.length > 0 && html`<div class="plan-table" tabindex="0"><table>
      <thead><tr><th scope="col">row</th><th scope="col">version</th><th scope="col">what changes</th><th scope="col">outside</th></tr></thead>
      <tbody>${going.slice(0, LISTED).map((one) => html`<tr key=${one.row}>
        <td><${RowLink} one=${one} /></td>
        <td>${one.version === one.to ? one.version : `${one.version} → ${one.to}`}</td>
        <td>${one.parts.join(", ")}</td>
        <td title=${one.steps.map((step) => step.target).join("\n")}>${outside(one.steps)}</td>
      </tr>`)}</tbody>
    </table></div>`}
    ${going.length > LISTED && html`<p class="soft">... and ${counted(going.length - LISTED, "row")} more</p>`}
    ${going.filter((one) => one.lost_text).map((one) => html`<${Lost} key=${one.row} one=${one} />`)}
    ${going.flatMap((one) => (one.steps.length ? one.not_ours : []).map((place) => html`<p class="soft">Row ${one.row}:
      ${place} was somebody else's; it stays if it still is.</p>`))}
    ${kept.map((one) => html`<p key=${one.row}>Kept: <${RowLink} one=${one} />: ${one.kept}
      ${one.hint && html` <span class="soft">${one.hint}</span>`}</p>`)}`;
}

function outside(steps) {
  const counts = {};
  for (const step of steps) counts[step.action] = (counts[step.action] ?? 0) + 1;
  return Object.entries(counts).map(([action, n]) => OUTSIDE[action](n)).join(", ") || "nothing";
}

function Lost({ one }) {
  const { caption, alt_text, keywords } = one.lost_text;
  const lost = [["caption", caption], ["alt text", alt_text], ["keywords", keywords.join(", ")]].filter(([, text]) => text);
  return html`<div class="lost"><strong>Row ${one.row} loses a text that a person wrote:</strong>
    <dl>${lost.map(([label, text]) => html`<dt>${label}</dt><dd>${text}</dd>`)}</dl>
  </div>`;
}
