"""`journal export`, `journal import` and `journal tail`, as a person meets them."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from journal import Journal
from journal.signing import open_key
from journal.verify import verify
from tests.commands.cli import Terminal
from tests.journal.damaging import behind_its_back


@pytest.fixture
def new(terminal: Terminal, tmp_path: Path) -> Path:
    """Another workspace, as `init` makes it."""
    terminal.type_anywhere("init", tmp_path / "new")
    return tmp_path / "new"


@pytest.fixture
def file(terminal: Terminal, tmp_path: Path) -> Path:
    """The workspace's journal in a file."""
    assert 0 == terminal.type("journal", "export", tmp_path / "e.jsonl").code
    return tmp_path / "e.jsonl"


def fingerprint(root: Path) -> str:
    return open_key(root / "data" / "journal.db").fingerprint


def rows(terminal: Terminal, root: Path) -> list[tuple[str, str, str]]:
    queue = terminal.type_anywhere("-w", root, "queue", "--json").json
    return [(one["File_Name"], one["Review_Status"], one["Caption"]) for one in queue]


def test_an_export_says_what_it_wrote_and_who_signed(terminal: Terminal, tmp_path: Path) -> None:
    """And its SHA-256, for keeping elsewhere; nothing is appended."""
    file, before = tmp_path / "e.jsonl", terminal.head()
    said = terminal.type("journal", "export", file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert [
        f"Workspace {terminal.root}",
        "Exported 75 events (1 to 75) in 1 segment:",
        f"  {file}",
        f"Signed by key {fingerprint(terminal.root)}",
        f"SHA-256 {digest}",
        "It holds texts, places and names in the clear: what is redacted later stays in it.",
    ] == said.lines
    assert before == terminal.head()
    again = terminal.type("journal", "export", file)
    assert (2, True) == (again.code, "is there already, and is never written over" in again.err)


def test_dry_runs_write_nothing(terminal: Terminal, tmp_path: Path, file: Path, new: Path) -> None:
    """But check and say everything."""
    said = terminal.type("journal", "export", tmp_path / "folder", "--dry-run")
    assert "To be exported: 75 events (1 to 75)" in said.lines[1]
    assert not (tmp_path / "folder").exists()
    before = (new / "data" / "journal.db").read_bytes()
    said = terminal.type_anywhere("-w", new, "journal", "import", file, "--dry-run")
    assert "To be taken in: 75 events (1 to 75)" in said.lines
    assert "The journal here is empty, and gets the UUID of the export." in said.lines
    assert (0, "Dry run: nothing was changed.") == (said.code, said.lines[-1])
    assert before == (new / "data" / "journal.db").read_bytes()


def test_a_folder_gets_a_segment_more_each_time(
    terminal: Terminal, tmp_path: Path, new: Path
) -> None:
    """What is there stays byte for byte; all of it together is one import."""
    folder = tmp_path / "exports"
    assert 0 == terminal.type("journal", "export", folder).code
    terminal.type("pick", "3")
    first = {one.name: one.read_bytes() for one in folder.iterdir()}
    said = terminal.type("journal", "export", folder)
    assert "Exported 3 events (76 to 78) in 1 segment:" == said.lines[1]
    names = ["000000000001-000000000075.jsonl", "000000000076-000000000078.jsonl"]
    assert names == sorted(one.name for one in folder.iterdir())
    assert first == {names[0]: (folder / names[0]).read_bytes()}
    said = terminal.type("journal", "export", folder)
    assert f"Nothing changed: {folder} has all 78 events." == said.lines[-1]
    said = terminal.type_anywhere("-w", new, "journal", "import", folder, "--yes")
    assert "Taken in: 78 events. The journal ends at 78." in said.lines
    assert rows(terminal, terminal.root) == rows(terminal, new)


def test_a_folder_of_another_journal_is_not_mixed(
    terminal: Terminal, tmp_path: Path, new: Path
) -> None:
    folder = tmp_path / "exports"
    terminal.type("journal", "export", folder)
    said = terminal.type_anywhere("-w", new, "journal", "export", folder)
    assert (2, True) == (said.code, "is of another journal" in said.err)


def test_an_import_makes_the_same_queue(terminal: Terminal, file: Path, new: Path) -> None:
    """The journal is the exported one; a second time nothing changes."""
    said = terminal.type_anywhere("-w", new, "journal", "import", file, "--yes")
    assert 0 == said.code, said.err
    assert rows(terminal, terminal.root) == rows(terminal, new)
    reports = [verify(root / "data" / "journal.db") for root in (terminal.root, new)]
    assert reports[0].head == reports[1].head
    before = (new / "data" / "journal.db").read_bytes()
    said = terminal.type_anywhere("-w", new, "journal", "import", file)
    assert "Nothing changed: the journal ends at 75 and has all of it." == said.lines[-1]
    assert before == (new / "data" / "journal.db").read_bytes()
    found = terminal.type_anywhere("-w", new, "journal", "import", file, "--json").json
    assert (75, 0, 0) == (found["until"], found["new"], found["taken"])


def test_a_key_that_nobody_knows_is_asked_about(terminal: Terminal, file: Path, new: Path) -> None:
    """Without a terminal `--yes`, or the fingerprint that is expected."""
    key = fingerprint(terminal.root)
    words = ("-w", new, "journal", "import", file)
    said = terminal.type_anywhere(*words)
    assert 2 == said.code
    assert f"Signed by key {key}" in said.lines
    assert "This workspace does not know that key" in said.out
    assert "then give --yes" in said.err
    said = terminal.type_anywhere(*words, "--key", fingerprint(new))
    assert (2, True) == (said.code, f"was signed by key {key}, not by" in said.err)
    assert 0 == terminal.type_anywhere(*words, "--key", key.upper()).code


def test_a_damaged_export_is_refused_with_line_and_position(
    terminal: Terminal, file: Path, new: Path
) -> None:
    """Exit code 2, nothing written, what to do next."""
    file.write_text(file.read_text("utf-8").replace("ginger cat", "tabby cat", 1), "utf-8")
    before = (new / "data" / "journal.db").read_bytes()
    said = terminal.type_anywhere("-w", new, "journal", "import", file, "--yes")
    assert 2 == said.code
    assert f"Error: {file} line " in said.err
    assert "the payload is not the one that was appended" in said.err
    assert "Hint: Nothing of it was written. Take another copy of the export" in said.err
    assert before == (new / "data" / "journal.db").read_bytes()


def test_a_journal_with_events_of_its_own_is_not_replaced(
    terminal: Terminal, file: Path, new: Path
) -> None:
    terminal.type_anywhere("-w", new, "backup")
    said = terminal.type_anywhere("-w", new, "journal", "import", file, "--yes")
    assert 2 == said.code
    assert "is of journal " in said.err
    assert "Hint: `photojournal init` makes an empty workspace for it." in said.err


def test_an_empty_journal_that_somebody_works_with_is_not_replaced(
    terminal: Terminal, file: Path, new: Path
) -> None:

    with Journal.open(new / "data" / "journal.db"):
        said = terminal.type_anywhere("-w", new, "journal", "import", file, "--yes")
    assert (4, True) == (said.code, "another process works with" in said.err)


def test_a_damaged_journal_is_not_exported(terminal: Terminal, tmp_path: Path) -> None:

    with behind_its_back(terminal.root / "data" / "journal.db") as raw:
        raw.execute("UPDATE events SET actor = 'Mallory' WHERE position = 8")
    said = terminal.type("journal", "export", tmp_path / "e.jsonl")
    assert 3 == said.code
    assert "Error: position 8: the hash does not fit" in said.err
    assert not (tmp_path / "e.jsonl").exists()
    assert not [one for one in tmp_path.iterdir() if one.name.endswith(".tmp")]


def test_the_newest_events_are_printed_as_an_export_has_them(
    terminal: Terminal, file: Path
) -> None:
    exported = file.read_text("utf-8").splitlines()[1:-1]
    assert exported[-10:] == terminal.type("journal", "tail").lines
    assert exported[-2:] == terminal.type("journal", "tail", "-n", "2").lines
    assert exported[70:] == terminal.type("journal", "tail", "--after", "70").lines
    assert 75 == json.loads(exported[-1])["position"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["exprot", "x"], "photojournal journal export"),
        (["export"], "photojournal journal export journal.jsonl"),
        (["import", "nowhere"], "photojournal journal import FILE, or FOLDER"),
        (["tail", "x"], "photojournal journal tail --lines 20"),
        (["export", "no/such/folder.jsonl"], "make it first"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(
    terminal: Terminal, words: list[str], hint: str
) -> None:
    said = terminal.type("journal", *words)
    assert 2 == said.code
    assert f"Hint: {hint}" in said.err


@pytest.mark.skipif(os.name == "nt", reason="modes mean nothing there")
def test_a_key_open_to_others_signs_nothing(terminal: Terminal, tmp_path: Path) -> None:
    (terminal.root / "data" / "journal.key").chmod(0o644)
    said = terminal.type("journal", "export", tmp_path / "e.jsonl")
    assert 2 == said.code
    assert "can be read or changed by others: mode 0644" in said.err
    assert f"Hint: chmod 600 {terminal.root}/data/journal.key" in said.err


def test_a_workspace_from_before_keys_gets_one_when_it_signs(
    terminal: Terminal, tmp_path: Path
) -> None:
    for ending in ("key", "pub"):
        (terminal.root / "data" / f"journal.{ending}").unlink()
    assert 0 == terminal.type("queue").code
    assert not (terminal.root / "data" / "journal.key").exists()
    assert 0 == terminal.type("journal", "export", tmp_path / "e.jsonl").code
    assert (terminal.root / "data" / "journal.key").exists()


def test_the_private_key_is_in_no_export(terminal: Terminal, file: Path, tmp_path: Path) -> None:
    secret = (terminal.root / "data" / "journal.key").read_text().splitlines()[1]
    folder = tmp_path / "exports"
    terminal.type("journal", "export", folder)
    shutil.copy(file, folder)
    assert not [one for one in folder.iterdir() if secret in one.read_text("utf-8")]
