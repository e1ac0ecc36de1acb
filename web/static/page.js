// The page: header, router, what is seen on every view.
import { html, render } from "./html.js";
import { listen, openHelp } from "./keys.js";
import { readHash, reload, route, spoken } from "./state.js";
import { Toasts } from "./toast.js";

function Page() {
  return html`
    <main>${route.value.name}</main>
    <${Toasts} />
    <div class="hidden-text" aria-live="polite">${spoken.value}</div>`;
}

addEventListener("popstate", readHash);
listen();
const place = document.getElementById("page");
place.replaceChildren();
render(html`<${Page} />`, place);
readHash() ?? reload();
