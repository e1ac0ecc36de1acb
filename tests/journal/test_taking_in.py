"""What an import does with what was redacted, with an interruption, and beside others."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from journal import Journal, SegmentRefused
from journal.importing import plan, take_in
from journal.segments import close
from journal.signing import open_key
from journal.verify import verify
from tests.journal.exports import append, bring, diverge, export, refused, stored
from tests.journal.stores import Appender, rejected

# --- what was redacted


def redact(path: Path, position: int) -> None:
    with Journal.open(path, min_free_bytes=0) as journal:
        key = f"redact/{position}"
        journal.redact(position, "asked for", key=key, run_id="r", step=1, actor="Ada")


def holds(path: Path, text: str) -> bool:
    return any(text.encode() in one.read_bytes() for one in path.parent.glob("journal.db*"))


def test_what_is_redacted_stays_so_in_the_copy(path: Path, empty: Path, tmp_path: Path) -> None:
    redact(path, 7)
    file = export(path, tmp_path / "e.jsonl")
    assert "naïve 6," not in file.read_text("utf-8")
    bring(file, empty)
    assert (True, 1) == (verify(empty).ok, verify(empty).redacted)
    assert stored(path) == stored(empty)


def test_what_was_exported_before_it_was_redacted_is_redacted_in_the_copy(
    path: Path, file: Path, empty: Path, tmp_path: Path
) -> None:
    """No byte of it stays in the copy, whether it was there already or comes with the rest."""
    redact(path, 7)
    rest = export(path, tmp_path / "rest.jsonl", after=30)
    both = tmp_path / "both.jsonl"
    both.write_bytes(file.read_bytes() + rest.read_bytes())
    late = Path(shutil.copytree(empty.parent, tmp_path / "late")) / "journal.db"
    bring(both, empty)
    assert not holds(empty, "naïve 6,")
    bring(file, late)
    assert holds(late, "naïve 6,")
    assert 1 == bring(rest, late).new
    assert not holds(late, "naïve 6,")
    assert stored(path) == stored(late) == stored(empty)


def test_a_redacted_payload_that_no_event_tells_of_is_refused(
    file: Path, path: Path, empty: Path
) -> None:
    """Signed by whoever did it: a payload may not be left out in silence."""
    *lines, _ = file.read_bytes().splitlines(keepends=True)
    event = json.loads(lines[11])
    event["payload"] = {"redacted": True}
    lines[11] = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    content = b"".join(lines)
    file.write_bytes(content + close(30, content, open_key(path)))
    why = refused(file, empty)
    assert "line 12, position 11: the payload is redacted, and no event says so" in why


# --- interrupted, and meanwhile


PROGRAM = """
import sys
from pathlib import Path
from journal.importing import plan, take_in
file, path = map(Path, sys.argv[1:])
take_in(plan([file], path, lambda _: None), path, 0, lambda _: None)
"""


def test_a_killed_import_leaves_whole_segments_and_goes_on(
    path: Path, empty: Path, tmp_path: Path
) -> None:
    """Killed right before the second of three segments is committed."""
    file = export(path, tmp_path / "three.jsonl")
    for first in (30, 35):
        append(path, first, first + 5)
        export(path, file, after=first)
    command = [sys.executable, "-c", PROGRAM, str(file), str(empty)]
    killed = subprocess.run(
        command,
        env={**os.environ, "PHOTOJOURNAL_CRASH_AT": "journal.import.before_commit:2"},
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    assert killed.returncode != 0
    assert stored(path)[:30] == stored(empty)
    assert 10 == bring(file, empty).new
    assert stored(path) == stored(empty)
    assert verify(empty).ok


def test_a_journal_that_was_appended_to_meanwhile_is_left_alone(
    path: Path, file: Path, empty: Path, tmp_path: Path
) -> None:
    bring(file, empty)
    append(path, 30, 34)
    found = plan([export(path, tmp_path / "longer.jsonl")], empty, lambda _: None)
    diverge(empty)
    before = stored(empty)
    with pytest.raises(SegmentRefused, match="appended to meanwhile, and ends at 31"):
        take_in(found, empty, 0, lambda _: None)
    assert before == stored(empty)


def test_other_writers_go_on_after_an_import(path: Path, file: Path, empty: Path) -> None:
    """A process that had the journal open all the time notices, and numbers on."""
    bring(file, empty)
    append(path, 30, 34)
    longer = export(path, file.with_name("longer.jsonl"))
    with Journal.open(empty, min_free_bytes=0) as other:
        assert 30 == other.head.position
        bring(longer, empty)
        assert (35,) == Appender(other)(rejected("row/9", 0), key="other/1")
    assert verify(empty).ok


def test_a_lost_tail_comes_back_from_an_export(path: Path, file: Path, tmp_path: Path) -> None:
    """The head file remembers it until then."""
    old = Path(shutil.copytree(path.parent, tmp_path / "old"))
    append(path, 30, 35)
    longer = export(path, tmp_path / "longer.jsonl")
    for one in path.parent.glob("journal.db*"):
        one.unlink()
    shutil.copy(old / "journal.db", path)
    assert not verify(path).ok
    bring(file, path)
    assert not verify(path).ok
    assert 5 == bring(longer, path).new
    assert verify(path).ok
