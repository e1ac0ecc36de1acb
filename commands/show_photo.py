"""What came with a row's photo, in the words of `show`: marks, sidecar, texts, tags."""

from pathlib import PurePosixPath
from typing import Any

from commands.output import line, table
from driver.words import culling_in_words
from machine.values import Culling

_TEXT_SHOWN = 120


def came_with(row: dict[str, Any]) -> list[tuple[str, object]]:
    """
    Return marks, sidecar and the texts that came with the photo, each with why it counts.

    The sidecar by its name only: it may have moved since, and no one follows it.
    """
    entries: list[tuple[str, object]] = [("Marked", culling_in_words(Culling(**row["culling"])))]
    if row["sidecar"]:
        entries.append(("Sidecar", PurePosixPath(row["sidecar"]["source"]["path"]).name))
    embedded = row["embedded"]
    if row["embedded_text"]:
        why = row["embedded_not_used"]
        because = f"not used: {why}" if why else embedded["evidence"] or "its writer is named"
        entries.append(("Came with it", f"{_quoted(row['embedded_text'])} ({because})"))
    entries += [
        ("Came with it", f"{_quoted(text)} (not used: a camera or program wrote it)")
        for text in embedded["boilerplate"]
    ]
    return entries


def say_tags(row: dict[str, Any]) -> None:
    """Print every tag as stored, the private ones marked."""
    private = row["private"] or {}
    lines = [(one["group"], one["name"], one["value"], "") for one in row["tags"]]
    lines += [(one["group"], one["name"], one["value"], "yes") for one in private.get("tags", ())]
    if lines:
        table(("group", "tag", "value", "private"), lines, keep=("group", "private"), main="value")
    else:
        line("No tags were kept: the photo has none, or it came in before they were.")
    if private.get("redacted"):
        line("Place, serial numbers and owner were redacted.")
    if private.get("withheld"):
        line("Place, serial numbers and owner are withheld from this bundle.")
    line()


def _quoted(text: str) -> str:
    cut = text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN].rstrip()} ..."
    return f'"{cut}"'
