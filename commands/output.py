"""
What goes to standard output: listings for people, JSON for programs.

In a terminal a table is fitted to its width; elsewhere every line is whole, columns are aligned
with blanks, and nothing is coloured, so that `grep` and `awk` work. Names and texts are printed so
that nothing in them can move the cursor or forge a line.
"""

import contextlib
import errno
import json
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from machine.text import counted as counted  # noqa: PLC0414  (verbs have it from here)

_left: list[bool] = []

_HIDDEN = {"Cc", "Cs", "Co", "Zl", "Zp"}
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what follows: a name could look like another one."""

_NARROW = 20
"""With less room nothing is wrapped."""

_SMALL = 100
"""A terminal with fewer columns gets shorter times, paths and endings."""

_MAIN = 30
"""Columns that the main text of a table gets at least, as far as it needs them."""

_SIDE = 16
"""Columns that a text beside it has to share, where there is not enough for all."""

_CUT = 13
"""Columns that a name gets at least that may be cut in its middle: `Har...001.JPG`."""

_BESIDE_CUT = 18
"""Columns that the main text gets at least beside such a name."""

RUN_SHOWN = 13
"""Characters of a run's id that tell it from others: the millisecond of its beginning."""


def safe(text: str) -> str:
    r"""Return `text` on one line, with what is invisible written as `\n`, `\x1b`, `\u202e` ..."""
    if text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if unicodedata.category(char) in _HIDDEN or char in _DIRECTIONS:
        return char.encode("unicode_escape", "surrogatepass").decode("ascii")
    return char


def heading(root: Path) -> None:
    """Say which workspace the listing is about."""
    line(f"Workspace {root}")


def line(text: str = "") -> None:
    """Print one line."""
    emit(safe(text))


def emit(text: str, end: str = "\n") -> None:
    """
    Print text as it is.

    Whoever read our output may have left (`| head`): that is no reason to stop in the middle of a
    change, so what follows goes nowhere. A long listing asks `reader_left`.
    """
    try:
        print(text, end=end)
    except OSError as error:
        if not is_closed(error):
            raise
        leave_reader()


def is_closed(error: OSError) -> bool:
    """Tell whether an error means that nobody reads our output any more."""
    return error.errno == errno.EPIPE or (os.name == "nt" and error.errno == errno.EINVAL)


def leave_reader() -> None:
    """Send everything that is still to be printed nowhere."""
    _left.append(True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def reader_left() -> bool:
    """Tell whether whoever read our output has left."""
    return bool(_left)


def warn(text: str) -> None:
    """
    Print one line on standard error; nobody may be there to read it.

    What was printed before goes out first, so that lines that go to one place stay in their order.
    """
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        print(safe(text), file=sys.stderr, flush=True)


def flush() -> None:
    """Send out what was printed, before the exit code says that it was."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if not is_closed(error):
            raise
        leave_reader()


def local(at: str) -> str:
    """Return a time of the journal as local time, to the second; empty stays empty."""
    if not at:
        return ""
    moment = datetime.fromisoformat(at).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def both(at: str) -> str:
    """
    Return a time of the journal as local time and UTC: `2026-07-04 14:30:00 (12:30:00 UTC)`.

    Where it is another day in UTC, that is said, too; empty stays empty.
    """
    if not at:
        return ""
    here, utc = local(at), at[:19].replace("T", " ")
    return f"{here} ({utc[11:] if utc[:10] == here[:10] else utc} UTC)"


def small() -> bool:
    """Tell whether the listing goes to a terminal of few columns."""
    return sys.stdout.isatty() and shutil.get_terminal_size().columns < _SMALL


def when(at: str) -> str:
    """Return a time for a listing: to the second, in a small terminal `07-04 14:30`."""
    return local(at)[5:16] if small() else local(at)


def middle_cut(text: str, room: int) -> str:
    """Return a text that takes `room` columns at most; what is cut out of its middle is `...`."""
    if wide(text) <= room:
        return text
    head, tail = text[: (room - 3) // 3], text[-(room - 3 - (room - 3) // 3) :]
    while wide(tail) > room - 3 - wide(head):
        tail = tail[1:]
    return f"{head}...{tail}"


def write_json(value: object) -> None:
    """Print one JSON value: a list of objects, or one object."""
    emit(_as_json(value, indent=2))


def stream_json(values: Iterable[object]) -> None:
    """Print a JSON list whose objects come one by one, one a line."""
    emit("[", end="")
    separator = "\n"
    for value in values:
        emit(separator + _as_json(value), end="")
        separator = ",\n"
        if reader_left():
            return
    emit("\n]")


def _as_json(value: object, indent: int | None = None) -> str:
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return json.dumps(value, ensure_ascii=encoding != "utf8", indent=indent, default=str)


def table(
    columns: Sequence[str],
    lines: Iterable[Sequence[Any]],
    *,
    right: Sequence[str] = (),
    keep: Sequence[str] = (),
    main: str = "",
    spare: Sequence[str] = (),
    cut: str = "",
) -> None:
    """
    Print a table.

    Args:
        columns: the headings.
        lines: a cell for each column; None is shown as nothing.
        right: columns of numbers.
        keep: columns that are shown on one line even where a terminal is narrow; the others are
            broken over several.
        main: the column that is read; a terminal's width goes to it first.
        spare: columns that are left out, in this order, where a terminal is too narrow.
        cut: a column of names that stay on one line: of long ones the middle is cut out.
    """
    cells = [[safe("" if cell is None else str(cell)) for cell in one] for one in lines]
    if sys.stdout.isatty():
        kept = {*right, *keep}
        _fitted(columns, cells, keep=kept, right=right, main=main, spare=spare, cut=cut)
    else:
        _plain(columns, cells, right)


def _plain(columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    lines = [list(columns), *cells]
    widths = [max(wide(one[place]) for one in lines) for place in range(len(columns))]
    for one in lines:
        padded = [
            " " * (width - wide(cell)) + cell
            if column in right
            else cell + " " * (width - wide(cell))
            for column, cell, width in zip(columns, one, widths, strict=True)
        ]
        emit("  ".join(padded).rstrip())


def wide(text: str) -> int:
    """Return how many columns a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _fitted(
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    *,
    keep: set[str],
    right: Sequence[str],
    main: str,
    spare: Sequence[str],
    cut: str,
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    room = shutil.get_terminal_size().columns
    natural = {
        column: max(wide(one[place]) for one in [columns, *cells])
        for place, column in enumerate(columns)
    }
    widths = _widths(natural, room, keep=keep, main=main, spare=spare, cut=cut) if main else {}
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    left_out = {place for place, column in enumerate(columns) if main and column not in widths}
    for place, column in enumerate(columns):
        if place not in left_out:
            shown.add_column(
                column,
                justify="right" if column in right else "left",
                overflow="fold",
                no_wrap=column in keep or column == cut,
                width=widths.get(column),
            )
    for one in cells:
        texts = [
            middle_cut(cell, widths[column]) if column == cut else cell
            for place, (column, cell) in enumerate(zip(columns, one, strict=True))
            if place not in left_out
        ]
        shown.add_row(*map(Text, texts))
    Console(width=room).print(shown)


def _widths(
    natural: Mapping[str, int],
    room: int,
    *,
    keep: set[str],
    main: str,
    spare: Sequence[str],
    cut: str,
) -> dict[str, int]:
    """Return the columns that are shown and their widths, the main one's as wide as can be."""
    left, limits = dict(natural), {main: _BESIDE_CUT if cut else _MAIN, cut: _CUT}
    for column in (*spare, ""):
        least = {
            one: width if one in keep else min(width, limits.get(one, _SIDE))
            for one, width in left.items()
        }
        free = room - sum(least.values()) - 2 * (len(least) - 1)
        if free >= 0 or not column:
            break
        left.pop(column, None)
    least[main], free = max(least[main] + min(free, 0), _NARROW // 2), max(free, 0)
    for one in (main, *left):
        more = max(min(free, left[one] - least[one]), 0)
        least[one], free = least[one] + more, free - more
    return least


def pairs(entries: Mapping[str, object] | Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other; empty values are left out."""
    listed = list(entries.items() if isinstance(entries, Mapping) else entries)
    known = [(name, str(value)) for name, value in listed if value not in (None, "")]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        hanging(f"{name:<{width}}  ", value)


def hanging(first: str, text: str, colour: str = "") -> None:
    """
    Print a text behind `first`; in a terminal, further lines begin where the text began.

    `colour` is a number as terminals know them, for the first word.
    """
    tty, shown = sys.stdout.isatty(), safe(text)
    room = shutil.get_terminal_size().columns - len(first) if tty else 0
    parts = textwrap.wrap(shown, room) if room > _NARROW and len(shown) > room else [shown]
    head = safe(first)
    if tty and colour:
        word, blank, rest = head.partition(" ")
        head = f"\x1b[{colour}m{word}\x1b[0m{blank}{rest}"
    for part in parts:
        emit(head + part)
        head = " " * len(first)
