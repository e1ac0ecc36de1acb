"""
A stand-in for an Ollama server: the same HTTP, no model, and every fault on demand.

    with StandIn(script={"*": Step(kind="slow", first_s=0.2)}) as server:
        ollama.Client(host=server.url).chat("qwen2.5vl:3b", ...)
        assert ["answered"] == [call.outcome for call in server.calls]

It lives in a thread of its own. What it is told from the test's thread holds from the next token
on.
As a process: `python -m tests.standins.ollama_server --port 0`, which prints its URL.
"""

import argparse
import asyncio
import json
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar, get_args

from tests.standins.ollama_engine import Engine
from tests.standins.ollama_http import Connection, Incoming
from tests.standins.ollama_models import Model, Shelf
from tests.standins.ollama_steps import Body, Call, Kind, Refusal, Request, Script, Step

__all__ = ["Call", "Model", "Request", "StandIn", "Step"]

VERSION = "0.30.5"
PATIENCE_S = 10.0

T = TypeVar("T")


class StandIn(Engine):
    """The server. A context manager; `url` is known once it has been entered."""

    def __init__(self, script: Script | None = None, *, port: int = 0, **settings: Any) -> None:
        """
        Set the server up, without starting it.

        Args:
            script: What to do with requests; it may be replaced at any time.
            port: 0 takes a free one, which is kept over `stop` and `start`.
            settings: As of `Engine`.
        """
        super().__init__(script, **settings)
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[Any], Connection] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    # --- what a test does with it

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._do(self._listen())

    def stop(self) -> None:
        """Stop listening, break what is under way and forget what is loaded."""
        self._do(self._silence())

    def go_to_cpu(self, *, seen: bool = True) -> None:
        """Let the models fall back to the CPU; not `seen`: `/api/ps` goes on claiming the GPU."""
        self._share = 0.0
        if seen:
            self._shelf.share = 0.0

    def set_vram(self, share: float) -> None:
        """Put this part of the models on the GPU: 1 all, 0 nothing."""
        self._share = self._shelf.share = share

    def slow_down(self, factor: float) -> None:
        """Make everything so much slower than at first; 1 is as at first."""
        self._slow = factor

    def remove_model(self, name: str) -> None:
        """Uninstall a model."""
        self._do(self._with_shelf(lambda shelf: shelf.remove(name)))

    def add_model(
        self,
        name: str,
        digest: str = "",
        capabilities: Sequence[str] = ("completion", "vision"),
        remote_host: str | None = None,
        context_length: int = 128_000,
    ) -> None:
        """Install a model, or put another with this name in its place."""
        model = Model(
            name=name,
            digest=digest,
            capabilities=capabilities,
            remote_host=remote_host,
            context_length=context_length,
        )
        self._do(self._with_shelf(lambda shelf: shelf.add(model)))

    @property
    def calls(self) -> list[Call]:
        """All requests to a model in the order of their coming, as they stand now."""
        with self._lock:
            return [replace(call) for call in self._calls]

    def calls_of(self, key: str) -> list[Call]:
        """Return the requests for a picture."""
        return [call for call in self.calls if call.key == key]

    @property
    def cancelled(self) -> int:
        """How many requests were given up by their clients."""
        return sum(call.left for call in self.calls)

    @property
    def loads(self) -> int:
        """How often a model was loaded into memory."""
        return self._shelf.loads

    def wait_until(self, true: Callable[["StandIn"], bool], seconds: float = PATIENCE_S) -> None:
        """Wait until something can be seen, such as a call that has begun."""
        until = time.monotonic() + seconds
        while not true(self):
            assert time.monotonic() < until, [replace(one, text="") for one in self.calls]
            time.sleep(0.002)

    # --- the server

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _with_shelf(self, change: Callable[[Shelf], None]) -> None:
        change(self._shelf)

    async def _listen(self) -> None:
        self._stopping = False
        self._slots.clear()
        self._loading.clear()
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=1024 * 1024, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _silence(self) -> None:
        self._stopping = True
        if self._server is not None:
            self._server.close()
        tasks = dict(self._connections)
        for task, connection in tasks.items():
            await connection.reset()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._shelf.loaded.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = Connection(reader, writer)
        self._connections[task] = connection
        try:
            while not connection.closed and (incoming := await connection.next()) is not None:
                await self._answer_while_there(connection, incoming)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has left, or the server was stopped
        finally:
            del self._connections[task]
            writer.close()

    async def _answer_while_there(self, connection: Connection, incoming: Incoming) -> None:
        """Answer, and give the answer up as soon as the client leaves."""
        work = asyncio.ensure_future(self._answer(connection, incoming))
        left = asyncio.ensure_future(connection.left())
        try:
            await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                connection.closed = True
        finally:
            left.cancel()
            if not work.done():
                work.cancel()
            results = await asyncio.gather(work, left, return_exceptions=True)
        if isinstance(results[0], Exception) and not isinstance(results[0], ConnectionError):
            raise results[0]

    async def _answer(self, connection: Connection, incoming: Incoming) -> None:
        head_only = incoming.method == "HEAD"
        method = "GET" if head_only else incoming.method
        try:
            match method, incoming.path:
                case "GET", "/":
                    text = b"Ollama is running"
                    await connection.whole(
                        200, text, "text/plain; charset=utf-8", head_only=head_only
                    )
                case "GET", "/api/version":
                    await connection.json(200, {"version": VERSION})
                case "GET", "/api/tags":
                    await connection.json(200, self._shelf.tags())
                case "GET", "/api/ps":
                    await connection.json(200, self._shelf.ps())
                case "POST", "/api/show":
                    body = Body.of(incoming.path, incoming.body)
                    await connection.json(200, self._shelf.find(body.model).shown())
                case "POST", "/api/chat" | "/api/generate":
                    await self.generate(connection, incoming)
                case _:
                    await connection.whole(404, b"404 page not found", "text/plain")
        except Refusal as refusal:
            error = {"error": refusal.words}
            if refusal.status == 401:
                error["signin_url"] = "https://ollama.com/connect"
            await connection.json(refusal.status, error)


def _writer(path: Path | None) -> Callable[[Call], None] | None:
    """Return what appends ended calls to a file, one line of JSON each."""
    if path is None:
        return None

    def write(call: Call) -> None:
        line = {
            "endpoint": call.endpoint,
            "model": call.model,
            "key": call.key,
            "kind": call.kind,
            "outcome": call.outcome,
            "status": call.status,
            "tokens": call.tokens,
        }
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return write


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(description="A stand-in for an Ollama server.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", action="append", help="installed model; may be repeated")
    parser.add_argument("--first-s", type=float, default=0.0)
    parser.add_argument("--token-s", type=float, default=0.0)
    parser.add_argument("--load-s", type=float, default=0.0)
    parser.add_argument("--num-parallel", type=int, default=1)
    parser.add_argument("--max-queue", type=int, default=512)
    parser.add_argument("--cpu", action="store_true", help="no GPU")
    parser.add_argument(
        "--kind", choices=get_args(Kind), default="ok", help="step of every request"
    )
    parser.add_argument("--record", type=Path, help="file that takes a line for every ended call")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server = StandIn(
        {"*": Step(kind=given.kind)},
        port=given.port,
        first_s=given.first_s,
        token_s=given.token_s,
        load_s=given.load_s,
        num_parallel=given.num_parallel,
        max_queue=given.max_queue,
        keep_images=False,
        on_end=_writer(given.record),
    )
    with server:
        for name in given.model or ():
            server.add_model(name)
        if given.cpu:
            server.go_to_cpu()
        print(server.url, flush=True)  # noqa: T201  (how its starter learns the port)
        ended.wait()


if __name__ == "__main__":
    main()
