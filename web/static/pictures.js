// Pictures of the neighbours, fetched and decoded before they are asked for.

const KEPT = 16;
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
