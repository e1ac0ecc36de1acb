"""A journal that leaves as lines and comes back: the same, or refused with line and position."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal import SegmentRefused
from journal.importing import plan
from journal.reading_segments import checked
from journal.signing import open_key
from journal.verify import verify
from tests.journal.damaging import behind_its_back, forge
from tests.journal.exports import SECRET, append, bring, diverge, export, refused, stored

PAYLOAD = '{"reason":"nothing happened here"}'


def test_an_import_into_an_empty_journal_makes_the_exported_one(
    path: Path, file: Path, empty: Path
) -> None:
    """The UUID too, line by line, and it can be appended to as before."""
    found = bring(file, empty)
    assert (True, 30, 1) == (found.anew, found.new, found.segments)
    assert (open_key(path).public,) == found.keys
    assert stored(path) == stored(empty)
    assert verify(empty).ok
    assert verify(path).uuid == verify(empty).uuid
    append(empty, 30, 33)
    assert verify(empty).ok


def test_a_second_import_changes_nothing(path: Path, file: Path, empty: Path) -> None:
    bring(file, empty)
    before = empty.read_bytes()
    assert 0 == bring(file, empty).new
    assert before == empty.read_bytes()
    assert 0 == bring(file, path).new


def test_a_shorter_journal_gets_what_is_new(path: Path, file: Path, empty: Path) -> None:
    """Also in the middle of a segment, and from segments that begin where it ends."""
    bring(file, empty)
    append(path, 30, 40)
    whole = export(path, file.with_name("whole.jsonl"))
    assert 10 == bring(whole, empty).new
    append(path, 40, 45)
    rest = export(path, file.with_name("rest.jsonl"), after=40)
    assert 5 == bring(rest, empty).new
    assert stored(path) == stored(empty)


def test_the_form_is_what_the_record_says(path: Path, file: Path) -> None:
    """Plain JSON in UTF-8, one object a line, the payload as an object."""
    first, *events, last = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert ("segment", 1, 0) == (first["photojournal"], first["format"], first["after"])
    assert ("end", 30) == (last["photojournal"], last["until"])
    assert list(range(1, 31)) == [one["position"] for one in events]
    assert f"naïve 7, “{SECRET}” \\ 📷" == events[7]["payload"]["reason"]


# --- what is refused


def spoilt(file: Path, number: int, change: "str | None", *more: str) -> Path:
    """Change a line (None: drop it), counted from 1, and add others behind it."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    lines[number - 1 : number] = [*([] if change is None else [change]), *more]
    file.write_text("".join(lines), "utf-8")
    return file


def test_a_changed_event_is_named_by_line_and_position(file: Path, empty: Path) -> None:
    line = file.read_text("utf-8").splitlines(keepends=True)[11]
    why = refused(spoilt(file, 12, line.replace("naïve", "naive")), empty)
    assert f"{file} line 12, position 11: the payload is not the one" in why


@pytest.mark.parametrize(
    ("old", "new"), [('"actor":"Zoë"', '"actor":"Eve"'), ('"step":1', '"step":2')]
)
def test_a_changed_column_is_named(file: Path, empty: Path, old: str, new: str) -> None:
    line = file.read_text("utf-8").splitlines(keepends=True)[11]
    why = refused(spoilt(file, 12, line.replace(old, new)), empty)
    assert "line 12, position 11: the hash does not fit" in why


def test_a_gap_is_named(file: Path, empty: Path) -> None:
    why = refused(spoilt(file, 12, None), empty)
    assert "line 12, position 11: event 12 stands here" in why


def test_a_file_that_was_cut_off_is_named(file: Path, empty: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.rindex(b'{"photojournal"')])
    assert "line 32, position 31: the file ends in the middle" in refused(file, empty)
    file.write_bytes(whole[: len(whole) // 2])
    assert "the file ends in the middle" in refused(file, empty)


def test_what_is_no_export_is_refused(file: Path, empty: Path) -> None:
    file.write_text('{"some":"thing"}\n')
    assert f"{file} line 1, position 1: no segment begins here" in refused(file, empty)
    file.write_bytes(b"")
    assert "there is no segment" in refused(file, empty)


def test_an_export_of_a_later_form_is_refused(file: Path, empty: Path) -> None:
    opening = file.read_text("utf-8").splitlines(keepends=True)[0]
    why = refused(spoilt(file, 1, opening.replace('"format":1', '"format":2')), empty)
    assert "it has format 2, this version knows 1" in why


def test_an_event_of_a_later_version_is_refused(path: Path, empty: Path, tmp_path: Path) -> None:
    """Signed and chained, but this version would not know what it means."""
    forged_type(path)
    file = export(path, tmp_path / "newer.jsonl")
    assert "event 30 (Teleported) cannot be read: unknown type" in refused(file, empty)


def forged_type(path: Path) -> None:
    """Give the last event a type that nobody knows, with the right hash."""
    with behind_its_back(path) as raw:
        raw.execute("UPDATE events SET type = 'Teleported' WHERE position = 30")
    forge(path, 30, "{}")


def test_another_journal_is_refused(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    append(tmp_path / "other" / "journal.db", 0, 3)
    assert "is of journal" in refused(file, tmp_path / "other" / "journal.db")


def test_another_past_is_refused_at_its_first_event(
    path: Path, file: Path, empty: Path, tmp_path: Path
) -> None:
    """Two copies that went on separately."""
    bring(file, empty)
    append(path, 30, 34)
    diverge(empty)
    longer = export(path, tmp_path / "longer.jsonl")
    assert "line 32, position 31: the journal here has another event 31" in refused(longer, empty)
    rest = export(path, tmp_path / "rest.jsonl", after=31)
    assert "goes on from another event 31" in refused(rest, empty)


def test_an_export_that_begins_too_late_is_refused(path: Path, empty: Path, tmp_path: Path) -> None:
    rest = export(path, tmp_path / "rest.jsonl", after=10)
    assert "begins after event 10, and the journal here ends at 0" in refused(rest, empty)


def test_an_event_changed_with_all_its_hashes_needs_another_signature(
    path: Path, file: Path, empty: Path, tmp_path: Path
) -> None:
    """The chain holds, so the forger has to sign; without the key that shows."""
    forge(path, 5, PAYLOAD)
    assert verify(path).ok
    path.with_suffix(".key").unlink()
    path.with_suffix(".pub").unlink()
    forged = export(path, tmp_path / "forged.jsonl")
    found = plan([forged], empty, lambda _: None)
    assert found.keys != plan([file], empty, lambda _: None).keys
    bring(file, empty)
    assert "position 5: the journal here has another event 5" in refused(forged, empty)


def test_a_signature_of_other_lines_is_refused(file: Path, path: Path, empty: Path) -> None:
    """Somebody makes all hashes anew, the sum too, and keeps the signature that was there."""
    genuine = file.read_bytes().splitlines(keepends=True)[-1]
    forge(path, 5, PAYLOAD)
    forged = export(path, file.with_name("forged.jsonl"))
    *lines, last = forged.read_bytes().splitlines(keepends=True)
    old, new = json.loads(genuine), json.loads(last)
    mixed = json.dumps({**new, "signature": old["signature"]}, separators=(",", ":"))
    forged.write_bytes(b"".join(lines) + mixed.encode() + b"\n")
    assert "the signature is not that of the key" in refused(forged, empty)


def changed_bytes(file: Path, places: Iterator[int]) -> None:
    """Change one byte after the other, and expect each change to be found."""
    whole = file.read_bytes()
    trial = file.with_name("trial.jsonl")
    for place in places:
        for change in (1, 0x20, 0x80):
            spoiled = bytearray(whole)
            spoiled[place] ^= change
            trial.write_bytes(spoiled)
            with pytest.raises(SegmentRefused):
                list(checked([trial]))


def small_export(path: Path, file: Path) -> Path:
    return export(path, file.with_name("small.jsonl"), after=26)


def test_a_changed_byte_anywhere_is_found(path: Path, file: Path) -> None:
    """A sample of the bytes."""
    small = small_export(path, file)
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201  (shown when the test fails)
    size = small.stat().st_size
    changed_bytes(small, iter(random.Random(seed).sample(range(size), 100)))


@pytest.mark.soak
def test_every_changed_byte_is_found(path: Path, file: Path) -> None:
    small = small_export(path, file)
    changed_bytes(small, iter(range(small.stat().st_size)))
