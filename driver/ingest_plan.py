"""What an ingest would do, before it does anything: what is meant, and what is known of it."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from adapters.errors import AdapterError
from driver.errors import Misused
from driver.ingest import Taken
from driver.known_rows import KnownRows
from driver.listing import Found, closed, is_pattern, matches, unlisted
from driver.reading_in import Photo, belongs_to, lives, owner_of_bytes, read_photo
from driver.shell import Shell
from driver.workspace import shown_name


def look_at(shell: Shell, found: Found, known: KnownRows) -> list[Taken]:
    """Say what would become of a file, as far as that can be told without decoding it."""
    if found.left_out:
        return [Taken(shown_name(str(found.path)), "left out", detail=found.left_out)]
    photo = _look_at(shell, found.path, known)
    return [photo, *(_look_at(shell, raw, known, photo) for raw in found.raws)]


def _look_at(shell: Shell, path: Path, known: KnownRows, beside: Taken | None = None) -> Taken:
    shown = shown_name(str(path))
    try:
        photo = read_photo(path)
    except AdapterError as error:
        return Taken(shown, "refused", code=error.code, detail=error.detail)
    number = owner_of_bytes(shell, photo.sha256)
    if number is not None:
        return _look_at_known(shell, photo, number)
    if photo.is_raw and beside and beside.code != "AnotherVersion" and beside.outcome != "refused":
        detail = f"the RAW file of {Path(beside.path).name}"
        return Taken(shown, "paired", beside.row, beside.file_name, detail=detail)
    number = known.photo_of(photo) if photo.is_raw else None
    if number is not None:
        name = shell.row(number).happened.file_name
        return Taken(shown, "paired", number, name, detail=f"the RAW file of row {number}")
    if not photo.media_type:
        return Taken(
            shown, "refused", code="NotAPhoto", detail="the bytes are not those of a photo"
        )
    return Taken(shown, "new")


def _look_at_known(shell: Shell, photo: Photo, number: int) -> Taken:
    """Say what would become of a file whose bytes are a row's."""
    row, shown = shell.row(number), shown_name(str(photo.path))
    if row.happened.erasure:
        detail = f"row {number} was erased"
        return Taken(shown, "left out", number, row.happened.file_name, detail=detail)
    outcome = "skipped" if lives(row, photo.sha256) else "reopened"
    detail = belongs_to(row, photo.sha256)
    return Taken(shown, outcome, number, row.happened.file_name, detail=detail)


def check_paths(paths: Sequence[Path]) -> None:
    """
    Refuse a command none of whose paths is there.

    Raises:
        Misused: with the paths.
    """
    if paths and not any(_is_there(path) for path in paths):
        names = ", ".join(shown_name(str(path)) for path in paths)
        msg = f"there is nothing at {names}"
        if all(name.isdecimal() for name in names.split(", ")):
            hint = f"rows that are there are worked on by stage: photojournal prefill {paths[0]}"
            raise Misused(msg, f"{hint}, likewise score and resize")
        raise Misused(msg, "photojournal ingest FOLDER --subject '...' --location '...'")


def _is_there(path: Path) -> bool:
    if is_pattern(path):
        found = itertools.chain(matches(path), closed(path))
        return next(found, None) is not None
    return os.path.lexists(path) or bool(unlisted(path.parent))
