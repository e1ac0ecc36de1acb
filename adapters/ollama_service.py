"""
The caption service: a vision model behind Ollama's HTTP interface, asked without blocking.

Promises: an answer is either complete (`Reply`) or a `CallFailed` with the code that says why;
three limits of time end a call, and ending it closes the connection, which makes the server stop
working. Pictures go to the host that was named and nowhere else: redirections are not followed, and
no proxy stands between here and this machine. Pictures travel as bytes, never as a path. Nothing is
printed; details hold no path, login or key.

Not guaranteed: that the text is what was asked for; see `adapters.captions`.

The one module that imports `ollama`, on first use: that takes half a second.
"""

import asyncio
import contextlib
import functools
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.ollama_answers import (
    NOT_OLLAMA,
    Asked,
    CallFailed,
    Gathered,
    Limits,
    Patience,
    Reply,
    is_loopback,
    to_keep_alive,
    words,
)
from adapters.ollama_faults import fault_of
from adapters.ollama_models import (
    Checked,
    Loaded,
    capabilities_of,
    context_max_of,
    entry_of,
    full_name,
    is_remote,
    loaded_of,
    missing_words,
    names_of,
)
from machine.text import sound

if TYPE_CHECKING:
    import httpx
    from ollama import AsyncClient, ChatResponse

__all__ = ["Asked", "CallFailed", "Checked", "Limits", "Loaded", "OllamaService", "Reply"]

_LIST_S = 10.0
"""Seconds for what the server knows without a model."""
_LAST_BYTES_S = 1.0
_KEEP_ALIVE = "30m"
_ANY_ADDRESS = {"0.0.0.0": ("0.0.0.0", "127.0.0.1"), "::": ("[::]", "[::1]")}  # noqa: S104  (not bound, but replaced)
_TRIAL_TOKENS = 48
_TOGETHER_MIN = 0.25
"""Of the shorter one's time: less is the jitter of two answers that follow each other."""
_TRIALS = (
    "Count from one to thirty in words, nothing else.",
    "Name the letters of the alphabet, one a line, nothing else.",
)


class OllamaService:
    """
    A server that runs Ollama. Belongs to the event loop that first uses it.

    Args:
        host: `host:port` or a URL, with a login if the server wants one; empty for the environment
            variable `OLLAMA_HOST`, and without that for this machine. An address that means
            "any" is taken for this machine. A key is taken from `OLLAMA_API_KEY`.
        connect_s: Seconds that a connection may take.

    Attributes:
        host: Where it is, without login.
        local: True: on this machine.

    Raises:
        AdapterError: `PrefillUnreachable`, the address or key cannot be used.
    """

    def __init__(self, host: str = "", *, connect_s: float = 5.0) -> None:
        import httpx
        import ollama

        given = (host or os.environ.get("OLLAMA_HOST", "")).strip(" \t\r\n\"'") or "127.0.0.1"
        try:
            where = urlsplit(given if "://" in given else f"//{given}")
            if where.hostname in _ANY_ADDRESS:
                given = given.replace(*_ANY_ADDRESS[where.hostname], 1)
                where = urlsplit(given if "://" in given else f"//{given}")
            self.local = is_loopback(where.hostname or "")
            login = (
                (unquote(where.username), unquote(where.password or "")) if where.username else None
            )
            # A context of our own: to make one takes longer than all the rest of a client.
            self._new_client = functools.partial(
                ollama.AsyncClient,
                given,
                timeout=httpx.Timeout(None, connect=connect_s),
                follow_redirects=False,
                trust_env=not self.local,
                auth=login,
                verify=httpx.create_ssl_context(trust_env=not self.local),
            )
            self.host = str(_http(self._new_client()).base_url).rstrip("/")
        except (ValueError, httpx.InvalidURL) as error:
            detail = f"its address or key cannot be used ({type(error).__name__})"
            raise AdapterError("PrefillUnreachable", detail) from None
        self._open: set[AsyncClient] = set()
        self._vram_shares: dict[str, float | None] = {}

    async def close(self) -> None:
        """Close all connections."""
        for client in tuple(self._open):
            await _http(client).aclose()

    async def version(self, within_s: float = 3.0) -> str:
        """
        Return the server's version, such as `0.12.3`.

        Raises:
            AdapterError: `PrefillUnreachable` (nothing answers within `within_s` seconds, or not
                Ollama), `PrefillDenied`.
        """
        try:
            answer = await self._fetch("GET", "/api/version", within_s=within_s)
        except AdapterError as error:
            if error.code in {"PrefillUnreachable", "PrefillDenied"}:
                raise
            detail = f"{self.host}: {error.detail or NOT_OLLAMA}"
            raise AdapterError("PrefillUnreachable", detail) from error
        if not isinstance(answer.get("version"), str):
            raise AdapterError("PrefillUnreachable", f"{self.host}: {NOT_OLLAMA}")
        return words(answer["version"])

    async def check(
        self,
        model: str,
        *,
        options: dict[str, str | int | float | bool],
        keep_alive: str,
        within_s: float,
    ) -> Checked:
        """
        Make sure that a model can be asked, and load it.

        Args:
            model: Its name; without a tag, `latest` is meant.
            options: Those of the requests to come: loaded with another `num_ctx`, the model would
                be loaded again.
            keep_alive: How long it stays loaded.
            within_s: Seconds that loading may take.

        Raises:
            AdapterError: `PrefillUnreachable`, `PrefillDenied`, `PrefillModelMissing` (naming what
                is installed), `PrefillModelBlind`, `PrefillServerError` (it cannot be loaded),
                `PrefillFirstTokenTimeout` (not loaded in time), `PrefillBusy`, `PrefillFailed`.
        """
        found = await self.known(model)
        if found.remote:
            return found
        load_ms = await self._load(found.model, options, keep_alive, within_s)
        loaded = await self.loaded(found.model, _LIST_S)
        return replace(found, load_ms=load_ms, loaded=loaded)

    async def known(self, model: str) -> Checked:
        """
        Return what the server knows about a model; nothing is loaded.

        Raises:
            AdapterError: as `check`, apart from what loading can raise.
        """
        server_version = await self.version()
        tags = await self._fetch("GET", "/api/tags", within_s=_LIST_S)
        entry = entry_of(tags, model)
        missing = AdapterError("PrefillModelMissing", missing_words(model, tags))
        if entry is None and not is_remote({}, model):
            raise missing
        name = next(iter(names_of(entry)), model) if entry else model
        try:
            show = await self._fetch("POST", "/api/show", {"model": name}, within_s=_LIST_S)
        except AdapterError as error:
            raise (missing if error.code == missing.code else error) from error
        capabilities, remote = capabilities_of(show), is_remote(show, name)
        if "vision" not in capabilities:
            detail = f"{name} can do: {', '.join(capabilities) or 'nothing that the server names'}"
            raise AdapterError("PrefillModelBlind", detail)
        return Checked(
            model=name,
            digest=str((entry or {}).get("digest") or ""),
            server_version=server_version,
            capabilities=capabilities,
            remote=remote,
            context_max=context_max_of(show),
            load_ms=None,
            loaded=None,
        )

    async def loaded(self, model: str, within_s: float = 3.0) -> Loaded | None:
        """
        Return where a model lies in memory; None if it is not loaded.

        Raises:
            AdapterError: `PrefillUnreachable` and the like.
        """
        entry = entry_of(await self._fetch("GET", "/api/ps", within_s=within_s), model)
        found = loaded_of(entry) if entry else None
        if found:
            self._vram_shares[full_name(model)] = found.vram_share
        return found

    async def ask(self, asked: Asked) -> Reply:
        """
        Ask, and wait for the whole answer.

        Raises:
            CallFailed: With the code that says why. Nothing else, but for cancellation, which
                closes the connection, too.
        """
        gathered = Gathered(asked, self.host, self._vram_shares.get(full_name(asked.model)))
        question: dict[str, Any] = {"role": "user", "content": sound(asked.prompt)}
        if asked.picture:
            question["images"] = [asked.picture]
        system = [{"role": "system", "content": sound(asked.system)}] if asked.system else []
        try:
            await self._listen(
                asked.limits,
                gathered.hear,
                model=asked.model,
                messages=[*system, question],
                format=asked.format or None,
                options=dict(asked.options),
                keep_alive=to_keep_alive(asked.keep_alive),
            )
            return gathered.reply()
        except AdapterError as error:
            raise gathered.failed(error.code, error.detail) from error
        except Exception as error:
            raise gathered.failed(*self._fault(error, begun=gathered.begun)) from error

    async def overlaps(
        self, model: str, *, options: dict[str, str | int | float | bool], within_s: float
    ) -> bool:
        """
        Return whether the server works on two requests at once.

        Two short texts are asked for at the same time; True only if each began well before the
        other ended. False as well if `within_s` seconds did not suffice, or a request failed.
        """
        limits = Limits(first_token_s=within_s, idle_s=within_s, deadline_s=within_s)
        short = {**options, "num_predict": _TRIAL_TOKENS}

        async def span(prompt: str) -> tuple[float, float]:
            spoken_s: list[float] = []

            def hear(piece: dict[str, Any]) -> bool:
                spoke = bool(piece["message"].get("content") or piece["message"].get("thinking"))
                spoken_s.extend([time.monotonic()] * spoke)
                return spoke

            messages = [{"role": "user", "content": prompt}]
            await self._listen(
                limits, hear, model=model, messages=messages, options=short, keep_alive=_KEEP_ALIVE
            )
            return spoken_s[0], spoken_s[-1]

        first, second = await asyncio.gather(*map(span, _TRIALS), return_exceptions=True)
        if isinstance(first, BaseException) or isinstance(second, BaseException):
            return False
        together_s = min(first[1], second[1]) - max(first[0], second[0])
        return together_s > _TOGETHER_MIN * min(first[1] - first[0], second[1] - second[0])

    async def _load(
        self,
        model: str,
        options: dict[str, str | int | float | bool],
        keep_alive: str,
        within_s: float,
    ) -> int:
        """Load a model with an empty request; return how long that took, in ms."""
        started_s = time.monotonic()
        request = {
            "model": model,
            "messages": [],
            "stream": False,
            "options": options,
            "keep_alive": to_keep_alive(keep_alive),
        }
        late = "PrefillFirstTokenTimeout"
        await self._fetch("POST", "/api/chat", request, within_s=within_s, late=late)
        return round((time.monotonic() - started_s) * 1000)

    async def _fetch(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        within_s: float,
        late: str = "PrefillUnreachable",
    ) -> dict[str, Any]:
        """Return the server's answer, a JSON object; raise AdapterError, `late` if it is late."""
        import ollama

        try:
            async with asyncio.timeout(within_s), self._connected() as client:
                response = await _http(client).request(method, path, json=body)
            if response.is_success:
                answer = response.json()
            else:
                answer = ollama.ResponseError(response.text, response.status_code)
        except TimeoutError as error:
            raise AdapterError(late, f"{self.host}: no answer within {within_s:g} s") from error
        except Exception as error:
            raise AdapterError(*self._fault(error)) from error
        if isinstance(answer, ollama.ResponseError):
            raise AdapterError(*self._fault(answer))
        if not isinstance(answer, dict):
            raise AdapterError("PrefillFailed", NOT_OLLAMA)
        return answer

    def _fault(self, error: Exception, *, begun: bool = False) -> tuple[str, str]:
        """Return the failure code and the detail of what the client raised."""
        code, detail = fault_of(error, begun=begun)
        return code, f"{self.host}: {detail}" if code == "PrefillUnreachable" else detail

    async def _listen(
        self,
        limits: Limits,
        hear: Callable[[dict[str, Any]], bool],
        **request: Any,  # noqa: ANN401  (what the client's `chat` takes)
    ) -> None:
        """
        Send a request and hand on the pieces of the answer, up to the last.

        `hear` returns whether a piece brought text. A limit that is exceeded closes the connection
        and raises AdapterError; what the client raises is let through.
        """
        patience = Patience(limits)
        async with self._connected() as client:
            try:
                answer = await client.chat(stream=True, think=False, **request)
            except (TypeError, ValueError) as error:
                detail = f"the request cannot be made ({type(error).__name__})"
                raise AdapterError("PrefillFailed", detail) from error
            async with contextlib.aclosing(cast("AsyncGenerator[ChatResponse]", answer)) as pieces:
                while True:
                    try:
                        async with asyncio.timeout(patience.left_s):
                            piece = await anext(pieces, None)
                    except TimeoutError as error:
                        raise patience.over() from error
                    if piece is None:
                        return
                    spoke = hear(piece.model_dump(exclude_none=True))
                    if piece.done:
                        await _read_on(pieces)
                        return
                    patience.heard(spoke=spoke)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator["AsyncClient"]:
        """
        Lend a client with connections of its own, closed afterwards, come what may.

        A connection that several calls share may stay open when a call is cancelled: the client
        library frees it in steps, and a cancellation between them is the end of it.
        """
        client = self._new_client()
        self._open.add(client)
        try:
            yield client
        finally:
            self._open.discard(client)
            await _http(client).aclose()


def _http(client: "AsyncClient") -> "httpx.AsyncClient":
    """Return what carries a client's requests; it has no method for some of ours."""
    return cast("httpx.AsyncClient", client._client)  # noqa: SLF001  (see above)


async def _read_on(pieces: "AsyncGenerator[ChatResponse]") -> None:
    """Wait for the end of a complete answer, so that the server sees it taken, not given up."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_LAST_BYTES_S):
            await anext(pieces, None)
