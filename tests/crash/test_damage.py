"""
A workspace that somebody damaged, or that has to forget: `verify` names the position.

Each change is made behind the journal's back, through a connection that drops the triggers and puts
them back. What the journal's own tests do to a store is done here to a workspace, through the CLI.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from journal import Journal
from tests.crash import workspace as ws
from tests.crash.campaign import Typist
from tests.crash.scenario import Stop

SECRET = "Unrepeatable-Secret-8842"


@contextmanager
def behind_its_back(root: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to the journal that nothing holds back."""
    with closing(sqlite3.connect(root / "data" / "journal.db", isolation_level=None)) as raw:
        sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = raw.execute(sql).fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        yield raw
        for _, text in triggers:
            raw.execute(text)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def flip_a_byte(raw: sqlite3.Connection, position: int) -> None:
    """Make another letter of one letter in a payload."""
    (payload,) = raw.execute(
        "SELECT payload FROM events WHERE position = ?", (position,)
    ).fetchone()
    middle = next(i for i in range(len(payload) // 2, len(payload)) if payload[i].isalnum())
    letter = "a" if payload[middle] != "a" else "b"
    changed = f"{payload[:middle]}{letter}{payload[middle + 1 :]}"
    raw.execute("UPDATE events SET payload = ? WHERE position = ?", (changed, position))


def drop(raw: sqlite3.Connection, position: int) -> None:
    """Take a line out."""
    raw.execute("DELETE FROM events WHERE position = ?", (position,))


def swap(raw: sqlite3.Connection, position: int) -> None:
    """Let a line and the next one change places."""
    for old, new in ((position, -1), (position + 1, position), (-1, position + 1)):
        raw.execute("UPDATE events SET position = ? WHERE position = ?", (new, old))


def cut(raw: sqlite3.Connection, position: int) -> None:
    """Cut the tail off."""
    raw.execute("DELETE FROM events WHERE position >= ?", (position,))


@pytest.mark.parametrize("damage", [flip_a_byte, drop, swap, cut])
def test_verify_names_the_position_of_damage(
    person: Typist,
    day: dict[str, Stop],
    damage: Callable[[sqlite3.Connection, int], None],
    tmp_path: Path,
) -> None:
    """Exit code 3, the position in words; and no verb writes onto a journal whose end is gone."""
    root = ws.copy_of(day["replay"].before, tmp_path / "w")
    position = ws.head(root) // 2
    with behind_its_back(root) as raw:
        damage(raw, position)
    done = person.type(root, "verify")
    assert done.code == 3, done
    assert str(position) in done.stdout, done
    assert "Hint:" in done.stderr, done
    if damage is cut:
        refused = person.type(root, "edit", "1", "--caption", "x", "--alt-text", "y")
        assert refused.code == 3, refused
        assert "verify" in refused.stderr, refused


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 3",
        "UPDATE events SET actor = 'Mallory' WHERE position = 3",
        "DELETE FROM events WHERE position = 3",
    ],
)
def test_sqlite_refuses_to_change_what_happened(day: dict[str, Stop], statement: str) -> None:
    """Also for a tool that knows nothing of this program."""
    path = day["replay"].before / "data" / "journal.db"
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as raw,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        raw.execute(statement)


def test_a_redacted_text_is_gone_from_every_file(
    person: Typist, day: dict[str, Stop], tmp_path: Path
) -> None:
    """Journal, WAL, read models and logs hold no byte of it; the chain is valid as before."""
    root = ws.copy_of(day["approve"].before, tmp_path / "w")
    edit = person.type(root, "edit", "1", "--caption", SECRET, "--alt-text", f"{SECRET} too")
    assert edit.code == 0, edit
    assert holding(root) != []
    told = [line for line in ws.events(root) if SECRET in str(line["payload"])]
    assert [line["type"] for line in told] == ["RunStarted", "TextEdited"]  # the command line, too
    with Journal.open(root / "data" / "journal.db") as journal:
        for number, line in enumerate(told):
            key = f"redact/{number}"
            journal.redact(line["position"], "asked for", key=key, run_id="r", step=1, actor="Ada")
    done = person.type(root, "status")
    assert done.code == 0, done
    assert holding(root) == []
    done = person.type(root, "verify")
    assert done.code == 0, done
    assert "2 of them redacted" in done.stdout


def holding(root: Path) -> list[str]:
    """Return the files that hold the secret."""
    secret = SECRET.encode()
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return [path.relative_to(root).as_posix() for path in files if secret in path.read_bytes()]
