// Asking the server. Every failure is an ApiError with the server's words and its hint.

export class ApiError extends Error {
  constructor(status, body) {
    super(body.error || `the server answered ${status}`);
    this.status = status; // 0: the server could not be reached
    this.hint = body.hint || "";
    this.body = body;
  }
}

/** Return what the server says at `path`; `params` with the value undefined or "" are left out. */
export async function get(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") query.append(name, one);
    }
  }
  const asked = query.toString();
  return answered(await reached(fetch(asked ? `${path}?${asked}` : path, { headers: { Accept: "application/json" } })));
}

/**
 * Send `body` as JSON. The same `key` twice is done once: it is made here for a click, and given
 * by whoever repeats a click whose answer was lost.
 */
export async function send(method, path, body = {}, key = crypto.randomUUID()) {
  const headers = { "Content-Type": "application/json", "X-Photojournal": "1", "Idempotency-Key": key };
  const asked = fetch(path, { method, headers, body: JSON.stringify(body), keepalive: JSON.stringify(body).length < 60000 });
  return answered(await reached(asked));
}

async function reached(asked) {
  try {
    return await asked;
  } catch {
    throw new ApiError(0, { error: "the server cannot be reached", hint: "photojournal review" });
  }
}

async function answered(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body);
  return body;
}
