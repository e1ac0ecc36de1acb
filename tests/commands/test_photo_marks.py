"""What comes with photos, as a person sees it: sidecars, marks, texts and tags."""

import unicodedata
from pathlib import Path
from typing import Any

from journal import Journal
from tests.adapters.packets import caption, packet
from tests.adapters.photos import with_exif
from tests.commands.cli import Said, Terminal

DUSK = "Fiskere på molen, Ærø – 漁師"


def photo(folder: Path, name: str, sidecar: bytes = b"", beside: str = "", **exif: Any) -> Path:
    """Put a photo into a folder, no two alike, and perhaps a sidecar."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(with_exif({0x0110: f"Camera {name}", 0x010E: exif.get("text", "")}))
    if sidecar:
        (folder / (beside or f"{path.stem}.xmp")).write_bytes(sidecar)
    return path


def outcomes(said: Said) -> dict[str, str]:
    return {Path(one["path"]).name: one["outcome"] for one in said.json}


def row_of(said: Said, name: str) -> int:
    return int(next(one["row"] for one in said.json if Path(one["path"]).name == name))


def test_sidecars_are_found_by_both_names_in_any_case(terminal: Terminal, tmp_path: Path) -> None:
    """And by composed or decomposed letters; what they say is shown, with where they lie."""
    card = tmp_path / "card"
    decomposed = unicodedata.normalize("NFD", "møle é.XMP")
    photo(card, "møle é.jpg", packet(caption(DUSK), xmp_Rating=4, xmp_Label="Rød"), decomposed)
    photo(card, "IMG_2.JPG", packet(xmp_Rating=2), "img_2.jpg.xmp")
    photo(card, "IMG_3.JPG", packet(xmp_Rating=1))
    (card / "IMG_3.JPG.xmp").write_bytes(packet(xmp_Rating=5))
    (card / "lonely.xmp").write_bytes(packet(xmp_Rating=5))
    said = terminal.type("ingest", card, "--json")
    assert 0 == said.code
    assert ["ingested"] * 3 + ["left out"] * 2 + ["sidecar"] * 3 == sorted(outcomes(said).values())
    assert {"left out"} == {outcomes(said)[name] for name in ("lonely.xmp", "IMG_3.xmp")}
    shown = {
        name: terminal.type("show", row_of(said, name), "--json").json
        for name in ("møle é.jpg", "IMG_2.JPG", "IMG_3.JPG")
    }
    assert [4, 2, 5] == [one["culling"]["rating"] for one in shown.values()]
    first = shown["møle é.jpg"]
    assert ("Rød", DUSK) == (first["culling"]["label"], first["embedded_text"])
    assert first["sidecar"]["source"]["path"].endswith(decomposed)
    people = terminal.type("show", row_of(said, "møle é.jpg")).out
    assert "rating 4, label Rød" in people
    assert f'"{DUSK}" (it stands in the sidecar)' in people


def test_the_caption_of_a_sidecar_becomes_the_rows(terminal: Terminal, tmp_path: Path) -> None:
    """Author: file, looked at; text without evidence does not, and `show` says why."""
    card = tmp_path / "card"
    photo(card, "a.jpg", packet(caption(DUSK)))
    photo(card, "b.jpg", text="A caption that nobody signed")
    said = terminal.type("ingest", card, "--json")
    rows = [row_of(said, name) for name in ("a.jpg", "b.jpg")]
    assert 0 == terminal.type("prefill", *rows).code
    shown = [terminal.type("show", row, "--json").json for row in rows]
    assert [("file", True), ("rule", False)] == [
        (one["author"]["kind"], one["grounded"]) for one in shown
    ]
    assert DUSK == shown[0]["Caption"]
    why = '"A caption that nobody signed" (not used: nothing shows that a person wrote it)'
    assert why in terminal.type("show", rows[1]).out


def test_a_damaged_sidecar_is_a_warning_and_its_photo_comes_in(
    terminal: Terminal, tmp_path: Path
) -> None:
    """The file is named, now and later."""
    card = tmp_path / "card"
    photo(card, "a.jpg", b'<!DOCTYPE x [<!ENTITY b "c">]><x>&b;</x>')
    photo(card, "b.jpg", b" ")
    photo(card, "c.jpg", packet(xmp_Label="x" * (9 << 20)))
    (card / "d.xmp").mkdir()
    photo(card, "d.jpg")
    said = terminal.type("ingest", card, "--json")
    assert 0 == said.code
    for name in ("a.xmp", "b.xmp", "c.xmp"):
        assert f"{name} cannot be read" in said.err
        row = row_of(said, name.replace("xmp", "jpg"))
        assert f"the sidecar {name} cannot be read" in terminal.type("show", row).out
        assert terminal.type("show", row, "--json").json["sidecar"] is None
    assert "ingested" == outcomes(said)["d.jpg"]


def test_stars_and_tags_make_picks_that_undo_takes_back(terminal: Terminal, tmp_path: Path) -> None:
    """From N stars on, or with Photo Mechanic's tag; -1 rejects nothing and is shown."""
    card = tmp_path / "card"
    photo(card, "four.jpg", packet(xmp_Rating=4))
    photo(card, "two.jpg", packet(xmp_Rating=2))
    photo(card, "tagged.jpg", packet(photomechanic_Tagged="True", photomechanic_ColorClass=1))
    photo(card, "minus.jpg", packet(xmp_Rating=-1))
    said = terminal.type("ingest", card, "--min-rating", 3)
    assert "Picked for their marks: 2 rows: " in said.out
    names = {one["Original_File_Name"]: one for one in terminal.type("queue", "--json").json}
    expected = {
        "four.jpg": "picked",
        "two.jpg": "undecided",
        "tagged.jpg": "picked",
        "minus.jpg": "undecided",
    }
    assert expected == {name: names[name]["decision"] for name in expected}
    history = terminal.type("history", names["four.jpg"]["id"]).out
    assert "picked for the marks in the file: rating 4" in history
    assert "rating -1 (rejected there)" in terminal.type("show", names["minus.jpg"]["id"]).out
    tagged = terminal.type("show", names["tagged.jpg"]["id"]).out
    assert "color class 1, tagged" in tagged
    assert 0 == terminal.type("undo", "--yes").code
    gone = {one["Original_File_Name"]: one for one in terminal.type("queue", "--json").json}
    assert {("Rejected", "undecided")} == {
        (gone[name]["Review_Status"], gone[name]["decision"]) for name in expected
    }
    assert 0 == terminal.type("redo", "--yes").code
    assert "picked" == terminal.type("show", "four.jpg", "--json").json["decision"]


def test_photos_that_are_here_already_are_picked_by_a_later_ingest(
    terminal: Terminal, tmp_path: Path
) -> None:
    """What somebody decided meanwhile stays."""
    card = tmp_path / "card"
    photo(card, "a.jpg", packet(xmp_Rating=5))
    photo(card, "b.jpg", packet(xmp_Rating=5))
    first = terminal.type("ingest", card, "--json")
    assert 0 == terminal.type("reject", row_of(first, "b.jpg"), "--reason", "soft").code
    (card / "b.jpg").unlink()
    said = terminal.type("ingest", card, "--min-rating", 5)
    assert f"Picked for their marks: 1 row: {row_of(first, 'a.jpg')}" in said.out
    again = terminal.type("ingest", card, "--min-rating", 5)
    assert "Picked for their marks: 0 rows" in again.out


def test_labels_that_the_settings_name_make_picks(terminal: Terminal, tmp_path: Path) -> None:
    """In any case, without any option; others do not, nor does a label where none is named."""
    card = tmp_path / "card"
    for name, label in (("a", "grøn"), ("b", "Rød"), ("c", ""), ("d", "Select")):
        photo(card, f"{name}.jpg", packet(xmp_Label=label, xmp_Rating=5))
    first = terminal.type("ingest", card)
    assert "Picked" not in first.out
    settings = terminal.root / "photojournal.toml"
    settings.write_text('[ingest]\npick_labels = ["GRØN", "select"]\n', encoding="utf-8")
    said = terminal.type("ingest", card)
    assert "Picked for their marks: 2 rows: " in said.out
    decided = {
        one["Original_File_Name"]: one["decision"] for one in terminal.type("queue", "--json").json
    }
    assert ["picked", "undecided", "undecided", "picked"] == [decided[f"{x}.jpg"] for x in "abcd"]
    history = terminal.type("history", "a.jpg").out
    assert "picked for the marks in the file: rating 5, label grøn" in history


def test_a_text_that_most_of_the_set_share_does_not_count(
    terminal: Terminal, tmp_path: Path
) -> None:
    """Three of four: a template; two of four may be said on purpose."""
    card = tmp_path / "card"
    for name in ("a", "b", "c"):
        photo(card, f"{name}.jpg", packet(caption("Our club, Summer 2019")))
    photo(card, "d.jpg", packet(caption(DUSK)))
    said = terminal.type("ingest", card, "--json")
    shown = terminal.type("show", row_of(said, "a.jpg")).out
    assert "not used: 3 of 4 photos of the set have this text" in shown
    assert "it stands in the sidecar" in terminal.type("show", row_of(said, "d.jpg")).out
    pair = tmp_path / "pair"
    for name in ("e", "f"):
        photo(pair, f"{name}.jpg", packet(caption("The old pier")))
    said = terminal.type("ingest", pair, "--json")
    assert "it stands in the sidecar" in terminal.type("show", row_of(said, "e.jpg")).out


def test_tags_are_shown_and_redaction_removes_the_private_ones(
    terminal: Terminal, tmp_path: Path
) -> None:
    """As a table and as JSON; after it, the place is in no output at all."""
    card = tmp_path / "card"
    beside = packet(
        exif_GPSLatitude="54,53.5N", exif_GPSLongitude="10,24.5E", aux_SerialNumber=7741
    )
    photo(card, "a.jpg", beside)
    row = row_of(terminal.type("ingest", card, "--json"), "a.jpg")
    table = terminal.type("show", row, "--tags").out
    assert "Camera a.jpg" in table
    assert "54,53.5N" in table
    found = terminal.type("show", row, "--json").json
    assert 54.8916667 == found["private"]["latitude_deg"]
    assert {"group": "EXIF", "name": "Model", "value": "Camera a.jpg"} in found["tags"]
    with Journal.open(terminal.root / "data" / "journal.db") as journal:
        (private,) = [
            one for one in journal.read_stream(f"row/{row}") if one.type == "PrivateMetadataRead"
        ]
        journal.redact(
            private.position,
            "asked for",
            key=f"{private.run_id}/redact",
            run_id=private.run_id,
            step=99,
            actor="anna",
        )
    after = terminal.type("show", row, "--tags").out
    assert "were redacted" in after
    everything = after + terminal.type("show", row, "--json").out + terminal.type("events").out
    everything += terminal.type("history", row).out
    for secret in ("54,53", "54.89", "10.4083", "7741"):
        assert secret not in everything


def test_a_dry_run_names_the_sidecars_and_reads_nothing(terminal: Terminal, tmp_path: Path) -> None:
    """Each with its photo."""
    card = tmp_path / "card"
    photo(card, "a.jpg", packet(xmp_Rating=5), "A.JPG.XMP")
    head = terminal.head()
    said = terminal.type("ingest", card, "--dry-run", "--json")
    assert {"a.jpg": "new", "A.JPG.XMP": "sidecar"} == outcomes(said)
    assert head == terminal.head()
