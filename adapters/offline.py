"""
Keeps the network out of the making of models.

Libraries fetch weights behind one's back. While a model is made here (`sealed`), every file that
one asks for by its address is looked up by its name in the folder of the weights; a backbone of
timm is filled with NaN instead of downloaded weights, so that it shows if nothing else fills it;
what lies in the cache of Hugging Face can be used; a connection to another machine is refused, and
so is TorchScript, which can run code. What a model would have fetched ends as `ScoringWeights`, in
a line that says what to copy where from.

Not promised: a library that fetches in a way of its own is stopped at the socket, with a message
that names the host alone.
"""

import contextlib
import importlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, NoReturn
from urllib.parse import unquote, urlparse

from adapters.errors import AdapterError
from adapters.weight_files import plain_tensors

if TYPE_CHECKING:
    import torch

Backbones = Literal["empty", "local"]

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
}
_LOCAL = ("127.", "::1", "localhost")
_DOWNLOADS = (
    ("pyiqa.utils.download_util", "load_file_from_url"),
    ("pyiqa.archs.clip_model", "_download"),
    ("pyiqa.archs.afineclip_model", "_download"),
    ("facexlib.utils.misc", "load_file_from_url"),
)
"""Functions that give the path of a file for its address."""


class NetworkRefused(OSError):
    """Something tried to reach another machine."""


class ScriptRefused(AdapterError, RuntimeError):
    """TorchScript was to be read; a RuntimeError, so that a library tries plain weights next."""


class Files:
    """
    The files that a model asks for while it is made.

    Attributes:
        found: those that were there.
        refused: about those that it cannot do without, a line each.
        lacking: the same, and those that it might do without.
        empty: backbones that were filled with NaN, by name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.found: list[Path] = []
        self.refused: list[str] = []
        self.lacking: list[str] = []
        self.empty: dict[str, Any] = {}

    def by_address(self, url: str, file_name: str | None = None) -> Path:
        """Return the file of an address. Raises AdapterError `ScoringWeights`."""
        name = file_name or PurePosixPath(unquote(urlparse(url).path)).name
        path = self._folder / Path(name).name
        if path.is_file():
            self.found.append(path)
            return path
        detail = f"needs {path.name}: copy it to {self._folder} from {url}"
        self.refused.append(detail)
        self.lacking.append(detail)
        raise AdapterError("ScoringWeights", detail)

    def by_repository(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return what looks a file up in the cache of Hugging Face, and notes it."""

        def look(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  (it passes on what it gets)
            try:
                path = original(*arguments, **named)
            except Exception:
                what = [named.get("repo_id"), *arguments, named.get("filename")]
                name = " ".join(str(one) for one in what if one is not None)
                self.lacking.append(
                    f"needs {name}, which is not in the cache of Hugging Face on this machine"
                )
                raise
            if isinstance(path, str) and Path(path).is_file():
                self.found.append(Path(path))
            return path

        return look

    def of_script(self, file: object, *_: object, **__: object) -> NoReturn:
        """Refuse to read TorchScript. Raises ScriptRefused, `ScoringWeights`."""
        name = Path(str(getattr(file, "name", file))).name
        detail = (
            f"reads {name} as TorchScript, which can run code; a file that nobody pinned may not"
        )
        self.lacking.append(detail)
        raise ScriptRefused("ScoringWeights", detail)


def announce() -> None:
    """Tell the libraries, before they are imported, to use no network and to run no files."""
    os.environ.update(_OFFLINE)


@contextlib.contextmanager
def sealed(files: Files, *, backbones: Backbones) -> Iterator[None]:
    """Make a model inside, of nothing but local files, which are noted in `files`."""
    import huggingface_hub.constants
    import timm
    import torch

    # It reads `HF_HUB_OFFLINE` at its import, and else tries again for minutes.
    huggingface_hub.constants.HF_HUB_OFFLINE = True

    def of_torch(url: str, *_: object, file_name: str = "", **__: object) -> dict[str, Any]:
        return plain_tensors(files.by_address(url, file_name))

    make = timm.create_model

    def empty(name: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        net = make(name, *arguments, **{**named, "pretrained": False})
        if named.get("pretrained") or (arguments and arguments[0] is True):
            _blank(net)
            files.empty[name] = net
        return net

    swaps: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
        (torch.hub.load_state_dict_from_url, of_torch),
        (torch.jit.load, files.of_script),
        (huggingface_hub.hf_hub_download, files.by_repository(huggingface_hub.hf_hub_download)),
    ]
    swaps += [(download, _look_up(files)) for download in _downloads()]
    if backbones == "empty":
        swaps.append((make, empty))
    with contextlib.ExitStack() as stack:
        tried = stack.enter_context(no_network())
        for original, by in swaps:
            stack.enter_context(replaced(original, by))
        try:
            yield
        finally:
            files.lacking += [f"wants to reach {host}; no model may" for host in tried]


def _look_up(files: Files) -> Callable[..., str]:
    """Return what stands in for a download; a new one each time, to be told apart."""

    def look(url: str, *_: object, file_name: str | None = None, **__: object) -> str:
        return str(files.by_address(url, file_name))

    return look


def _downloads() -> list[Callable[..., Any]]:
    """Return the functions of `_DOWNLOADS`, as far as these versions have them."""
    found = []
    for module, name in _DOWNLOADS:
        with contextlib.suppress(ImportError, AttributeError):
            found.append(getattr(importlib.import_module(module), name))
    return found


def _blank(net: "torch.nn.Module") -> None:
    """Make every number of a network NaN."""
    for tensor in net.state_dict().values():
        if tensor.is_floating_point():
            tensor.fill_(float("nan"))


def unfilled(net: "torch.nn.Module", files: Files) -> list[str]:
    """Return which backbones nothing has filled."""
    if files.empty and not _has_nan(net):
        files.empty = {name: held for name, held in files.empty.items() if _has_nan(held)}
    return list(files.empty)


def _has_nan(net: "torch.nn.Module") -> bool:
    return any(
        bool(tensor.isnan().any())
        for tensor in net.state_dict().values()
        if tensor.is_floating_point()
    )


@contextlib.contextmanager
def no_network() -> Iterator[list[str]]:
    """Refuse connections to other machines; gives the list of those that were tried."""
    tried: list[str] = []

    def refuse(host: object) -> None:
        name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
        if not name.startswith(_LOCAL):
            tried.append(name)
            msg = f"the network is not used for models ({name})"
            raise NetworkRefused(msg)

    def connecting(original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(one: socket.socket, address: Any) -> Any:  # noqa: ANN401  (its forms are many)
            if isinstance(address, tuple):  # Else it is a path on this machine.
                refuse(address[0])
            return original(one, address)

        return connect

    kept = (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)

    def looking_up(host: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if host is not None:
            refuse(host)
        return kept[2](host, *arguments, **named)

    changed: Any = socket
    changed.socket.connect, changed.socket.connect_ex = map(connecting, kept[:2])
    changed.getaddrinfo = looking_up
    try:
        yield tried
    finally:
        changed.socket.connect, changed.socket.connect_ex = kept[:2]
        changed.getaddrinfo = kept[2]


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
