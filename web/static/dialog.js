// Dialogs: `<dialog>` keeps the focus inside and closes with Esc; its answer is a promise.
import { html, render } from "./html.js";

/**
 * Show `component`, which gets `close(value)`, in a dialog; return a promise of that value, or of
 * undefined after Esc. `label` names the dialog for screen readers; `wide` is for plans and tables.
 */
export function open(component, { label = "", wide = false } = {}) {
  const before = document.activeElement;
  const dialog = document.createElement("dialog");
  if (wide) dialog.className = "wide";
  if (label) dialog.setAttribute("aria-label", label);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    dialog.addEventListener("close", () => {
      render(null, dialog);
      dialog.remove();
      before?.focus?.({ preventScroll: true });
      resolve(answer);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && outside(dialog, event) && dialog.close());
    render(html`<${component} close=${close} />`, dialog);
    dialog.showModal();
  });
}

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

/** Ask for one line of text; the answer is undefined when it was not given. */
export function ask({ title, text = "", label, button }) {
  return open(
    ({ close }) => html`<form method="dialog" onSubmit=${(event) => {
      event.preventDefault();
      close(new FormData(event.target).get("answer").trim() || undefined);
    }}>
      <h2>${title}</h2>
      ${text && html`<p>${text}</p>`}
      <label for="dialog-answer">${label}</label>
      <input class="field" id="dialog-answer" name="answer" required autofocus autocomplete="off" />
      <div class="buttons">
        <button type="button" class="button" onClick=${() => close()}>Cancel</button>
        <button class="button primary">${button}</button>
      </div>
    </form>`,
    { label: title },
  );
}
