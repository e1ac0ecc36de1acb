// Keywords as chips: Enter or a comma adds, a pasted list adds all of it, Backspace and Delete remove;
// Tab leads to the input, the arrows from there to the chips.
import { html, useRef, useState } from "./html.js";
import { readonly } from "./state.js";

/** Return the words of a list that was typed or pasted: between commas, semicolons, tabs, lines. */
export function split(text) {
  return text.split(/[,;\t\n\r]+/).map((word) => word.trim().replace(/\s+/g, " ")).filter(Boolean);
}

/** Return `words` and what is new of `more`; the same word in other capitals is not new. */
export function merged(words, more) {
  const known = new Set(words.map((word) => word.toLowerCase()));
  const fresh = more.filter((word) => !known.has(word.toLowerCase()) && known.add(word.toLowerCase()));
  return [...words, ...fresh];
}

/** Chips for `words`; `onChange(words)` is told of the new list, `onTyping(text)` of a word that is none yet. */
export function Chips({ words, onChange, onTyping = () => {}, label, id }) {
  const [typed, putTyped] = useState("");
  const setTyped = (text) => {
    putTyped(text);
    onTyping(text);
  };
  const group = useRef();
  const add = (text) => {
    const more = split(text);
    if (more.length) onChange(merged(words, more));
    setTyped("");
  };
  const remove = (at, next) => {
    onChange(words.filter((_, n) => n !== at));
    requestAnimationFrame(() => focus(group.current, next));
  };
  if (readonly) return html`<div class="chips field" role="group" aria-label=${label}>${words.map((word) => html`<span key=${word} class="chip">${word}</span>`)}</div>`;
  return html`<div class="chips field" role="group" aria-label=${label} ref=${group}
    onClick=${(event) => event.target === event.currentTarget && focus(group.current, words.length)}>
    ${words.map((word, at) => html`<button type="button" key=${word} class="chip" tabindex="-1" aria-label="Remove keyword ${word}" title="Remove (Del)"
      onClick=${() => remove(at, at)} onKeyDown=${(event) => onChip(event, at)}>${word}<span aria-hidden="true">×</span></button>`)}
    <input id=${id} value=${typed} autocomplete="off" enterkeyhint="done" placeholder=${words.length ? "" : "a word, then Enter"}
      aria-label="Add a keyword" onInput=${onInput} onKeyDown=${onKey} onPaste=${onPaste} onBlur=${() => add(typed)} />
  </div>`;

  function onInput(event) {
    const text = event.target.value;
    if (/[,;]/.test(text)) add(text);
    else setTyped(text);
  }

  function onKey(event) {
    const atStart = event.target.selectionStart === 0 && event.target.selectionEnd === 0;
    if (event.isComposing) return;
    if (event.key === "Enter" && !(event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && !typed && words.length) {
      event.preventDefault();
      remove(words.length - 1, words.length - 1);
    } else if (event.key === "ArrowLeft" && atStart && words.length) {
      event.preventDefault();
      focus(group.current, words.length - 1);
    } else if (event.key === "Enter") add(typed);
  }

  function onPaste(event) {
    const text = event.clipboardData.getData("text");
    if (split(text).length < 2) return;
    event.preventDefault();
    add(typed + text);
  }

  function onChip(event, at) {
    const goes = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: words.length };
    if (event.key === "Delete") remove(at, at);
    else if (event.key === "Backspace") remove(at, Math.max(at - 1, 0));
    else if (event.key in goes) focus(group.current, Math.max(goes[event.key], 0));
    else if (isLetter(event)) {
      event.stopPropagation(); // it is typed into the input, and decides nothing
      focus(group.current, words.length);
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function isLetter({ key, ctrlKey, metaKey, altKey }) {
  return key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;
}

/** Focus the chip at a place; past the last one is the input. */
function focus(group, at) {
  if (!group) return;
  const all = group.querySelectorAll("button.chip, input");
  all[Math.min(at, all.length - 1)]?.focus();
}
