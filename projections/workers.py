"""
Processes that turn bytes into bytes, as many at once as there are cores.

Each worker has a pipe of its own, so that it ends when this process does, however that ends. An
error in a worker is raised here. Answers come in the order of the questions.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.process import BaseProcess
from typing import Protocol

from projections.building import WorkerFailed

IN_FLIGHT = 2
"""Questions that a worker has at a time, so that it need not wait for the next one."""

Answer = Callable[[bytes], bytes]
Start = Callable[[bytes], Answer]


class _Pipe(Protocol):
    """One end of a pipe, whichever kind the system has."""

    def send_bytes(self, buf: bytes, /) -> None: ...
    def recv_bytes(self) -> bytes: ...
    def close(self) -> None: ...


def in_workers(start: Start, job: bytes, questions: Iterable[bytes], count: int) -> Iterator[bytes]:
    """
    Yield the answer to each question, in their order.

    Args:
        start: a function of a module; called once in each worker, with `job`, to get the function
            that answers.
        job: what all questions have in common.
        questions: taken as the workers can take them.
        count: workers, at least 1.
    """
    context = multiprocessing.get_context("spawn")
    workers: list[tuple[BaseProcess, _Pipe]] = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(start, job, theirs), daemon=True)
            process.start()
            theirs.close()
            workers.append((process, ours))
        yield from _ask([pipe for _, pipe in workers], iter(questions))
    finally:
        for worker, pipe in workers:
            pipe.close()
            worker.terminate()
        for worker, _ in workers:
            worker.join()


def _ask(pipes: list[_Pipe], questions: Iterator[bytes]) -> Iterator[bytes]:
    """Ask in turn, so that the next answer is always the one of the worker whose turn it is."""
    waiting: deque[_Pipe] = deque()
    turns = deque(pipes * IN_FLIGHT)
    try:
        while True:
            while turns and (question := next(questions, None)) is not None:
                turns[0].send_bytes(question)
                waiting.append(turns.popleft())
            if not waiting:
                return
            answer = waiting[0].recv_bytes()
            turns.append(waiting.popleft())
            if answer[:1] != b"+":
                raise WorkerFailed(answer[1:].decode())
            yield answer[1:]
    except (EOFError, OSError) as error:
        msg = "a process that renders lines has died"
        raise WorkerFailed(msg) from error


def _serve(start: Start, job: bytes, pipe: _Pipe) -> None:
    """Answer until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that asks
    try:
        try:
            answer = start(job)
            while True:
                pipe.send_bytes(b"+" + answer(pipe.recv_bytes()))
        except (EOFError, OSError):
            return
        except Exception as error:  # noqa: BLE001  (told to the process that asks)
            pipe.send_bytes(f"-{type(error).__name__}: {error}".encode())
    except OSError:
        return
