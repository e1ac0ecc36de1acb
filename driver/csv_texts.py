"""
Texts as a table for spreadsheets, and back: a line a row, found again by its photo's SHA-256.

UTF-8 with a byte order mark, as spreadsheets want it. A cell that a spreadsheet would take for a
formula begins with an apostrophe, which is taken away when it is read. Read are commas, semicolons
and tabs alike, since programs write what their country uses. `based_on` says which text was
exported: a row whose text changed since is left alone.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from adapters.files import write_atomically
from driver.errors import Misused
from machine.digests import text_digest
from machine.row import Row
from machine.text import split_keywords
from machine.values import Text

TEXTS = ("caption", "alt_text", "keywords")
COLUMNS = ("sha256", "id", "File_Name", "Original_File_Name", *TEXTS, "based_on")
REQUIRED = ("sha256", "based_on")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_LARGEST_BYTES = 200_000_000
_DIGEST_LENGTH = 64


class Entry(Struct, frozen=True, kw_only=True):
    """A line of the table; a text whose column is not there is None."""

    line: int
    """Of the file, from 1."""
    sha256: str
    based_on: str
    caption: str | None = None
    alt_text: str | None = None
    keywords: str | None = None
    """Separated by commas."""


def texts_of(row: Row, sha256: str) -> dict[str, str | int]:
    """Return the line of a row; `sha256` is of its photo."""
    text = row.decided.prefill.text
    return {
        "sha256": sha256,
        "id": row.happened.row,
        "File_Name": row.happened.file_name,
        "Original_File_Name": row.happened.original_name,
        "caption": text.caption,
        "alt_text": text.alt_text,
        "keywords": ", ".join(text.keywords),
        "based_on": text_digest(text),
    }


def table_of(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Return lines as the bytes of a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in lines:
        writer.writerow(_guarded(str(one[column])) for column in COLUMNS)
    return out.getvalue().encode("utf-8-sig")


def write_table(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write lines as a CSV file, whole or not at all. Raises AdapterError."""
    write_atomically(path, table_of(lines))


def read_table(path: Path) -> list[Entry]:
    """
    Return the lines of a CSV file, in their order.

    Raises:
        Misused: it cannot be read, or a line of it is malformed; the line is named.
    """
    text = _text_of(path)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [one.strip() for one in next(lines, [])]
        _check_header(path, header)
        return list(_entries(path, header, lines))
    except csv.Error as error:
        raise _malformed(path, lines.line_num, str(error)) from error


def _text_of(path: Path) -> str:
    hint = "photojournal export --csv FILE writes one"
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            msg = f"{path} is larger than {_LARGEST_BYTES // 1_000_000} MB: it is no table of texts"
            raise Misused(msg, hint)
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise Misused(msg, hint) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        msg = f"{path}, line {number}: this is not UTF-8"
        raise Misused(msg, "save it again as `CSV UTF-8`") from error


def _delimiter(text: str) -> str:
    """Return what stands between the columns in the first line."""
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def _check_header(path: Path, header: list[str]) -> None:
    missing = [one for one in REQUIRED if one not in header]
    twice = [one for one in COLUMNS if header.count(one) > 1]
    if missing or twice or not set(TEXTS) & set(header):
        what = f"the column {missing[0]} is missing" if missing else "there is no column of texts"
        what = f"the column {twice[0]} stands twice" if twice else what
        raise _malformed(path, 1, what)


def _entries(path: Path, header: list[str], lines: Any) -> Iterator[Entry]:  # noqa: ANN401
    seen: dict[str, int] = {}
    began = lines.line_num + 1
    for cells in lines:
        number, began = began, lines.line_num + 1
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise _malformed(path, number, f"{len(cells)} cells, and {len(header)} columns")
        known = dict(zip(header, map(_plain, cells), strict=True))
        entry = _entry(path, number, known)
        if entry.sha256 in seen:
            raise _malformed(path, number, f"the same photo as in line {seen[entry.sha256]}")
        seen[entry.sha256] = number
        yield entry


def _entry(path: Path, number: int, known: Mapping[str, str]) -> Entry:
    for column in REQUIRED:
        value = known[column].strip().lower()
        if len(value) != _DIGEST_LENGTH or set(value) - set("0123456789abcdef"):
            raise _malformed(path, number, f"`{known[column][:20]}` is no {column}")
    return Entry(
        line=number,
        sha256=known["sha256"].strip().lower(),
        based_on=known["based_on"].strip().lower(),
        caption=known.get("caption"),
        alt_text=known.get("alt_text"),
        keywords=known.get("keywords"),
    )


def _malformed(path: Path, number: int, what: str) -> Misused:
    hint = f"the columns are {','.join(COLUMNS)}: photojournal export --csv FILE"
    return Misused(f"{path}, line {number}: {what}", hint)


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def after(entry: Entry, text: Text) -> Text:
    """Return a row's texts as a line of the table says."""
    same = entry.keywords in (None, ", ".join(text.keywords))  # a comma may be part of a keyword
    return Text(
        caption=text.caption if entry.caption is None else entry.caption,
        alt_text=text.alt_text if entry.alt_text is None else entry.alt_text,
        keywords=text.keywords if same else split_keywords(entry.keywords or ""),
        language=text.language,
    )
