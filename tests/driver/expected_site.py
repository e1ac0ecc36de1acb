"""
What a website must show of photos, from what went in: a model of the end of every publication.

It shares no code with the program: paths, formats and the rating are written down a second time,
and the pictures are sought with sqlite3 among those that the workspace keeps.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

BASE = "https://example.org/photos"
CAMERA = ("Canon EOS R5", "RF24-105mm F4 L IS USM")
EXPOSURE = ("1/250 sec", "f/2.8", 200, "35 mm")


class WentIn(NamedTuple):
    """A photo of 2008 and what a person wrote about it, in the order of rows."""

    name: str
    taken: str
    size: tuple[int, int]
    caption: str
    alt_text: str
    keywords: tuple[str, ...]


def expected(
    workspace: Path, went_in: list[WentIn]
) -> tuple[dict[str, bytes], dict[str, tuple[Any, ...]]]:
    """Return the files by path and the 26 columns by File_Name that must stand outside."""
    files, lines = dict[str, bytes](), dict[str, tuple[Any, ...]]()
    for number, one in enumerate(went_in, 1):
        events = _events(workspace, number)
        made = {event["name"]: event["sha256"] for event in events["RenditionFinished"]}
        for path, sha256 in zip(paths(one.name), (made["web"], made["thumb"]), strict=True):
            files[path] = (workspace / "data" / "objects" / sha256[:2] / sha256).read_bytes()
        lines[one.name] = _line(one, events["Scored"][-1])
    return files, lines


def paths(name: str) -> tuple[str, str]:
    """Return where the picture and the thumb of a photo stand."""
    return f"2008/travel/{name}", f"2008/thumbs/travel/{name}"


def lines_for(workspace: Path, number: int, one: WentIn) -> set[tuple[Any, ...]]:
    """Return the lines that a row may show whose photo was replaced: one for each scoring."""
    return {_line(one, scored) for scored in _events(workspace, number)["Scored"]}


def _line(one: WentIn, scored: dict[str, Any]) -> tuple[Any, ...]:
    scores = {measured["metric"]: measured["value"] for measured in scored["scores"]}
    blur, bright, contrast, brisque = (
        scores[f"{name}_score"] for name in ("blur", "brightness", "contrast", "brisque")
    )
    natural = 10 - min(max(brisque, 0), 100) / 10
    qr = round((0.17 * blur + 0.17 * bright + 0.13 * contrast + 0.10 * natural) / 0.57, 2)
    tiers = ((7.5, "Top"), (6.5, "Good"), (5.5, "Average"), (4.5, "Low"), (0, "Very Low"))
    web, thumb = paths(one.name)
    return (
        *("Travel", one.name, f"{BASE}/{web}", f"{BASE}/{thumb}", one.taken),
        *(*CAMERA, *one.size, *EXPOSURE),
        *(", ".join(one.keywords), one.caption, one.alt_text, "Rotterdam", "Harbour at dusk"),
        *(None, round(blur, 4), round(bright, 4), round(contrast, 4), round(brisque, 4), None),
        *(qr, next(tier for least, tier in tiers if qr >= least)),
    )


def _events(workspace: Path, number: int) -> dict[str, list[dict[str, Any]]]:
    """Return what the journal says of a row, by kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    with closing(sqlite3.connect(workspace / "data" / "journal.db")) as db:
        query = "SELECT type, payload FROM events WHERE stream = ? ORDER BY position"
        for kind, payload in db.execute(query, [f"row/{number}"]):
            found.setdefault(kind, []).append(json.loads(payload))
    return found
