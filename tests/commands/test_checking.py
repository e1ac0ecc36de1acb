"""replay, verify, doctor, backup: is everything what it was, and what if not."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.objects import Objects
from tests.commands.cli import Terminal
from tests.commands.test_story import spoil


def drift(root: Path, statement: str) -> None:
    """Write into the read models by hand."""
    with closing(sqlite3.connect(root / "data" / "review.db")) as db, db:
        db.execute(statement)


def test_no_drift(terminal: Terminal) -> None:
    """Exit code 0, and words."""
    said = terminal.type("replay", "--check")
    assert 0 == said.code
    assert "No drift: every cell is what the journal says (position 75)." == said.lines[-1]
    assert [] == terminal.type("replay", "--check", "--json").json


def test_drift_is_named_cell_by_cell_and_mended(terminal: Terminal) -> None:
    """Exit code 5, every differing cell; `replay` makes it right again."""
    terminal.type("queue")
    drift(terminal.root, "UPDATE review_queue SET QR = 1.5, Caption = 'x' WHERE id = 3")
    drift(terminal.root, "DELETE FROM photos_info")
    said = terminal.type("replay", "--check")
    assert 5 == said.code
    assert (
        "Error: 3 cells differ from what the journal says\nHint: photojournal replay\n" == said.err
    )
    assert "review_queue  3  QR  1.5  9.16" in said.plain()
    found = terminal.type("replay", "--check", "--json").json
    assert {
        ("review_queue", "3", "QR"),
        ("review_queue", "3", "Caption"),
        ("photos_info", "1", ""),
    } == {(one["table"], one["key"], one["column"]) for one in found}
    said = terminal.type("replay")
    assert 0 == said.code
    assert "3 cells had drifted and are right again." == said.lines[-1]
    assert 0 == terminal.type("replay", "--check").code
    assert "Nothing changed: every cell was right." == terminal.type("replay").lines[-1]


def test_the_read_models_of_then_go_into_a_file(terminal: Terminal, tmp_path: Path) -> None:
    """With --until and --into; nothing is overwritten."""
    target = tmp_path / "then.db"
    said = terminal.type("replay", "--until", "20", "--into", target)
    assert 0 == said.code
    assert f"As of position 20: 4 rows in {target}" == said.lines[1]
    with closing(sqlite3.connect(target)) as db:
        assert [("Queued", 4)] == db.execute(
            "SELECT Review_Status, count(*) FROM review_queue GROUP BY 1"
        ).fetchall()
    assert 2 == terminal.type("replay", "--into", target).code
    assert 4 == terminal.type("replay", "--into", tmp_path / "nowhere" / "x.db").code


@pytest.mark.parametrize(
    "words", [["2"], ["--step"], ["--until", "3"], ["--check", "--into", "x"], ["2", "--check"]]
)
def test_replay_does_one_thing_at_a_time(terminal: Terminal, words: list[str]) -> None:
    """Options that do not go together are refused."""
    assert 2 == terminal.type("replay", *words).code


def test_verify_of_a_sound_workspace(terminal: Terminal) -> None:
    """What was checked, the head to note elsewhere, exit code 0."""
    said = terminal.type("verify")
    assert 0 == said.code
    assert [
        "Workspace WORKSPACE",
        "Journal: 75 events, head SHA256",
        "Objects: 8 objects named by events",
        "Everything is as it was: journal, reservations, read models, objects.",
    ] == said.plain(terminal.root).splitlines()
    found = terminal.type("verify", "--json").json
    assert (75, [], True) == (found["events"], found["problems"], found["lines_checked"])


def test_verify_names_the_damaged_position(terminal: Terminal) -> None:
    """Exit code 3; read models and objects are not compared with what is damaged."""
    spoil(terminal.root, 8, "actor", "somebody else")
    said = terminal.type("verify")
    assert 3 == said.code
    assert any(line.startswith("journal: position 8: ") for line in said.lines), said.out
    assert "Error: the journal is not what was appended" in said.err
    assert "Hint: " in said.err
    problems = terminal.type("verify", "--json").json["problems"]
    assert 8 in {one["position"] for one in problems}


def test_verify_names_drift(terminal: Terminal) -> None:
    """Exit code 5."""
    terminal.type("queue")
    drift(terminal.root, "UPDATE review_queue SET Caption = 'x' WHERE id = 3")
    said = terminal.type("verify")
    assert 5 == said.code
    assert "read models: review_queue/3/Caption: drift: 'x', the journal says 'Harbour" in said.out
    assert "Hint: photojournal replay" in said.err


def test_verify_names_objects_that_are_gone_damaged_or_strange(terminal: Terminal) -> None:
    """Exit code 5, and the row that each belongs to."""
    objects = Objects(terminal.root / "data" / "objects")
    row = terminal.type("show", "2", "--json").json
    web, thumb = (objects.path(one["sha256"]) for one in row["renditions"])
    web.unlink()
    thumb.write_bytes(b"something else")
    (objects.folder / "stranger").touch()
    said = terminal.type("verify")
    assert 5 == said.code
    assert f"objects: row 2: picture web: gone: {web.name}" in said.lines
    assert any(line.startswith("objects: row 2: picture thumb: damaged") for line in said.lines)
    assert any(line.startswith("objects: stranger: stray") for line in said.lines)
    assert "Hint: pictures are made again: photojournal retry 2 --stage resize" in said.err


def test_a_cut_tail_is_found_and_accepted_on_purpose(terminal: Terminal) -> None:
    """An old copy of the journal: refused with exit code 3 until a person accepts it."""
    data = terminal.root / "data"
    shutil.copy(data / "journal.db", data / "old.db")
    terminal.type("pick", "3")
    for path in data.glob("journal.db*"):
        path.unlink()
    (data / "old.db").rename(data / "journal.db")
    said = terminal.type("queue")
    assert 3 == said.code
    assert "photojournal verify --accept-head" in said.err
    said = terminal.type("verify")
    assert 3 == said.code
    assert "78 was noted" in said.out
    said = terminal.type("verify", "--accept-head", "--reason", "restored after a test")
    assert 0 == said.code, said.err
    assert 0 == terminal.type("verify").code
    assert 0 == terminal.type("pick", "3").code
    told = terminal.type("events", "--type", "HeadAccepted", "--json").json
    assert ["restored after a test"] == [one["payload"]["reason"] for one in told]


def test_a_sound_head_needs_no_acceptance(terminal: Terminal) -> None:
    """Nothing is appended where nothing is missing."""
    before = terminal.head()
    said = terminal.type("verify", "--accept-head")
    assert (0, "Nothing changed: the journal ends where it was noted.") == (
        said.code,
        said.lines[-1],
    )
    assert before == terminal.head()


def trials(terminal: Terminal) -> dict[str, Any]:
    """Return doctor's lines by name."""
    return {one["name"]: one for one in terminal.type("doctor", "--json").json}


def test_doctor_tries_everything_and_appends_nothing(terminal: Terminal) -> None:
    """One line each; the gallery is as it was afterwards."""
    before = terminal.head(), terminal.files()
    said = terminal.type("doctor")
    assert 0 == said.code, said.out
    names = [line[5:20].strip() for line in said.lines[1:] if not line.startswith(" ")]
    assert [
        "versions",
        "sqlite",
        "workspace",
        "disk",
        "journal",
        "read models",
        "runs",
        "backup",
        "crashes",
        "libraries",
        "gallery folder",
        "gallery table",
        "exiftool",
        "ollama",
        "scoring",
    ] == names
    assert before == (terminal.head(), terminal.files())


@pytest.mark.usefixtures("few_libraries")
def test_doctor_asks_for_a_backup(terminal: Terminal) -> None:
    """None yet is a warning with a hint; a fresh one is well."""
    found = trials(terminal)["backup"]
    assert ("warn", "none yet") == (found["state"], found["detail"])
    assert found["hint"]
    terminal.type("backup")
    found = trials(terminal)["backup"]
    assert "ok" == found["state"]
    assert "0 days ago, 0 events since, with 8 objects: " in found["detail"]
    assert found["detail"].endswith(" (on the same disk)")
    terminal.type("backup")
    oldest = min(one.name for one in (terminal.root / "data" / "backups").glob("2*"))
    found = trials(terminal)["backup"]
    assert found["detail"].endswith(f" (on the same disk, 1 of 2, since {oldest})")


@pytest.mark.usefixtures("few_libraries")
def test_doctor_warns_about_a_backup_that_lacks_objects(terminal: Terminal, tmp_path: Path) -> None:
    """Until the next one has them again; a disk that was taken away is said."""
    objects = Objects(terminal.root / "data" / "objects")
    lost = next(objects.all())
    content = objects.get(lost)
    objects.path(lost).unlink()
    assert 10 == terminal.type("backup", tmp_path / "usb").code
    found = trials(terminal)["backup"]
    assert ("warn", True) == (found["state"], "with 7 objects, 1 missing" in found["detail"])
    objects.put(content)
    assert 0 == terminal.type("backup", tmp_path / "usb").code
    shutil.rmtree(tmp_path / "usb")
    found = trials(terminal)["backup"]
    assert ("ok", True) == (found["state"], found["detail"].endswith(" (not there now)"))


@pytest.mark.usefixtures("few_libraries")
def test_doctor_names_what_fails_and_goes_on(terminal: Terminal) -> None:
    """A gallery that cannot be written and a disk that is low: exit code 4, all lines are there."""
    (terminal.root / "photojournal.toml").write_text('[journal]\nmin_free = "900000 GiB"\n')
    shutil.rmtree(terminal.root / "site")
    (terminal.root / "site").touch()
    said = terminal.type("doctor")
    assert 4 == said.code
    states = {line[5:20].strip(): line[:4].strip() for line in said.lines[1:] if line[0] != " "}
    assert "fail" == states["disk"] == states["gallery folder"] == states["gallery table"]
    assert "ollama" in states
    assert "Hint: free some space on the disk of data/" in said.out


@pytest.mark.usefixtures("few_libraries")
def test_doctor_of_a_damaged_journal(terminal: Terminal) -> None:
    """Exit code 3; what does not need the journal is tried all the same."""
    data = terminal.root / "data"
    shutil.copy(data / "journal.db", data / "old.db")
    terminal.type("pick", "3")
    (data / "old.db").replace(data / "journal.db")
    for ending in ("-wal", "-shm"):
        (data / f"journal.db{ending}").unlink(missing_ok=True)
    said = terminal.type("doctor")
    assert 3 == said.code
    assert any(line.startswith("fail journal") for line in said.lines)
    assert any(line.startswith("ok   libraries") for line in said.lines)


@pytest.mark.usefixtures("few_libraries")
def test_doctor_points_at_tracebacks(terminal: Terminal) -> None:
    """A crash file that was written to is a warning."""
    (terminal.root / "data" / "crash_runtime.log").write_text("Traceback\n")
    assert "warn" == trials(terminal)["crashes"]["state"]
