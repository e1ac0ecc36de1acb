"""`show`: everything about a row."""

from typing import Annotated, Any

import typer

from commands.call import Call
from commands.options import View
from commands.output import line, local, pairs, safe, write_json
from commands.show_erasure import say_erasure
from commands.show_photo import came_with, say_tags
from commands.show_scores import failure_in_words, say_scores
from commands.show_site import say_site
from driver.adopted import of_the_site
from driver.details import details_of
from driver.errors import Misused
from driver.word_parts import by_whom, shown_source
from driver.words import call_in_words
from machine.completeness import INCOMPLETE
from machine.text import size
from machine.values import STAGES, Author, Change, ModelCall, Source

_DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others."""


def show(
    call: Call,
    row: Annotated[str, typer.Argument(metavar="ROW", help="Id, file name or original name.")],
    view: View,
    *,
    tags: Annotated[
        bool, typer.Option("--tags", help="Also every tag of the photo as stored, GPS included.")
    ] = False,
) -> None:
    """
    Show everything about a row

    State, texts and who wrote them, scores, pictures, where the original lies, former names, what
    is open and who works on it, and the next command. With --tags, also what EXIF, IPTC and XMP of
    photo and sidecar hold, as stored; what is private is marked. --json has all of it. Of a name
    that belongs to the site from before, what stands there.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        try:
            found = details_of(seen, seen.number(row))
        except Misused:
            site = of_the_site(seen, row)
            if site is None:
                raise
            say_site(site, as_json=view.json)
            return
        fitting = seen.program.workspace.fitting
    if view.json:
        write_json(found)
        return
    line(f"Row {found['id']}  {found['File_Name']}")
    line()
    leads_on = fitting(found["next_action"]) or "nothing; this row is finished"
    if found["erasure"]:
        say_erasure(found, leads_on)
        return
    for part in (_state, _text, _photo, _outside):
        if part is _photo:
            say_scores(found)
        entries = [(name, value) for name, value in part(found) if value not in (None, "")]
        if entries:
            pairs(entries)
            line()
    if tags:
        say_tags(found)
    if found["publication"]["remains"]:
        line(f"Left alone: {found['publication']['remains']}")
    line(f"Next: {leads_on}")
    line(f"Its story: photojournal history {found['id']}")


def _state(row: dict[str, Any]) -> list[tuple[str, object]]:
    decision = row["decision"] + (f": {row['decision_reason']}" if row["decision_reason"] else "")
    return [
        ("Status", row["Review_Status"]),
        ("Failure", failure_in_words(row)),
        *[(stage, _stage(row["stages"][stage])) for stage in STAGES],
        ("Decision", decision),
        ("Open", _open(row["open"])),
    ]


def _stage(stage: dict[str, Any]) -> str:
    words = [stage["status"]]
    if stage["attempts"]:
        words.append(f"{stage['attempts']} attempt{'' if stage['attempts'] == 1 else 's'}")
    if stage["failed"]:
        said_below = stage["failed"] == INCOMPLETE or not stage["detail"]
        words.append(stage["failed"] + ("" if said_below else f": {stage['detail']}"))
    if stage["retry_at"] and stage["status"] == "failed":
        words.append(f"again from {local(stage['retry_at'])}")
    if stage["claimed_by"]:
        words.append(f"claimed by run {stage['claimed_by']}" + _alive(stage["claim"]))
    return ", ".join(words)


def _alive(claim: str) -> str:
    return {"working": ", which is at it", "dead": ", which died"}.get(claim, "")


def _open(saga: dict[str, Any] | None) -> str:
    if saga is None:
        return ""
    state = "incomplete" if saga["incomplete"] else f"{saga['done']} of {saga['steps']} steps done"
    reports = "; ".join(
        f"{one['target']}: {one['outcome']} {one['detail']}".strip() for one in saga["reports"]
    )
    undoing = ", being undone" if saga["undoing"] else ""
    by = f"claimed by run {saga['claimed_by']}" + _alive(saga["claim"])
    return f"{saga['kind']}{undoing}, {state}, {by}" + (f": {reports}" if reports else "")


def _text(row: dict[str, Any]) -> list[tuple[str, object]]:
    entries: list[tuple[str, object]] = [
        ("Caption", row["Caption"]),
        ("Alt text", row["alt_text"]),
        ("Keywords", row["Keywords"]),
    ]
    if row["author"]:
        author = Author(**row["author"])
        looked = "" if row["grounded"] else " (without looking at the picture)"
        entries.append(("Written by", by_whom(author) + _made_by(author) + looked))
        entries += _call(row, author)
    entries += [("Mended", _change(Change(**one))) for one in row["changes"]]
    for finding in row["finding_details"]:
        blocks = " (blocks approval)" if finding["blocking"] else ""
        entries.append(("Finding", f"{finding['code']}{blocks}: {finding['detail']}".rstrip(": ")))
    if row["waived"]:
        waived = row["waived"]
        passed = f"{', '.join(waived['codes'])}: {waived['reason']} (by {waived['by']})"
        entries.append(("Let pass", passed))
    for one in row["suggestions"]:
        author = Author(**one["author"])
        by = by_whom(author) + _made_by(author)
        entries.append(("Suggestion", f"{one['text']['caption']} (by {by})"))
    return entries


def _made_by(author: Author) -> str:
    """Return which bytes of a model wrote a text."""
    return f" ({author.model_digest[:_DIGEST_SHOWN]})" if author.model_digest else ""


def _call(row: dict[str, Any], author: Author) -> list[tuple[str, object]]:
    """Return how the model was asked for the text."""
    entries: list[tuple[str, object]] = [("Prompt", author.prompt_digest[:_DIGEST_SHOWN])]
    if row["call"] is None:
        return entries
    call = ModelCall(**row["call"])
    words = [call_in_words(call), f"at {call.host}" if call.host else ""]
    if row["text_attempt"]:
        words.insert(0, f"attempt {row['text_attempt']}")
    return [*entries, ("Asked", ", ".join(one for one in words if one))]


def _change(change: Change) -> str:
    """Return what a rule changed in a text."""
    field = change.field.replace("_", " ")
    return f'{change.rule}, {field}: "{change.before}" -> "{change.after}"'


def _photo(row: dict[str, Any]) -> list[tuple[str, object]]:
    source = Source(**row["source"])
    place = row["original"] if source.root != "workspace" else shown_source(source)
    pixels = f"{row['Width']} x {row['Height']} px, " if row["Width"] else ""
    settings = (row["Exposure"], row["Aperture"], row["ISO"] and f"ISO {row['ISO']}")
    pictures = ", ".join(
        f"{one['name']} {one['width_px']} x {one['height_px']} ({size(one['size_bytes'])})"
        for one in row["renditions"]
    )
    return [
        ("Set", row["set_id"]),
        ("Folder", row["Folder"]),
        ("Subject", row["Subject"]),
        ("Location", row["Location"]),
        ("Taken", row["DateTime"]),
        ("Camera", ", ".join(one for one in (row["Camera"], row["Lens_model"]) if one)),
        ("Settings", ", ".join(one for one in (*settings, row["Focal_length"]) if one)),
        ("Original", f"{safe(place)}" + (" (also copied in)" if source.copied else "")),
        ("Size", f"{pixels}{size(row['size_bytes'])}, {row['media_type']}"),
        ("SHA-256", row["sha256"]),
        *[("RAW file", _companion(one)) for one in row["companions"]],
        ("Pictures", pictures),
        ("Former names", ", ".join(row["former_names"])),
        *came_with(row),
        *[("Not readable", note) for note in row["metadata_notes"]],
    ]


def _companion(one: dict[str, Any]) -> str:
    copied = " (also copied in)" if one["copied"] else ""
    return f"{safe(one['path'])}{copied}, {size(one['size_bytes'])}, {one['media_type']}"


def _outside(row: dict[str, Any]) -> list[tuple[str, object]]:
    publication = row["publication"]
    if not (publication["outside"] or publication["value"] != "none" or publication["not_ours"]):
        return []
    entries: list[tuple[str, object]] = [
        ("Published", publication["value"] + (", changes are due" if publication["due"] else ""))
    ]
    entries += [("Public file", path) for path in publication["files"]]
    entries += [("Not ours", f"{target}: left alone") for target in publication["not_ours"]]
    return [*entries, ("Public address", row["Path"])]
