"""
Who may ask the server: the page that was opened by its one-time link, and nobody else.

Every request passes here first. Promised: a request for another host than this one (DNS rebinding),
from another origin (a page of the internet, or of another port), without the cookie, or one that
would change something and is not JSON with `X-Photojournal`, reaches no handler; no more than
`BODY_BYTES_MAX` of a body is read; and every answer forbids scripts of others, framing and
guessing of types. Nothing here looks at what is asked.

Not promised: safety from programs of the same user, who can read the workspace anyway.
"""

import asyncio
import hmac
import re
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.answers import refused

BODY_BYTES_MAX = 1_000_000
"""A text has some thousand characters at most, a list of rows some ten thousand numbers."""
BODY_S = 10.0
"""A body comes at once, over loopback."""
SEND_S = 30.0
"""A client that takes nothing for so long is gone."""
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
READING = frozenset({"GET", "HEAD"})

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of every answer."""

_AGAIN = "stop the server with Ctrl+C and start it again: photojournal review"
_HEAD = (
    '<!doctype html><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark">'
)
_OPEN = "open the link that photojournal review printed, in this browser"


class Guard:
    """The link, the cookie, and the hosts of one server."""

    def __init__(self, port: int) -> None:
        """Make a new link and a new cookie."""
        self.port = port
        self.cookie_name = f"photojournal-{port}"
        self.cookie = secrets.token_urlsafe(32)
        self._token = secrets.token_urlsafe(32)
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    @property
    def url(self) -> str:
        """The link that opens the page, once."""
        return f"http://127.0.0.1:{self.port}/?token={self._token}"

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return an application that asks `app` what may be asked."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            answer = self._stopped(scope) or self._exchanged(scope) or self._unknown(scope)
            if answer is None and scope["method"] in WRITING:
                body = await _body(receive, scope)
                if isinstance(body, Response):
                    answer = body
                else:
                    receive = _given(body, receive)
            await (answer or app)(scope, receive, _dressed(send, scope["path"]))

        return guarded

    def _stopped(self, scope: Scope) -> Response | None:
        """Answer a request that comes from elsewhere, or that no page of ours would send."""
        headers = Headers(scope=scope)
        if headers.getlist("host") not in ([host] for host in self.hosts):
            return refused(403, "this server answers to its own address only", f"open {self.base}")
        method, path = scope["method"], scope["path"]
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if origin is not None and origin.removeprefix("http://") != headers["host"]:
            return refused(403, "this request comes from another page", f"open {self.base}")
        navigates = path == "/" and method in READING
        if site not in ("none", "same-origin") and not navigates:
            return refused(403, "this request comes from another site", f"open {self.base}")
        if method in READING:
            return None
        if method not in WRITING:
            return refused(405, f"{method} is not answered", "see /api/openapi.json")
        if headers.get("x-photojournal") != "1":
            return refused(403, "the header X-Photojournal: 1 is missing", "see /api/openapi.json")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return refused(415, "only application/json is read", "see /api/openapi.json")
        return None

    def _exchanged(self, scope: Scope) -> Response | None:
        """Answer the link: the first time with the cookie, then with where to get a new one."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return None
        given = parse_qs(scope["query_string"].decode("ascii", "replace")).get("token")
        if given is None:
            return None
        if self._knows(scope):
            return RedirectResponse("/", 303)
        if not self._token or not hmac.compare_digest(given[0].encode(), self._token.encode()):
            return _page("This link was used before, or is of another start.")
        self._token = ""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self.cookie_name, self.cookie, path="/", httponly=True, samesite="strict")
        return answer

    def _unknown(self, scope: Scope) -> Response | None:
        """Answer who has no cookie of this server."""
        if self._knows(scope):
            return None
        if scope["path"] == "/":
            return _page("This page is opened by the link that was printed at its start.")
        return refused(403, "this browser has no cookie of this server", _OPEN)

    def _knows(self, scope: Scope) -> bool:
        # Read by hand: a library's parser leaves out what stands behind a cookie that it dislikes.
        pairs = Headers(scope=scope).get("cookie", "").split(";")
        given = [one.partition("=") for one in pairs]
        found = [value.strip() for name, _, value in given if name.strip() == self.cookie_name]
        return any(hmac.compare_digest(one.encode(), self.cookie.encode()) for one in found)

    @property
    def base(self) -> str:
        """The address without the link's token."""
        return f"http://127.0.0.1:{self.port}/"


def _page(words: str) -> Response:
    """Return what a person sees who may not come in."""
    html = f"{_HEAD}<title>photojournal</title><p>{words}</p><p>For a new one, {_AGAIN}</p>"
    return HTMLResponse(html, 403)


async def _body(receive: Receive, scope: Scope) -> bytes | Response:
    """Read a body, as much of it as may be."""
    too_large = refused(413, f"more than {BODY_BYTES_MAX:,} bytes", "choose fewer rows at once")
    if int(_length(scope)) > BODY_BYTES_MAX:
        return too_large
    parts, size = list[bytes](), 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return refused(400, "the request was broken off")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > BODY_BYTES_MAX:
                    return too_large
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        return refused(408, f"the request did not come to its end within {BODY_S:.0f} s")


def _length(scope: Scope) -> str:
    said = Headers(scope=scope).get("content-length", "0")
    return said if re.fullmatch("[0-9]{1,18}", said) else "0"


def _given(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body which was read already."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _dressed(send: Send, path: str) -> Send:
    """Return a `send` that puts our headers on every answer, and waits for nobody for ever."""
    ours = {name.lower().encode(): value.encode() for name, value in HEADERS.items()}
    # The page's own files are asked for again after an update; what a row says is kept nowhere.
    usual = {b"cache-control": b"no-cache" if path.startswith("/static/") else b"no-store"}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            added = ours if any(name in usual for name, _ in given) else ours | usual
            kept = [one for one in given if one[0] not in ours]
            message = {**message, "headers": [*kept, *added.items()]}
        async with asyncio.timeout(SEND_S):
            await send(message)

    return sending
