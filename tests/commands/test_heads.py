"""`verify --head` and `--against`: a head kept elsewhere proves what the hashes alone cannot."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from journal import Journal
from journal.signing import open_key
from tests.commands.cli import Terminal
from tests.journal.damaging import behind_its_back, forge


@pytest.fixture
def elsewhere(terminal: Terminal, tmp_path: Path) -> Path:
    """The head of the workspace, on another disk as far as anybody can tell."""
    said = terminal.type("verify", "--head")
    assert 0 == said.code
    path = tmp_path / "head.jsonl"
    path.write_text(said.out)
    return path


def journal_of(terminal: Terminal) -> Path:
    return terminal.root / "data" / "journal.db"


def test_a_signed_head_is_one_line_for_a_file(terminal: Terminal) -> None:
    """Standard output holds nothing else; whose key it is and what to do stands beside it."""
    said = terminal.type("verify", "--head")
    (line,) = said.lines
    found = json.loads(line)
    assert ("head", 75) == (found["photojournal"], found["position"])
    assert f"Signed by key {open_key(journal_of(terminal)).fingerprint}" in said.err
    assert "photojournal verify --against FILE" in said.err


def test_a_head_kept_elsewhere_fits_also_when_the_journal_went_on(
    terminal: Terminal, elsewhere: Path
) -> None:
    """In a file of several, too, and from standard input."""
    terminal.type("pick", "3")
    more = terminal.type("verify", "--head").out
    elsewhere.write_text(f"{elsewhere.read_text()}\n{more}")
    said = terminal.type("verify", "--against", elsewhere)
    assert 0 == said.code, said.out + said.err
    assert f"Head: {elsewhere} line 1: nothing changed up to event 75" in said.lines
    assert f"Head: {elsewhere} line 3: nothing changed up to event 78" in said.lines
    assert 0 == terminal.type("verify", "--against", "-", stdin=more).code


def test_an_event_changed_with_all_hashes_made_anew_is_found(
    terminal: Terminal, elsewhere: Path
) -> None:
    """Nothing on the disk shows it any more, with read models made anew; the head does."""
    journal = journal_of(terminal)
    forge(journal, 20, payload_of(journal, 20).replace("0", "1"))
    for one in journal.parent.glob("review.db*"):
        one.unlink()
    assert 0 == terminal.type("verify").code
    assert 0 == terminal.type("verify", "--head").code
    said = terminal.type("verify", "--against", elsewhere)
    assert 3 == said.code
    assert any(line.startswith("journal: position 75: head: ") for line in said.lines)
    assert "an event up to here was changed since, and all hashes made anew" in said.out
    assert "Error: the journal is not what was appended" in said.err


def payload_of(journal: Path, position: int) -> str:
    with closing(sqlite3.connect(journal)) as db:
        query = "SELECT payload FROM events WHERE position = ?"
        found: str = db.execute(query, (position,)).fetchone()[0]
    return found


def test_a_cut_end_is_found_though_nothing_here_remembers_it(
    terminal: Terminal, elsewhere: Path
) -> None:
    """Lines, head file and read models gone together."""
    journal = journal_of(terminal)
    with behind_its_back(journal) as raw:
        raw.execute("DELETE FROM events WHERE position > 60")
    journal.with_suffix(".head").unlink()
    for one in journal.parent.glob("review.db*"):
        one.unlink()
    said = terminal.type("verify", "--against", elsewhere)
    assert 3 == said.code
    assert "ends at 60" in said.out
    assert "was signed at 75: the end is missing" in said.out


def test_a_changed_head_proves_nothing(terminal: Terminal, elsewhere: Path) -> None:
    """Exit code 5: the journal is whole, what was kept is not."""
    elsewhere.write_text(elsewhere.read_text().replace('"position":75', '"position":74'))
    said = terminal.type("verify", "--against", elsewhere)
    assert 5 == said.code
    assert "heads: " in said.out
    assert "the line was changed after it was signed" in said.out


def test_the_head_of_another_journal_is_called_so(
    terminal: Terminal, elsewhere: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    terminal.type_anywhere("init", other)
    said = terminal.type_anywhere("-w", other, "verify", "--against", elsewhere)
    assert 5 == said.code
    assert "it is of journal " in said.out


@pytest.mark.parametrize("text", ["", "\n", "{}\n", "[1]\n", '{"photojournal":"head"}\n', "\xff"])
def test_what_is_no_head_is_refused(terminal: Terminal, tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text)
    said = terminal.type("verify", "--against", tmp_path / "x")
    assert 2 == said.code
    assert "Hint: give it what `photojournal verify --head` printed" in said.err
    assert 2 == terminal.type("verify", "--against", tmp_path / "nowhere").code


def test_a_damaged_journal_is_not_signed(terminal: Terminal) -> None:
    with behind_its_back(journal_of(terminal)) as raw:
        raw.execute("UPDATE events SET actor = 'Mallory' WHERE position = 8")
    said = terminal.type("verify", "--head")
    assert (3, "") == (said.code, said.out)
    assert "position 8: line" in said.err
    assert "nothing was signed" in said.err


def test_another_key_is_said_to_be_another_one(terminal: Terminal, elsewhere: Path) -> None:
    """Somebody made a new key: the head still proves the journal, the signature is not ours."""
    for ending in (".key", ".pub"):
        journal_of(terminal).with_suffix(ending).unlink()
    assert 0 == terminal.type("verify", "--head").code
    said = terminal.type("verify", "--against", elsewhere)
    assert 0 == said.code
    assert "compare the first with what you noted" in said.err


def test_a_key_that_is_gone_is_an_error_with_a_way_out(terminal: Terminal) -> None:
    journal_of(terminal).with_suffix(".key").unlink()
    said = terminal.type("verify", "--head")
    assert (2, "") == (said.code, said.out)
    assert f"Error: the signing key {journal_of(terminal).with_suffix('.key')} is gone" in said.err
    assert "Hint: Bring journal.key back from a backup." in said.err


def test_questions_that_do_not_go_together_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    assert 2 == terminal.type("verify", "--head", "--remote").code
    assert 2 == terminal.type("verify", "--head", "--against", tmp_path).code


# --- what else `verify` names


def test_read_models_remember_events_that_the_journal_lost(terminal: Terminal) -> None:
    """journal.db was replaced by an older copy, and the head file is gone with the rest."""
    data = terminal.root / "data"
    shutil.copy(data / "journal.db", data / "old.db")
    terminal.type("pick", "3")
    for one in data.glob("journal.db*"):
        one.unlink()
    (data / "journal.head").unlink()
    (data / "old.db").rename(data / "journal.db")
    said = terminal.type("verify")
    assert 3 == said.code
    assert (
        "journal: position 76: tail: ends at 75, but the read models were made from 78" in said.out
    )
    assert "Warning: journal.db looks like a copy of this file alone" in said.err


def test_all_faults_are_named_at_once(terminal: Terminal) -> None:
    """Two damaged events, and an object that is not what its name says."""
    with behind_its_back(journal_of(terminal)) as raw:
        raw.execute("UPDATE events SET actor = 'Mallory' WHERE position = 8")
        raw.execute("UPDATE events SET step = 99 WHERE position = 30")
    objects = terminal.root / "data" / "objects"
    spoilt = next(one for one in sorted(objects.rglob("*")) if one.is_file())
    spoilt.write_bytes(b"something else")
    problems = terminal.type("verify", "--json").json["problems"]
    assert {8, 30} <= {one["position"] for one in problems}
    assert ["damaged"] == [one["problem"] for one in problems if one["part"] == "objects"]


def test_read_models_remember_that_an_event_was_another_one(terminal: Terminal) -> None:
    """All hashes were made anew, and nobody thought of the read models."""
    journal = journal_of(terminal)
    forge(journal, 20, payload_of(journal, 20).replace("0", "1"))
    said = terminal.type("verify")
    assert 3 == said.code
    assert "rewritten: the read models were made from another event 75" in said.out


def test_reservations_that_fit_no_row_are_named(terminal: Terminal) -> None:
    """Sound lines, but a name stands for a row that is not there, and is taken by another one."""
    journal = journal_of(terminal)
    with closing(sqlite3.connect(journal)) as db:
        query = "SELECT position FROM events WHERE type = 'NameReserved' ORDER BY position"
        second = db.execute(query).fetchall()[1][0]
    forge(journal, second, payload_of(journal, second).replace('"row":2', '"row":77'))
    for one in journal.parent.glob("review.db*"):
        one.unlink()
    said = terminal.type("verify")
    assert 5 == said.code
    assert "reserved for row 77, which is not there" in said.out
    assert "row 2 takes it, but it is row 77's" in said.out


def test_an_event_of_a_newer_version_is_no_damage(terminal: Terminal) -> None:
    """Exit code 3, since not everything can be read; the way out is not a backup."""
    journal = journal_of(terminal)
    with behind_its_back(journal) as raw:
        raw.execute("UPDATE events SET type = 'Teleported' WHERE position = 75")
    forge(journal, 75, "{}")
    said = terminal.type("verify")
    assert 3 == said.code
    assert "journal: position 75: undecodable: Teleported" in said.out
    assert "Hint: the chain holds; a newer photojournal wrote them: install that one" in said.err
    assert "restore" not in said.err
    with Journal.open(journal, readonly=True) as opened:
        assert 75 == opened.head.position
