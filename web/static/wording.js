// How times, sizes and counts are written on the page.

/** Return `1 row` or `1,200 rows`. */
export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Return a number of bytes as a file manager shows it. */
export function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const at = size < 1000 ? 0 : Math.min(Math.floor(Math.log10(size) / 3), units.length - 1);
  return `${at ? (size / 1000 ** at).toFixed(1) : size} ${units[at]}`;
}

/** Return a time of the journal (UTC) as local date and time; "" stays "". */
export function moment(at) {
  if (!at) return "";
  const time = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** Return how long something took. */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Return how long the rest may take, in words. */
export function left(seconds) {
  return seconds < 60 ? "less than a minute left" : `about ${duration(seconds * 1000)} left`;
}

/** Tell whether a name in the journal is that of whoever works on this page. */
export function isMe(name) {
  return name === document.body.dataset.actor;
}

/** Return who did something: `you (anna)`, or the name. */
export function byWhom(name) {
  return isMe(name) ? `you (${name})` : name;
}

/** Return where a change was made: `{author, verb}` as the journal has it. */
export function where({ author, verb }) {
  if (!verb) return "elsewhere";
  if (verb !== "review") return `with photojournal ${verb}`;
  return isMe(author) ? "in another tab" : "at a review page";
}
