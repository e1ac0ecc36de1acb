"""A name of the site that was there before, for `show`."""

from typing import Any

from commands.output import line, local, pairs, write_json
from machine.text import size

_SHOWN = ("Caption", "alt_text", "Keywords", "Folder", "Subject", "Location", "DateTime", "Path")
"""Columns of the published row that a person is shown; --json has all."""


def say_site(found: dict[str, Any], *, as_json: bool) -> None:
    """Print what the site has under a name."""
    if as_json:
        write_json(found)
        return
    line(f"{found['File_Name']} belongs to the site since {local(found['since'])}")
    line("It stays as it is: never overwritten, never withdrawn; no row can be called so.")
    line()
    record = found["record"] or {}
    entries = [("Found in", ", ".join(found["found_in"]))]
    entries += [(name, str(record[name])) for name in _SHOWN if record.get(name)]
    entries += [
        ("Public file", f"{one['target']}, {size(one['size_bytes'])}") for one in found["files"]
    ]
    pairs(entries)
