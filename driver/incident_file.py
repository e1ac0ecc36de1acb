"""
The container of an incident bundle: a zip of which every byte follows from its members.

Members are stored as they are, in order, without times, comments, extra fields or gaps. Whoever
reads a bundle demands exactly that: a second member of one name, a path that leads elsewhere, bytes
before, between or behind the members, a comment, another method or flag, sizes that do not add up,
all are refused, and nothing is ever expanded here. So any tool can unpack what we write, and no
byte of the file is free to be changed.

Not promised: that others' zip files can be read.
"""

import io
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from msgspec import Struct

MAX_BYTES = 2**32 - 1
"""Longer ones would need the zip format's extensions."""
MAX_MEMBERS = 2**16 - 1
CHUNK = 1 << 20

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _UNIX, _DAY = 20, 3 << 8, 0x21
"""Needed to unpack; made on Unix, where files have modes; 1980-01-01, the earliest there is."""
_MODE = 0o100644 << 16


class Member(Struct, frozen=True):
    """Where the bytes of a member stand in the bundle."""

    name: str
    offset: int
    """Of its first byte."""
    size_bytes: int
    crc: int

    def head(self) -> bytes:
        """Return what stands right before its bytes."""
        name = self.name.encode()
        return (
            _LOCAL.pack(
                b"PK\3\4", _VERSION, 0, 0, 0, _DAY, self.crc, self.size_bytes, self.size_bytes,
                len(name), 0,
            )
            + name
        )  # fmt: skip

    def entry(self) -> bytes:
        """Return its line of the directory at the end."""
        name = self.name.encode()
        begins = self.offset - _LOCAL.size - len(name)
        return (
            _ENTRY.pack(
                b"PK\1\2", _UNIX | _VERSION, _VERSION, 0, 0, 0, _DAY, self.crc, self.size_bytes,
                self.size_bytes, len(name), 0, 0, 0, 0, _MODE, begins,
            )
            + name
        )  # fmt: skip


def pack(target: BinaryIO, folder: Path, names: Sequence[str]) -> None:
    """
    Write a bundle of the files `names` below `folder`, in this order.

    Raises:
        ValueError: it would be too large.
        OSError: a file cannot be read or written.
    """
    members: list[Member] = []
    for name in names:
        place = folder / name
        size, crc = place.stat().st_size, 0
        if target.tell() + size > MAX_BYTES or len(members) >= MAX_MEMBERS:
            msg = "a bundle has at most 4 GiB and 65,535 files"
            raise ValueError(msg)
        with place.open("rb") as source:
            while chunk := source.read(CHUNK):
                crc = crc32(chunk, crc)
            offset = target.tell() + _LOCAL.size + len(name)
            members.append(Member(name, offset, size, crc))
            target.write(members[-1].head())
            source.seek(0)
            while chunk := source.read(CHUNK):
                target.write(chunk)
    target.write(_directory(members, target.tell()))


def _directory(members: Sequence[Member], begins: int) -> bytes:
    """Return everything behind the last member."""
    entries = b"".join(one.entry() for one in members)
    number = len(members)
    return entries + _END.pack(b"PK\5\6", 0, 0, number, number, len(entries), begins, 0)


def members_of(file: BinaryIO) -> dict[str, Member]:
    """
    Return the members of a bundle in their order; their bytes are not looked at.

    Raises ValueError where one byte is other than `pack` would have written it.
    """
    end = file.seek(0, io.SEEK_END)
    found: dict[str, Member] = {}
    folded: set[str] = set()
    place = 0
    while True:
        file.seek(place)
        head = file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\3\4"):
            break
        *_, crc, size, _, length, _ = _LOCAL.unpack(head)
        name = file.read(length).decode("ascii", "replace")
        if not _NAME.fullmatch(name) or name.casefold() in folded:
            msg = f"it has a file {name!r}, which is no name here or comes twice"
            raise ValueError(msg)
        folded.add(name.casefold())
        member = found[name] = Member(name, place + _LOCAL.size + length, size, crc)
        place = member.offset + size
        if member.head() != head + name.encode() or place > end:
            msg = f"{name} is not stored as it should be"
            raise ValueError(msg)
    file.seek(place)
    rest = _directory(list(found.values()), place)
    if not found:
        msg = "it does not begin like one"
        raise ValueError(msg)
    if end > MAX_BYTES or end - place != len(rest) or file.read() != rest:
        msg = f"what stands behind its {len(found)} files is not their directory"
        raise ValueError(msg)
    return found


def chunks(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield the bytes of a member. Raises ValueError where its checksum is another one."""
    file.seek(member.offset)
    left, crc = member.size_bytes, 0
    while left and (chunk := file.read(min(left, CHUNK))):
        left -= len(chunk)
        crc = crc32(chunk, crc)
        yield chunk
    if left or crc != member.crc:
        msg = f"{member.name} is not what was packed"
        raise ValueError(msg)


def content(file: BinaryIO, members: Mapping[str, Member], name: str, most_bytes: int) -> bytes:
    """Return a small member. Raises ValueError where it is missing, longer or damaged."""
    member = members.get(name)
    if member is None or member.size_bytes > most_bytes:
        msg = f"{name} is not there" if member is None else f"{name} is longer than it can be"
        raise ValueError(msg)
    return b"".join(chunks(file, member))
