// Pictures that are fetched before they are asked for, and those that nobody would see.
import { signal } from "./html.js";

const KEPT = 16;
const FLYING = 2; // px a ms: faster than anybody looks
const FLIGHT_MS = 120; // without a move for so long: it has come to rest

/** True while photos pass faster than anybody looks: no picture is fetched then. */
export const flying = signal(false);
let rest = null;

/** Tell that photos were scrolled by `distance` px, `since` ms after the move before. */
export function moved(distance, since) {
  flying.value = since < FLIGHT_MS && Math.abs(distance) / since > FLYING;
  clearTimeout(rest);
  rest = setTimeout(() => { flying.value = false; }, FLIGHT_MS);
}

const fetched = new Map(); // address -> Image, the oldest first

/** Fetch and decode pictures; the last few stay in memory. */
export function prefetch(addresses) {
  for (const address of addresses.filter(Boolean)) {
    const picture = fetched.get(address) ?? new Image();
    fetched.delete(address);
    fetched.set(address, picture);
    if (!picture.src) {
      picture.src = address;
      picture.decode().catch(() => fetched.delete(address)); // a damaged photo says so where it is shown
    }
  }
  for (const address of [...fetched.keys()].slice(0, -KEPT)) fetched.delete(address);
}
