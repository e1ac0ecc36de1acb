"""
The lines in which FTP servers list a folder: those of MLSD (RFC 3659), of Unix and of DOS.

Only MLSD has a format that a standard fixes. A line of LIST that is not understood to the last sign
gives None, so that the caller asks another way instead of guessing.
"""

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Kind = Literal["file", "folder", "other"]


class Entry(Struct, frozen=True):
    """What stands in a folder."""

    name: str
    kind: Kind
    """other: a link, a device, a socket."""
    size_bytes: int | None = None
    """None: the line did not say."""
    unique: str = ""
    """Of one file or folder the same under all its names; empty: not said."""


_UNIX = re.compile(
    r"(?P<kind>[-dlbcpsD])[-rwxsStTlL]{9}[.+@]?\s+\d+\s+"  # mode, links
    r"(?:\S+\s+){1,2}?(?P<size>\d+)\s+"  # owner, maybe group, size
    r"(?:[A-Z][a-z]{2}\s+\d{1,2}|\d{1,2}\s+[A-Z][a-z]{2})\s+(?:\d{1,2}:\d{2}|\d{4})\s"
    r"(?P<name>.+)"
)
_DOS = re.compile(
    r"\d{2}-\d{2}-\d{2,4}\s+\d{1,2}:\d{2}\s*(?:[AP]M)?\s+(?P<size><DIR>|<[A-Z]+>|\d+)\s(?P<name>.+)"
)
_TOTAL = re.compile(r"(?i)total \d+")
_KINDS: dict[str, Kind] = {"-": "file", "d": "folder"}


def mlsd_entries(lines: Iterable[str]) -> list[Entry]:
    """Return what the lines of MLSD list, the folder itself and the one above it left out."""
    entries = []
    for line in lines:
        told, _, name = line.partition(" ")
        facts = dict(fact.lower().partition("=")[::2] for fact in told.split(";") if fact)
        kind = facts.get("type", "")
        if kind in {"cdir", "pdir"} or name in {"", ".", ".."}:
            continue
        size = facts.get("size", "")
        entries.append(
            Entry(
                name=name,
                kind="file" if kind == "file" else "folder" if kind == "dir" else "other",
                size_bytes=int(size) if size.isdecimal() else None,
                unique=facts.get("unique", ""),
            )
        )
    return entries


def list_entries(lines: Iterable[str]) -> list[Entry] | None:
    """Return what the lines of LIST list; None if one of them is not understood."""
    entries = []
    for line in lines:
        if not line.strip() or _TOTAL.fullmatch(line.strip()):
            continue
        entry = _unix_entry(line) or _dos_entry(line)
        if entry is None:
            return None
        if entry.name not in {".", ".."}:
            entries.append(entry)
    return entries


def _unix_entry(line: str) -> Entry | None:
    found = _UNIX.fullmatch(line)
    if found is None:
        return None
    name, kind = found["name"], _KINDS.get(found["kind"], "other")
    if found["kind"] == "l":
        name = name.partition(" -> ")[0]
    return Entry(name, kind, int(found["size"]) if kind == "file" else None)


def _dos_entry(line: str) -> Entry | None:
    found = _DOS.fullmatch(line)
    if found is None:
        return None
    name, size = found["name"], found["size"]
    if size.isdecimal():
        return Entry(name, "file", int(size))
    return Entry(name.lstrip(), "folder" if size == "<DIR>" else "other")
