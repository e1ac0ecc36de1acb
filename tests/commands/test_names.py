"""Names and labels as they are typed: templates, `rename --from-labels`, known words."""

import re
from pathlib import Path
from typing import Any

import pytest

from driver.workspace import MARKER
from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A folder with one photo that the workspace does not have."""
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "IMG_1.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    return folder


def line(terminal: Terminal, row: int) -> dict[str, Any]:
    found: dict[str, Any] = terminal.type("queue", row, "--json").json[0]
    return found


def words_of(terminal: Terminal) -> str:
    return (terminal.root / "vocabulary.toml").read_text("utf-8")


def use_template(terminal: Terminal, template: str) -> None:
    marker = terminal.root / MARKER
    marker.write_text(f'{marker.read_text("utf-8")}\n[ingest]\nfile_name = "{template}"\n', "utf-8")


def test_new_rows_are_named_by_the_template_and_others_keep_theirs(
    terminal: Terminal, card: Path
) -> None:
    """Until somebody says so."""
    before = {one["id"]: one["File_Name"] for one in terminal.type("queue", "--json").json}
    use_template(terminal, "{location}-{number}_{original}")
    terminal.type("ingest", card, "--location", "Delft")
    after = {one["id"]: one["File_Name"] for one in terminal.type("queue", "--json").json}
    assert before | {5: "Delft-001_IMG_1.JPG"} == after


def test_a_template_that_cannot_be_meant_is_named_with_its_line(terminal: Terminal) -> None:
    """Key, line and the fields there are."""
    use_template(terminal, "{subjekt}_{number}")
    said = terminal.type("status")
    assert 2 == said.code
    number = len((terminal.root / MARKER).read_text("utf-8").splitlines())
    assert f"{MARKER}:{number}: `{{subjekt}}` is no field: there are {{subject}}" in said.err
    assert "`$.ingest.file_name`" in said.err


def test_rename_from_labels_plans_asks_and_follows_the_template(terminal: Terminal) -> None:
    """The dry run shows the names; a published row keeps its own; a former name comes back."""
    former = line(terminal, 3)["File_Name"]
    terminal.type("rename", "3", "--to", "Mine")
    head = terminal.head()
    said = terminal.type("rename", "2", "3", "--from-labels", "--dry-run")
    assert re.search(rf"3 +Mine\.JPG +{former}", said.out)
    assert ("Dry run: nothing was changed.", head) == (said.lines[-1], terminal.head())
    planned = terminal.type("rename", "3", "--from-labels", "--dry-run", "--json").json
    assert [("Mine.JPG", former)] == [(one["old_name"], one["new_name"]) for one in planned]
    said = terminal.type("rename", "2", "3", "--from-labels")
    assert (0, former) == (said.code, line(terminal, 3)["File_Name"])
    said = terminal.type("rename", "3", "--from-labels")
    assert (0, "Nothing changed.") == (said.code, said.lines[-1])
    assert "its name follows its labels already" in said.out
    use_template(terminal, "{number}_{location}")
    said = terminal.type("rename", "1", "2", "--from-labels")
    assert 10 == said.code
    assert "Row 1 keeps the name" in said.out
    assert "Hint: names may change before the first publication only" in said.out + said.err
    assert line(terminal, 2)["File_Name"].startswith("001_")


def test_rename_wants_one_way_of_naming(terminal: Terminal) -> None:
    """A name or the labels."""
    for words in ((), ("--to", "A", "--from-labels")):
        said = terminal.type("rename", "3", *words)
        assert (2, True) == (said.code, "say the new name, or --from-labels" in said.err)


def test_words_are_known_once_they_were_used(terminal: Terminal, card: Path) -> None:
    """The first is taken, a slip is refused with what was meant, a variant is put right."""
    said = terminal.type("ingest", card, "--category", "Space", "--location", "Kourou", "--dry-run")
    assert (0, True) == (said.code, '"Space"' not in words_of(terminal))
    said = terminal.type("ingest", card, "--category", "Space", "--location", "Kourou")
    assert 0 == said.code
    assert "The category Space is new: added to vocabulary.toml" in said.out
    assert '"Space" = ""' in words_of(terminal)
    head = terminal.head()
    said = terminal.type("edit", "5", "--location", "Kuorou")
    assert 2 == said.code
    assert "Error: the location `Kuorou` is not in vocabulary.toml" in said.err
    assert "Hint: did you mean --location Kourou? Or else --new" in said.err
    for verb in ("ingest", "run"):
        assert 2 == terminal.type(verb, card, "--category", "Spaec").code
    assert head == terminal.head()
    said = terminal.type("edit", "5", "--category", "SPACE", "--location", "Kuorou", "--new")
    assert 0 == said.code
    assert "The category `SPACE` is written Space" in said.out
    assert ("Space", "Kuorou") == (line(terminal, 5)["Folder"], line(terminal, 5)["Location"])
    assert '"Kuorou" = ""' in words_of(terminal)


def test_without_a_file_the_words_of_the_rows_are_known(terminal: Terminal) -> None:
    """A workspace of an older version: the file is made with them."""
    (terminal.root / "vocabulary.toml").unlink()
    known = line(terminal, 3)["Location"]
    said = terminal.type("edit", "2", "--location", known.upper())
    assert f"The location `{known.upper()}` is written {known}" in said.out
    assert not (terminal.root / "vocabulary.toml").exists()
    said = terminal.type("edit", "2", "--location", known[:-1])
    assert (2, True) == (said.code, known in said.err)
    assert 0 == terminal.type("edit", "2", "--location", "Oslo", "--json").code
    assert f'"{known}" = ""\n"Oslo" = ""\n' in words_of(terminal)


def test_names_say_the_form_of_the_vocabulary(terminal: Terminal, card: Path) -> None:
    """The label stays as it is."""
    vocabulary = terminal.root / "vocabulary.toml"
    vocabulary.write_text("[folders]\nSpace = 'Space Flight'\n", "utf-8")
    said = terminal.type("ingest", card, "--category", "space", "--subject", "Rocket")
    assert "Rocket_Space_Flight_Photography_001.JPG" in said.out
    assert "Space" == line(terminal, 5)["Folder"]


def test_a_damaged_vocabulary_stops_who_needs_it_and_nobody_else(
    terminal: Terminal, card: Path
) -> None:
    """Looking goes on."""
    (terminal.root / "vocabulary.toml").write_text("[folders", "utf-8")
    said = terminal.type("ingest", card, "--category", "Space")
    assert (2, True) == (said.code, "vocabulary.toml" in said.err)
    assert 0 == terminal.type("queue").code


def test_a_word_that_no_row_got_is_not_kept(terminal: Terminal, card: Path) -> None:
    """A refused file brings none; the next one, that comes in, does."""
    (card / "n.txt").write_text("no photo", "utf-8")
    before = words_of(terminal)
    terminal.type("ingest", card / "n.txt", "--category", "Zebra")
    assert before == words_of(terminal)
    said = terminal.type("ingest", card / "IMG_1.jpg", "--category", "Zebra")
    assert "The category Zebra is new" in said.out
    assert '"Zebra" = ""' in words_of(terminal)
