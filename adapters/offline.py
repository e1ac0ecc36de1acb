"""
Keeps the network out of the loading of models.

Libraries fetch weights behind one's back. While a model is built here, every file that one asks for
by its address is looked up by its name in the folder of the weights, a network without its own
weights is filled with NaN, and a connection to another machine is refused. What a model would have
fetched ends as `ScoringWeights`, in a line that says what to copy where from.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
}
_LOCAL = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104  (compared, not listened on)


class NetworkRefused(OSError):
    """Something tried to reach another machine."""


def announce() -> None:
    """Tell the libraries, before they are imported, to use no network and to run no files."""
    os.environ.update(_OFFLINE)


@contextlib.contextmanager
def no_network() -> Iterator[list[str]]:
    """Refuse connections to other machines; gives the list of those that were tried."""
    tried: list[str] = []

    def refuse(host: object) -> None:
        name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
        if not name.startswith(_LOCAL):
            tried.append(name)
            msg = f"the network is not used while models are loaded ({name})"
            raise NetworkRefused(msg)

    def guarded(original: Callable[..., Any], place: int) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  (it passes on what it gets)
            target = arguments[place] if len(arguments) > place else named.get("host")
            if isinstance(target, tuple):
                refuse(target[0])
            elif place == 0 and target is not None:
                refuse(target)
            return original(*arguments, **named)

        return call

    kept = (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)
    changed: Any = socket.socket
    changed.connect, changed.connect_ex = guarded(kept[0], 1), guarded(kept[1], 1)
    socket.getaddrinfo = guarded(kept[2], 0)
    try:
        yield tried
    finally:
        changed.connect, changed.connect_ex = kept[0], kept[1]
        socket.getaddrinfo = kept[2]


@contextlib.contextmanager
def replaced(original: Callable[..., Any], by: Callable[..., Any]) -> Iterator[None]:
    """
    Put another function in the place of one, in every module that holds it.

    Modules that are imported meanwhile get the other one and are put right at the end.
    """
    _swap(original, by)
    try:
        yield
    finally:
        _swap(by, original)


def _swap(old: object, new: object) -> None:
    for module in tuple(sys.modules.values()):
        names = getattr(module, "__dict__", None)
        if not isinstance(names, dict):
            continue
        for name in [key for key, held in tuple(names.items()) if held is old]:
            names[name] = new
