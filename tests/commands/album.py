"""
A family's workspace: photos with people, places and serial numbers, to be forgotten.

Row 1 is published after an edit on the command line, with its original copied in; row 2 is another
photo. `holding` looks for bytes in every file of a workspace, whatever the file is.
"""

import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from PIL import Image

from commands.app import run
from driver.drafts import Draft, Drafts
from tests.adapters.packets import packet
from tests.adapters.photos import SAMPLES
from tests.driver.desk import CONFIG, Desk

CAPTION = "Grandmother Berta <née Quast> & Zoë laugh – 漁師 – on the balcony in Küps"
FORMER = "Berta before anybody asked her whether she likes to be called a fishwife"
ALT_TEXT = "An old woman with a red scarf laughs at something beside the camera"
KEYWORDS = "Bertalind, red scarf, balcony, Küps-Beikheim, laughing, family"
ORIGINAL = "Berta_Quast_zuhause.JPG"
SERIAL = "SN-4711-0815-77"
OWNER = "Konrad Quastmüller"
PERSON = "Berta Quast-Meier"
LATITUDE, LONGITUDE = 50.193457, 11.257813
OTHER = 2
"""A row whose pictures begin with the same tables as those of any JPEG."""
PIECES = 30
"""Enough of the pictures to recognise them by."""
TRACEBACK = f"  File captions.py, while reading {ORIGINAL}\n"
SECRETS = (CAPTION, FORMER, ALT_TEXT, ORIGINAL, SERIAL, OWNER, PERSON, "Bertalind", "Küps-Beikheim")
PLACES = ("50.193", "11.257", "50/1,11/1,364", "50, 11, 36.4")
"""Of numbers it is enough that their beginnings are found."""


def photo(folder: Path) -> Path:
    """Put the photo of row 1 into a folder."""
    exif = Image.Exif()
    exif[0x0110] = "Camera of the family"
    exif.get_ifd(0x8769).update({0xA431: SERIAL, 0xA430: OWNER, 0x9003: "1999:07:04 11:12:13"})
    north, east = (50.0, 11.0, 36.4452), (11.0, 15.0, 28.1268)
    exif.get_ifd(0x8825).update({1: "N", 2: north, 3: "E", 4: east})
    people = f"<rdf:Bag><rdf:li>{PERSON}</rdf:li></rdf:Bag>"
    xmp = packet(f"<Iptc4xmpExt:PersonInImage>{people}</Iptc4xmpExt:PersonInImage>")
    target = io.BytesIO()
    with Image.open(SAMPLES / "coffee.jpg") as picture:
        picture.save(target, "JPEG", exif=exif, xmp=xmp, quality=90)
    path = folder / ORIGINAL
    path.write_bytes(target.getvalue())
    return path


def made(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the workspace."""
    desk = Desk(root, config=f"{CONFIG}[ingest]\ncopy = true\n")

    def type_(*words: object) -> None:
        assert 0 == run(["-w", str(root), *map(str, words)]), words

    monkeypatch.setattr(sys, "stdin", io.StringIO())
    labels = ("--category", "Family", "--subject", "Balcony", "--location", "Nowhere", "--new")
    type_("ingest", photo(desk.inbox), desk.photo("chelsea"), *labels)
    desk.work()
    type_("edit", 1, "--caption", FORMER, "--alt-text", ALT_TEXT)
    texts = ("--caption", CAPTION, "--alt-text", ALT_TEXT, "--keywords", KEYWORDS)
    type_("edit", 1, *texts)
    desk.approve(1, 2)
    type_("publish", 1, 2)
    draft = Draft(caption=FORMER, alt_text=ALT_TEXT, keywords=tuple(KEYWORDS.split(", ")))
    Drafts(root / "data").write(1, draft)
    (root / "data" / "crash_runtime.log").write_text(f"begin\n{TRACEBACK}end\n", encoding="utf-8")
    return root


def spellings(text: str) -> Iterator[bytes]:
    """Yield a text as it may stand in a file."""
    yield text.encode()
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield escape(text, {'"': "&quot;"}).encode()
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")


def blocks(pictures: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces of pictures, of which any that is found anywhere gives them away."""
    for picture in pictures:
        for begin in range(700, len(picture) - 48, 1500):
            yield picture[begin : begin + 48]


def holding(root: Path, needles: Iterable[bytes]) -> dict[str, set[bytes]]:
    """Return which files below a folder hold which of these bytes."""
    wanted = set(needles)
    found = {
        path.relative_to(root).as_posix(): {one for one in wanted if one in held}
        for path in root.rglob("*")
        if path.is_file()
        for held in [path.read_bytes()]
    }
    return {name: those for name, those in found.items() if those}


def secrets(root: Path, row: int = 1) -> set[bytes]:
    """Return what has to be gone after an erasure: texts, places, and pieces of all pictures."""
    words = {one for text in SECRETS for one in spellings(text)}
    pieces = set(blocks(pictures_of(root, row)))
    common = {one for one in pieces for other in pictures_of(root, OTHER) if one in other}
    assert len(pieces - common) > PIECES
    return words | {one.encode() for one in PLACES} | (pieces - common)


def pictures_of(root: Path, row: int) -> list[bytes]:
    """Return the bytes of the row's original, its renditions, and what was published of them."""
    from driver.erasure_plan import objects_of
    from driver.program import Program
    from driver.workspace import Workspace

    with Program(Workspace(root), readonly=True) as program:
        return [one.path.read_bytes() for one in objects_of(program, row).own]
