"""
Weights of neural networks: which ones there are, where they lie, whether they are what was pinned.

Promises: a file counts as present only if it has the pinned bytes; nothing in it is loaded or run.
`adapters.downloads` fetches them.

Where only eight digits of a SHA-256 are known (the authors' file names carry them, as is the habit
with torch), those are checked first. The whole digest of the first file that passed is then noted
beside it, and every later file has to have that one. So the very first file is trusted on eight
digits: enough against an accident, not against somebody who makes a file to fit.

Not promised: anything against somebody who may write to the folder.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import platformdirs
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.files import sha256_of, write_atomically
from machine.quality import PROFILES

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MIT = "MIT"
_APACHE = "Apache-2.0"
_NONCOMMERCIAL = "as pyiqa: PolyForm Noncommercial 1.0.0, S-Lab 1.0"
_OPENAI = "https://openaipublic.azureedge.net/clip/models"
_LAION = "https://raw.githubusercontent.com/christophschuhmann/improved-aesthetic-predictor"
_PYIQA = "https://huggingface.co/chaofengc/IQA-PyTorch-Weights/resolve/main"

State = Literal["present", "absent", "damaged"]
Problem = Literal["", "absent", "truncated", "wrong size", "wrong hash", "wrong pin", "unreadable"]


class Weights(Struct, frozen=True, kw_only=True):
    """One file that is downloaded, and what it has to be."""

    name: str
    file: str
    url: str
    sha256: str = ""
    """The whole digest; empty: only `sha256_prefix` is known."""
    sha256_prefix: str = ""
    size_bytes: int | None = None
    """None: not known before it is there."""
    licence: str
    metric: str = ""
    """The score that is measured with it; empty: none so far."""

    @property
    def pin(self) -> str:
        """What the digest has to begin with; all of it, where it is known."""
        return self.sha256 or self.sha256_prefix

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles that need it."""
        return tuple(name for name, metrics in PROFILES.items() if self.metric in metrics)


CATALOGUE: tuple[Weights, ...] = (
    Weights(
        name="clip-vit-l-14-openai",
        file="ViT-L-14.pt",
        url=f"{_OPENAI}/b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836/ViT-L-14.pt",
        sha256="b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
        size_bytes=932_768_134,
        licence=_MIT,
        metric="clip_aesthetic_score",
    ),
    Weights(
        name="laion-aesthetic-l14",
        file="sac+logos+ava1-l14-linearMSE.pth",
        url=(
            f"{_LAION}/6934dd81792f086e613a121dbce43082cb8be85e"
            "/sac%2Blogos%2Bava1-l14-linearMSE.pth"
        ),
        sha256="21dd590f3ccdc646f0d53120778b296013b096a035a2718c9cb0d511bff0f1e0",
        size_bytes=3_714_759,
        licence=_APACHE,
        metric="clip_aesthetic_score",
    ),
    Weights(
        name="nima-inception-resnet-v2-ava",
        file="NIMA_InceptionV2_ava-b0c77c00.pth",
        url=f"{_PYIQA}/NIMA_InceptionV2_ava-b0c77c00.pth",
        sha256_prefix="b0c77c00",
        licence=_NONCOMMERCIAL,
        metric="nima_score",
    ),
    Weights(
        name="topiq_nr",
        file="cfanet_nr_koniq_res50-9a73138b.pth",
        url=f"{_PYIQA}/cfanet_nr_koniq_res50-9a73138b.pth",
        sha256_prefix="9a73138b",
        licence=_NONCOMMERCIAL,
        metric="topiq_nr",
    ),
    Weights(
        name="topiq_iaa_res50",
        file="cfanet_iaa_ava_res50-3cd62bb3.pth",
        url=f"{_PYIQA}/cfanet_iaa_ava_res50-3cd62bb3.pth",
        sha256_prefix="3cd62bb3",
        licence=_NONCOMMERCIAL,
        metric="topiq_iaa_res50",
    ),
)
"""All weights that can be downloaded."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What a file was found to be."""

    state: State
    problem: Problem = ""
    detail: str = ""
    """The problem in words."""
    sha256: str = ""
    """Its digest; empty: not computed."""
    size_bytes: int | None = None


def named(name: str) -> Weights:
    """Return the weights of that name. Raises KeyError."""
    return {entry.name: entry for entry in CATALOGUE}[name]


def needed_by(metrics: Iterable[str]) -> tuple[Weights, ...]:
    """Return the weights that metrics are measured with, as far as they are in the catalogue."""
    wanted = set(metrics)
    return tuple(entry for entry in CATALOGUE if entry.metric in wanted)


def folder_of(setting: str, root: Path | None = None) -> Path:
    """
    Return the folder of the weights.

    Args:
        setting: `[score] weights`; empty: the user's cache.
        root: the workspace that a relative folder is below; None: the current folder.
    """
    if not setting:
        return platformdirs.user_cache_path("photojournal") / "weights"
    return (root or Path.cwd()) / Path(setting).expanduser()


def find(name: str, folder: Path) -> Path:
    """
    Return the file of the weights called `name`, checked byte for byte.

    Raises:
        AdapterError: `ScoringWeights`; one line with file, folder and the command that helps.
    """
    entry = named(name)
    path = folder / entry.file
    verdict = verify(path, entry)
    if verdict.state != "present":
        raise AdapterError("ScoringWeights", _lacking([(entry, verdict)], folder))
    return path


def of_metric(metric: str) -> tuple[Weights, ...]:
    """Return the weights that a metric is measured with; none for what is not in the catalogue."""
    return needed_by([metric])


def absent(metric: str, folder: Path) -> str:
    """Return in one line all weights of a metric that are not there, by a quick look; else none."""
    entries = of_metric(metric)
    found = [(entry, look(folder / entry.file, entry)) for entry in entries]
    lacking = [(entry, verdict) for entry, verdict in found if verdict.state != "present"]
    return _lacking(lacking, folder) if lacking else ""


def _lacking(found: "Sequence[tuple[Weights, Verdict]]", folder: Path) -> str:
    absent = [entry.file for entry, verdict in found if verdict.state == "absent"]
    verb = "is" if len(absent) == 1 else "are"
    said = [f"{' and '.join(absent)} {verb} not in {folder}"] if absent else []
    said += [
        f"{entry.file} is damaged ({verdict.detail}) in {folder}"
        for entry, verdict in found
        if verdict.state != "absent"
    ]
    command = f"photojournal models pull {' '.join(entry.name for entry, _ in found)}"
    return f"{', '.join(said)}: {command}"


def look(path: Path, entry: Weights) -> Verdict:
    """Judge a file by its size alone, which is quick; its bytes are not read."""
    try:
        found = path.stat().st_size if path.is_file() else None
    except OSError as error:
        return _unreadable(error)
    if found is None:
        return Verdict(state="absent", problem="absent", detail="not there")
    if entry.size_bytes is None and not found:
        return _damaged("truncated", "0 bytes", found)
    if entry.size_bytes is None or found == entry.size_bytes:
        return Verdict(state="present", size_bytes=found)
    detail = f"{found:,} of {entry.size_bytes:,} bytes"
    return _damaged("truncated" if found < entry.size_bytes else "wrong size", detail, found)


def verify(path: Path, entry: Weights) -> Verdict:
    """Judge a file by its size and all its bytes."""
    seen = look(path, entry)
    if seen.state != "present":
        return seen
    try:
        pin = _pin(path, entry)
        sha256 = sha256_of(path)
    except OSError as error:
        return _unreadable(error)
    if pin is None:
        words = f"{pin_path(path).name} holds no SHA-256 that begins with {entry.pin}"
        return _damaged("wrong pin", words, seen.size_bytes)
    if not sha256.startswith(pin):
        return _damaged("wrong hash", unlike(sha256, pin), seen.size_bytes, sha256)
    return Verdict(state="present", sha256=sha256, size_bytes=seen.size_bytes)


def unlike(sha256: str, pin: str) -> str:
    """Return in words that a digest is not the pinned one."""
    return f"SHA-256 is {sha256}, has to {'be' if _DIGEST.fullmatch(pin) else 'begin with'} {pin}"


def pin_path(path: Path) -> Path:
    """Return where the whole digest of a file is noted whose catalogue entry has eight digits."""
    return path.with_name(f"{path.name}.sha256")


def pinned(path: Path, entry: Weights) -> str:
    """Return in words what a file is held to."""
    if entry.sha256:
        return "in full"
    digits = f"by {len(entry.sha256_prefix)} digits"
    try:
        held = _pin(path, entry)
    except OSError:
        held = None
    return f"{digits}, then as first seen" if held and len(held) > len(entry.pin) else digits


def wanted(path: Path, entry: Weights) -> str:
    """
    Return what the digest of a file has to begin with.

    Raises:
        AdapterError: `ScoringWeights`: the note beside it cannot be used.
    """
    try:
        pin = _pin(path, entry)
    except OSError as error:
        detail = f"{pin_path(path)} cannot be read: {error.strerror or error}"
        raise AdapterError("ScoringWeights", detail) from error
    if pin is None:
        detail = f"{pin_path(path)} holds no SHA-256 that begins with {entry.pin}"
        raise AdapterError("ScoringWeights", detail)
    return pin


def hold(path: Path, entry: Weights, sha256: str) -> None:
    """
    Note the whole digest of a file that passed, where the catalogue has only eight digits.

    Raises:
        AdapterError: `DiskLow` or `WriteFailed`.
    """
    if not entry.sha256 and not pin_path(path).exists():
        write_atomically(pin_path(path), f"{sha256}  {path.name}\n".encode())


def names(entries: Sequence[Weights] | None = None) -> list[str]:
    """Return the names of weights; of all, if none are given."""
    return [entry.name for entry in (CATALOGUE if entries is None else entries)]


def _pin(path: Path, entry: Weights) -> str | None:
    """Return what the digest has to begin with; None: the note is of no use. Raises OSError."""
    if entry.sha256:
        return entry.sha256
    try:
        text = pin_path(path).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return entry.sha256_prefix
    held = text.split(maxsplit=1)[0] if text.strip() else ""
    usable = _DIGEST.fullmatch(held) and held.startswith(entry.sha256_prefix)
    return held if usable else None


def _damaged(problem: Problem, detail: str, size: int | None, sha256: str = "") -> Verdict:
    words = f"{problem}: {detail}"
    return Verdict(state="damaged", problem=problem, detail=words, size_bytes=size, sha256=sha256)


def _unreadable(error: OSError) -> Verdict:
    detail = f"cannot be read: {error.strerror or error}"
    return Verdict(state="damaged", problem="unreadable", detail=detail)
