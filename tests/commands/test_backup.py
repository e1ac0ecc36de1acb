"""`backup`, `backup --check` and `restore`, as a person meets them."""

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from adapters.objects import Objects
from driver.backups import backups_in
from journal.locks import ProcessLock
from journal.signing import open_key
from journal.verify import verify
from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES

LOGO = b"a picture of a logo"


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    """A folder on another disk, as far as anybody can tell."""
    return tmp_path / "usb"


def backed_up(terminal: Terminal, place: Path) -> Path:
    """Make a backup and return its folder."""
    said = terminal.type("backup", place)
    assert 0 == said.code, said.err
    return backups_in(place)[-1]


def flip(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def queue(terminal: Terminal, root: Path) -> Any:
    return terminal.type_anywhere("-w", root, "queue", "--json").json


# --- making one


def test_a_backup_is_journal_objects_settings_and_a_manifest(terminal: Terminal, usb: Path) -> None:
    """And nothing else: no password, nothing that can be made again. An event says so."""
    (terminal.root / "credentials.toml").write_text('password = "Sesame, open"\n')
    (terminal.root / "vocabulary.toml").write_text('categories = ["Travel"]\n')
    (terminal.root / "marks").mkdir()
    (terminal.root / "marks" / "logo.png").write_bytes(LOGO)
    settings = terminal.root / "photojournal.toml"
    mark = '[resize.watermark]\nimage = "marks/logo.png"\n[resize.renditions.large]\n'
    mark += 'size = "300x300"\nwatermark = true\n'
    settings.write_text(settings.read_text() + mark)
    said = terminal.type("backup", usb)
    (made,) = backups_in(usb)
    assert "Backed up 75 events and 8 objects (8 new), verified:" == said.lines[1]
    assert f"  {made}" == said.lines[2]
    assert "It lies on the same disk as the workspace. Keep a copy on another one." in said.lines
    assert 0 == said.code
    assert {
        "journal.db",
        "manifest.json",
        "settings/marks/logo.png",
        "settings/data/journal.key",
        "settings/data/journal.pub",
        "settings/photojournal.toml",
        "settings/vocabulary.toml",
    } == {one.relative_to(made).as_posix() for one in made.rglob("*") if one.is_file()}
    assert {"objects", ".lock", made.name} == {one.name for one in usb.iterdir()}
    assert not [one for one in usb.rglob("*") if one.is_file() and b"Sesame" in one.read_bytes()]
    assert verify(made / "journal.db").ok
    assert 8 == sum(1 for _ in Objects(usb / "objects").all())
    (told,) = terminal.type("events", "--type", "BackedUp", "--json").json
    payload = told["payload"]
    assert (75, 8, 0) == tuple(payload[name] for name in ("position", "objects", "missing"))
    assert str(made) == payload["target"]


def test_the_key_that_signs_comes_back_and_stays_private(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """A restored workspace signs as the first one did; nobody else may read any copy of the key."""
    before = open_key(terminal.root / "data" / "journal.db")
    made = backed_up(terminal, usb)
    assert 0 == terminal.type_anywhere("restore", usb, tmp_path / "again").code
    after = open_key(tmp_path / "again" / "data" / "journal.db")
    assert before.public == after.public
    if os.name != "nt":
        kept = made / "settings" / "data" / "journal.key"
        assert 0o600 == stat.S_IMODE(kept.stat().st_mode)


def test_the_certificate_of_an_authority_is_in_it_or_named(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """Without it no server is trusted: one outside the workspace has to be brought along."""
    away = tmp_path / "away.pem"
    for file in (away, terminal.root / "ours.pem"):
        file.write_text("a certificate")
    settings = terminal.root / "photojournal.toml"
    keys = f'[publish.ftp]\nca_file = "ours.pem"\n[publish.mysql]\nca_file = "{away.as_posix()}"\n'
    settings.write_text(settings.read_text() + keys)
    assert f"{away} lies outside the workspace" in terminal.type("backup", usb).err
    away.unlink()
    said = terminal.type_anywhere("restore", usb, tmp_path / "again")
    assert "a certificate" == (tmp_path / "again" / "ours.pem").read_text()
    assert f"{away}, which [publish.mysql] ca_file names" in said.err


def test_the_manifest_names_every_file_with_hash_and_size(terminal: Terminal, usb: Path) -> None:
    """It can be read without this program."""
    made = backed_up(terminal, usb)
    manifest = json.loads((made / "manifest.json").read_text())
    assert (1, 75) == (manifest["format"], manifest["position"])
    assert {"program", "made_at", "journal", "head"} <= manifest.keys()
    for one in manifest["files"]:
        assert one["size_bytes"] == (made / one["path"]).stat().st_size
    for one in manifest["objects"]:
        path = usb / "objects" / one["sha256"][:2] / one["sha256"]
        assert one["size_bytes"] == path.stat().st_size


def test_the_next_backup_copies_what_is_new(terminal: Terminal, usb: Path) -> None:
    """Objects that lie there are not written again; each backup has a journal of its own."""
    backed_up(terminal, usb)
    before = {one.path: one.path.stat().st_mtime_ns for one in Objects(usb / "objects").standing()}
    terminal.type("publish", "2", "--yes")
    said = terminal.type("backup", usb)
    assert "10 objects (2 new)" in said.lines[1]
    assert (
        before.items()
        <= {
            one.path: one.path.stat().st_mtime_ns for one in Objects(usb / "objects").standing()
        }.items()
    )
    first, second = backups_in(usb)
    assert f"2 backups there, the oldest {first.name}; none is ever removed:" in said.lines
    assert verify(first / "journal.db").head.position < verify(second / "journal.db").head.position


def test_originals_that_are_only_referenced_are_counted(terminal: Terminal) -> None:
    """By default in data/backups; what keeps them is said."""
    said = terminal.type("backup")
    (line,) = [one for one in said.lines if one.startswith("Not in it: ")]
    assert line.startswith("Not in it: 4 originals (")
    assert "[ingest] copy = true" in line
    assert 1 == len(backups_in(terminal.root / "data" / "backups"))


def test_what_the_workspace_lacks_is_named_and_stops_nothing_else(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """Exit code 10; what an earlier backup has is still in this one."""
    backed_up(terminal, tmp_path / "older")
    objects = Objects(terminal.root / "data" / "objects")
    gone, damaged = sorted(objects.all())[:2]
    objects.path(gone).unlink()
    flip(objects.path(damaged))
    said = terminal.type("backup", usb)
    assert 10 == said.code
    assert "and 6 objects (6 new)" in said.lines[1]
    assert f"object {gone[:12]}… is gone\n" in said.err
    assert f"object {damaged[:12]}… is damaged\n" in said.err
    assert "Hint: " in said.err
    assert {gone, damaged}.isdisjoint(Objects(usb / "objects").all())
    said = terminal.type("backup", tmp_path / "older")
    assert "and 8 objects (0 new)" in said.lines[1]
    assert (10, 1) == (said.code, said.err.count("Error: "))
    assert "is gone; the backup has it from an earlier one" in said.err


@pytest.mark.parametrize("name", ["mine.db", "a file"])
def test_a_backup_is_no_file(terminal: Terminal, tmp_path: Path, name: str) -> None:
    """As it once was: the error says where the journal is now."""
    if name == "a file":
        (tmp_path / name).touch()
    before = terminal.head()
    said = terminal.type("backup", tmp_path / name)
    assert (2, before) == (said.code, terminal.head())
    assert f"{tmp_path / name} is a file: a backup is a folder" in said.err
    assert "Hint: name a folder for the backups: photojournal backup FOLDER" in said.err


def test_odd_places_are_refused_with_a_way_out(terminal: Terminal, tmp_path: Path) -> None:
    """A disk that is not mounted, the workspace, its objects, its site, what is written to."""
    said = terminal.type("backup", tmp_path / "no disk" / "backups")
    assert (2, True) == (said.code, "is the disk mounted?" in said.err)
    assert 2 == terminal.type("backup", terminal.root).code
    assert 2 == terminal.type("backup", terminal.root / "data" / "objects" / "b").code
    assert 2 == terminal.type("backup", terminal.root / "site" / "backups").code
    (tmp_path / "busy").mkdir()
    lock = ProcessLock(tmp_path / "busy" / ".lock")
    assert lock.try_acquire()
    said = terminal.type("backup", tmp_path / "busy")
    lock.close()
    assert (2, True) == (said.code, "another process makes a backup" in said.err)


def test_two_workspaces_do_not_share_a_folder(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """Nobody could tell whose the latest backup is."""
    backed_up(terminal, usb)
    terminal.type_anywhere("init", tmp_path / "other")
    said = terminal.type_anywhere("-w", tmp_path / "other", "backup", usb)
    assert 2 == said.code
    assert f"Error: {usb} keeps the backups of another workspace" in said.err


# --- checking


def test_a_whole_backup_is_said_to_be_whole(
    terminal: Terminal, usb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there is no workspace any more, and though nobody may write there."""
    backed_up(terminal, usb)
    backed_up(terminal, usb)
    shutil.rmtree(terminal.root)
    monkeypatch.chdir(tmp_path)
    said = terminal.type_anywhere("backup", "--check", usb)
    assert (0, "", 2) == (said.code, said.err, said.out.count(": whole (7"))
    said = terminal.type_anywhere("backup", "--check", backups_in(usb)[0])
    assert (0, 1) == (said.code, len(said.lines))


@pytest.mark.parametrize("what", ["object", "journal.db", "settings/photojournal.toml"])
@pytest.mark.parametrize("how", ["flipped", "gone"])
def test_what_differs_is_named_and_never_restored(
    terminal: Terminal, usb: Path, tmp_path: Path, what: str, how: str
) -> None:
    """One byte, or the file: exit code 5, and no workspace is begun."""
    made = backed_up(terminal, usb)
    path = made / what
    if what == "object":
        objects = Objects(usb / "objects")
        path = objects.path(next(objects.all()))
    (flip if how == "flipped" else os.unlink)(path)
    said = terminal.type_anywhere("backup", "--check", usb)
    assert (5, "") == (said.code, said.out)
    words = "has SHA-256" if how == "flipped" else "is not there"
    assert f"Error: {path} {words}" in said.err
    said = terminal.type_anywhere("restore", usb, tmp_path / "new")
    assert 5 == said.code
    assert f"damaged, nothing was restored: {path} {words}" in said.err
    assert not (tmp_path / "new").exists()


def test_an_older_backup_is_restored_where_the_newest_is_damaged(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """By its name; without a manifest, or with a torn one, it is no backup."""
    older = backed_up(terminal, usb)
    newer = backed_up(terminal, usb)
    manifest = newer / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-9])
    for _ in range(2):
        assert 5 == terminal.type_anywhere("backup", "--check", usb).code
        said = terminal.type_anywhere("restore", usb, tmp_path / "new")
        assert (5, False) == (said.code, (tmp_path / "new").exists())
        manifest.unlink(missing_ok=True)
    said = terminal.type_anywhere("restore", usb, tmp_path / "new", "--at", older.name)
    assert 0 == said.code, said.err
    assert said.lines[0].endswith(f"from backup {older.name}:")
    said = terminal.type_anywhere("restore", usb, tmp_path / "newer", "--at", "yesterday")
    assert (2, True) == (said.code, older.name in said.err)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("settings/photojournal.toml", "settings/../../../photojournal.toml"),
        ("settings/photojournal.toml", "photojournal.toml"),
        ('"path":"journal.db"', '"path":"settings/journal.db"'),
        ('"position":75', '"position":-1'),
    ],
)
def test_a_manifest_that_leads_elsewhere_is_none(
    terminal: Terminal, usb: Path, tmp_path: Path, old: str, new: str
) -> None:
    """Whoever wrote it: nothing lands outside of the new workspace."""
    manifest = backed_up(terminal, usb) / "manifest.json"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))
    said = terminal.type_anywhere("restore", usb, tmp_path / "new")
    assert (5, False) == (said.code, (tmp_path / "new").exists())
    assert f"Error: {manifest} cannot be read: " in said.err


def test_a_backup_of_a_later_version_is_left_to_that_version(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """Whatever else stands there."""
    manifest = backed_up(terminal, usb) / "manifest.json"
    manifest.write_text('{"format": 2, "files": "many"}')
    said = terminal.type_anywhere("restore", usb, tmp_path / "new")
    assert (2, True) == (said.code, "install a newer photojournal" in said.err)


# --- restoring


def test_a_restored_workspace_is_the_one_that_was_backed_up(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """At another path, the first one gone: verified, replayed, the same queue, and work goes on."""
    before = queue(terminal, terminal.root)
    history = terminal.type("history", "2", "--json").json
    made = backed_up(terminal, usb)
    shutil.rmtree(terminal.root)
    new = tmp_path / "another place" / "pictures"
    said = terminal.type_anywhere("restore", usb, new)
    assert 0 == said.code, said.err
    assert f"Restored 75 events and 8 objects from backup {made.name}:" == said.lines[0]
    assert "Not in a backup: passwords, and the pictures in site/." in said.lines
    assert f"To have these again: photojournal -w '{new}' repair --remote" in said.lines
    assert 0 == terminal.type_anywhere("-w", new, "verify").code
    assert 0 == terminal.type_anywhere("-w", new, "replay", "--check").code
    assert before == queue(terminal, new)
    assert history == terminal.type_anywhere("-w", new, "history", "2", "--json").json
    (told,) = terminal.type_anywhere("-w", new, "events", "--type", "Restored", "--json").json
    assert (75, made.name) == (told["payload"]["position"], told["payload"]["backup"])
    assert not (new / "restoring.json").exists()
    assert 5 == terminal.type_anywhere("-w", new, "verify", "--remote").code
    assert 0 == terminal.type_anywhere("-w", new, "repair", "--remote", "--yes").code
    assert 0 == terminal.type_anywhere("-w", new, "verify", "--remote").code
    assert 0 == terminal.type_anywhere("-w", new, "publish", "2", "--yes").code
    assert 0 == terminal.type_anywhere("-w", new, "backup", usb).code
    assert 2 == len(backups_in(usb))


def test_nothing_is_ever_restored_over_something(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """A workspace, a folder with a file, a file; an empty folder is welcome."""
    backed_up(terminal, usb)
    before = terminal.head(), terminal.files()
    said = terminal.type_anywhere("restore", usb, terminal.root)
    assert (2, before) == (said.code, (terminal.head(), terminal.files()))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "letter.txt").touch()
    assert 2 == terminal.type_anywhere("restore", usb, folder).code
    assert 2 == terminal.type_anywhere("restore", usb, folder / "letter.txt").code
    assert ["letter.txt"] == [one.name for one in folder.iterdir()]
    (folder / "letter.txt").unlink()
    assert 0 == terminal.type_anywhere("restore", usb, folder).code


def test_originals_that_are_not_where_they_were_are_asked_for(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """A count, an example and the command; those that are still there are not spoken of."""
    photos = terminal.root / "photos"
    photos.mkdir()
    for name in ("coffee.jpg", "china.jpg"):
        sample = (SAMPLES / name).read_bytes() + b"another"
        (photos / name).write_bytes(sample)
    labels = ("--category", "Food", "--subject", "Cup", "--location", "Delft", "--new")
    assert 0 == terminal.type("ingest", photos, *labels, "--yes").code
    backed_up(terminal, usb)
    new = tmp_path / "new"
    said = terminal.type_anywhere("restore", usb, new)
    assert 0 == said.code
    asked = f"Not where they were: 2 originals, such as {new / 'photos' / 'china.jpg'}."
    hint = f"Hint: photojournal -w {new} relink {new / 'photos'} WHERE-THEY-LIE-NOW"
    assert [asked, hint] == said.lines[4:6]


def test_what_the_backup_lacks_is_said_when_it_is_restored(
    terminal: Terminal, usb: Path, tmp_path: Path
) -> None:
    """Exit code 10; `verify` names what is gone."""
    objects = Objects(terminal.root / "data" / "objects")
    objects.path(next(objects.all())).unlink()
    assert 10 == terminal.type("backup", usb).code
    said = terminal.type_anywhere("restore", usb, tmp_path / "new")
    assert (10, True) == (said.code, "1 object was missing when it was made" in said.err)
    assert 5 == terminal.type_anywhere("-w", tmp_path / "new", "verify").code


def test_a_place_without_a_backup_is_misuse(terminal: Terminal, tmp_path: Path) -> None:
    """With a hint; a torn one is none."""
    (tmp_path / "usb" / "20260714-183000Z.part").mkdir(parents=True)
    for place in (tmp_path / "nowhere", tmp_path / "usb"):
        for words in (("backup", "--check", place), ("restore", place, tmp_path / "new")):
            said = terminal.type_anywhere(*words)
            assert (2, True) == (said.code, f"Error: there is no backup in {place}" in said.err)
            assert "Hint: " in said.err
