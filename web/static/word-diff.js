// What became of a text, word by word.
import { html, useMemo } from "./html.js";

// As driver/word_diff.py cuts texts: words, blanks, single marks; scripts without spaces letter by letter.
const PIECES = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[\p{L}\p{N}]+|\s+|./gsu;
const MOST = 1200; // pieces of one side; longer texts are shown as gone and come

/** Return the pieces `[kind, text]` of both texts in one: "same", "gone" or "come". */
export function wordDiff(old, now) {
  const before = old.match(PIECES) ?? [];
  const after = now.match(PIECES) ?? [];
  if (Math.max(before.length, after.length) > MOST) return joined([["gone", old], ["come", now]]);
  return joined(bridged(walked(before, after, lengths(before, after))));
}

/** The table of the longest common subsequence, from the ends. */
function lengths(before, after) {
  const table = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i][j] = before[i] === after[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}

function walked(before, after, table) {
  const found = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      found.push(["same", before[i++]]);
      j++;
    } else if (j >= after.length || (i < before.length && table[i + 1][j] >= table[i][j + 1])) {
      found.push(["gone", before[i++]]);
    } else found.push(["come", after[j++]]);
  }
  return found;
}

/** A blank alone between two changes belongs to them: one longer change reads better. */
function bridged(pieces) {
  return pieces.flatMap(([kind, text], n) => {
    const alone = kind === "same" && !text.trim() && pieces[n - 1]?.[0] !== "same" && pieces[n + 1] && pieces[n + 1][0] !== "same";
    return alone && n > 0 ? [["gone", text], ["come", text]] : [[kind, text]];
  });
}

/** Put neighbours of a kind together; of a change, what is gone stands first. */
function joined(pieces) {
  const found = [];
  let gone = "";
  let come = "";
  const change = () => {
    if (gone) found.push(["gone", gone]);
    if (come) found.push(["come", come]);
    gone = come = "";
  };
  for (const [kind, text] of pieces) {
    if (kind === "gone") gone += text;
    else if (kind === "come") come += text;
    else {
      change();
      if (found.at(-1)?.[0] === "same") found.at(-1)[1] += text;
      else found.push(["same", text]);
    }
  }
  change();
  return found;
}

/** Both texts in one: what is gone is struck out, what is new underlined; a screen reader says which. */
export function Diff({ old, now }) {
  const pieces = useMemo(() => wordDiff(old, now), [old, now]);
  return html`<span class="diff">${pieces.map(([kind, text]) => {
    if (kind === "gone") return html`<del>${text}</del>`;
    return kind === "come" ? html`<ins>${text}</ins>` : text;
  })}</span>`;
}
