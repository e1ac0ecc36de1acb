"""
Finds the files that are meant by the paths of an ingest; nothing is left out in silence.

Folders are read one level deep unless asked otherwise. Links to files are followed, links to
folders only where they were named themselves, so that a loop of links ends. Hidden files are no
photos. Patterns (`*`, `?`, `[...]`, `**`) are expanded here where no shell did it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from machine.naming import name_key

_PHOTOS = (".jpg", ".jpeg", ".heic", ".heif", ".hif")
"""What a camera writes beside a RAW file, the one that counts first."""
_RAWS = re.compile(
    r"\.(3fr|arw|cr[23w]|dcr|dng|erf|fff|iiq|kdc|mef|mos|mrw|nef|nrw|orf|pef|raf|raw|rw2|rwl|sr2|srf"
    r"|srw|x3f)",
    re.IGNORECASE,
)


class Found(Struct, frozen=True):
    """A path to be taken in, or one that is left out and why."""

    path: Path
    left_out: str = ""
    raws: tuple[Path, ...] = ()
    """Files beside a photo that are called like its RAW files; their bytes have the last word."""


def paired(files: Iterable[Found]) -> list[Found]:
    """Put RAW files to the JPEG (else the HEIC) of the same folder and stem, case aside."""
    files = list(files)
    photos: dict[tuple[Path, str], Path] = {}
    raws: dict[tuple[Path, str], list[Path]] = {}
    for found in files:
        ending, key = found.path.suffix.casefold(), twin_key(found.path)
        if found.left_out:
            continue
        if _RAWS.fullmatch(ending):
            raws.setdefault(key, []).append(found.path)
        elif ending in _PHOTOS:
            photos[key] = min(
                photos.get(key, found.path),
                found.path,
                key=lambda path: _PHOTOS.index(path.suffix.casefold()),
            )
    beside = {photos[key]: tuple(paths) for key, paths in raws.items() if key in photos}
    taken = {path for paths in beside.values() for path in paths}
    return [
        replace(found, raws=beside.get(found.path, ()) if not found.left_out else ())
        for found in files
        if found.path not in taken
    ]


def twin_key(path: Path) -> tuple[Path, str]:
    """Return what a photo and its RAW file have in common: the folder, and the stem."""
    return path.parent.absolute(), name_key(path.stem)


def files_of(
    paths: Sequence[Path], *, recursive: bool, own: Sequence[Path] = ()
) -> Iterator[Found]:
    """
    Yield what is meant, each file once, in natural order; what is not there is yielded, too.

    Args:
        paths: as typed; a pattern stands for what it matches, or, with no match, for itself.
        recursive: also the folders inside of folders.
        own: folders of the program, whose pictures are no originals.
    """
    seen: set[Path] = set()
    for given in paths:
        for found in _meant(given, recursive=recursive, own=own):
            place = found.path.absolute()
            if place not in seen:
                seen.add(place)
                yield found


def is_pattern(path: Path) -> bool:
    """Tell whether a path is a pattern: it has `*`, `?` or `[` in it, and no file is called so."""
    return any(map(_MAGIC.search, path.parts)) and not os.path.lexists(path)


_MAGIC = re.compile(r"[*?[]")


def matches(pattern: Path) -> Iterator[Path]:
    """
    Yield what a pattern matches, in natural order; `**` stands for folders at any depth.

    As in a shell, `*` leaves hidden names out, and upper case is another one than lower case where
    the system keeps them apart. With `**` only files are meant, and links to folders not followed.
    """
    base, rest = _split(pattern)
    hidden = any(part.startswith(".") for part in rest)
    found = (
        path
        for path in base.glob("/".join(rest))
        if hidden or not any(part.startswith(".") for part in path.relative_to(base).parts)
    )
    if "**" in rest:
        found = (path for path in found if not path.is_dir())
    yield from sorted(found, key=lambda path: [natural(part) for part in path.parts])


def _split(pattern: Path) -> tuple[Path, list[str]]:
    """Return the folder that a pattern begins in, and its parts below that."""
    parts = pattern.parts
    first = next(place for place, part in enumerate(parts) if _MAGIC.search(part))
    rest = [part if part == "**" else re.sub(r"\*+", "*", part) for part in parts[first:]]
    rest += ["*"] if rest[-1] == "**" else []
    return Path(*parts[:first]), rest


def _meant(given: Path, *, recursive: bool, own: Sequence[Path]) -> Iterator[Found]:
    if not is_pattern(given):
        yield from _below(given, recursive=recursive, own=own)
        return
    none = True
    for path in matches(given):
        none = False
        ours = next((one for one in own if _is_below(path.parent, one)), None)
        if ours:
            yield Found(ours, "the program's own folder")
        else:
            yield from _below(path, recursive=recursive, own=own)
    for folder in closed(given):
        none = False
        yield Found(folder)
    if none:
        yield Found(given)


def closed(pattern: Path) -> Iterator[Path]:
    """Yield the folders that a pattern would look into and that cannot be listed."""
    base, rest = _split(pattern)
    prefixes = ("/".join(rest[:length]) for length in range(1, len(rest)))
    looked_into = [base, *(path for prefix in prefixes for path in base.glob(prefix))]
    folders = (path for path in dict.fromkeys(looked_into) if _is_folder(path))
    yield from (path for path in folders if unlisted(path))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # It lies in a folder that cannot be looked into.
        return False


def unlisted(folder: Path) -> str:
    """Return why a folder cannot be listed; empty: it can be."""
    try:
        with os.scandir(folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _below(given: Path, *, recursive: bool, own: Sequence[Path]) -> Iterator[Found]:
    if not _is_folder(given):
        yield Found(given)
        return
    waiting = [given]
    while waiting:
        folder = waiting.pop(0)
        if any(_is_below(folder, one) for one in own):
            yield Found(folder, "the program's own folder")
            continue
        try:
            inside = sorted(folder.iterdir(), key=lambda path: natural(path.name))
        except OSError:
            yield Found(folder)
            continue
        visible = [path for path in inside if not path.name.startswith(".")]
        folders = [path for path in visible if path.is_dir()]
        yield from (Found(path) for path in visible if path not in set(folders))
        for path in folders:
            if not recursive:
                yield Found(path, "a folder; --recursive takes it in")
            elif path.is_symlink():
                yield Found(path, "a link to a folder; name it to take it in")
            else:
                waiting.append(path)


def _is_below(folder: Path, own: Path) -> bool:
    return folder.resolve().is_relative_to(own)


def natural(name: str) -> list[tuple[int, str]]:
    """Return the key that sorts `IMG_9` before `IMG_10`."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
