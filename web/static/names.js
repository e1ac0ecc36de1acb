// What a photo is called: as the camera named it, and beside it the name that it has in the gallery, where that is another one.
import { html, useEffect } from "./html.js";
import { lines, need } from "./state.js";

const AT_ONCE = 200; // lines of one request
const wanted = new Set();

/** Return the names of a line in one line of text: "IMG_0012.jpg (Nature_0012.jpg)". */
function namesOf(line) {
  const [first, other] = bothOf(line);
  return other ? `${first} (${other})` : first;
}

/** The names of a line, the gallery's softer. */
export function Names({ line }) {
  const [first, other] = bothOf(line);
  return html`<span class="names" title=${namesOf(line)}>${first}${other && html` <span class="soft">${other}</span>`}</span>`;
}

/** The same of row `id`, whose line is fetched if it is not known; `meanwhile`: the name that somebody gave it. */
export function NamesOfRow({ id, meanwhile = "" }) {
  useEffect(() => want(id), [id]);
  return html`<${Names} line=${lines.value.get(id) ?? { File_Name: meanwhile, Original_File_Name: "" }} />`;
}

function bothOf({ Original_File_Name: camera, File_Name: own }) {
  return camera && own && camera !== own ? [camera, own] : [camera || own, ""];
}

/** Fetch the lines of all rows of a list together. */
function want(id) {
  if (!wanted.size) setTimeout(fetchWanted);
  wanted.add(id);
}

function fetchWanted() {
  const rows = [...wanted];
  wanted.clear();
  for (let n = 0; n < rows.length; n += AT_ONCE) need(rows.slice(n, n + AT_ONCE));
}
