"""An incident in a journal that is damaged, handed over as what it is."""

from pathlib import Path

import pytest

from driver import incident_manifest as m
from journal.signing import open_key
from tests.commands.cli import Terminal
from tests.driver import bundles
from tests.journal.damaging import behind_its_back

_EDITED = "payload = replace(payload, 'coffee', 'poison') WHERE stream = 'row/1' AND version = 1"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (_EDITED, "payload"),
        ("actor = 'nobody' WHERE type = 'TextEdited'", "line"),
    ],
    ids=["in what is withheld", "in what is told"],
)
def test_a_damaged_journal_is_handed_over_as_such(
    terminal: Terminal, tmp_path: Path, change: str, kind: str
) -> None:
    """Exit code 3 on both sides, with what is damaged; it can be looked at, and says so there."""
    words = ("incident", "export", "last")
    with behind_its_back(terminal.root / "data" / "journal.db") as raw:
        raw.execute(f"UPDATE events SET {change}")
    (position,) = (one["position"] for one in terminal.type("verify", "--json").json["problems"])
    bundle, place = tmp_path / "x.zip", tmp_path / "o"
    said = terminal.type(*words, bundle)
    assert 3 == said.code, said.err
    assert "Error: the journal is damaged" in said.err
    assert "Hint: photojournal verify" in said.err
    assert f"Damaged  event {position}: {kind}, " in said.out
    told = terminal.type(*words, tmp_path / "y.zip", "--json")
    assert (3, [position]) == (
        told.code,
        [one["position"] for one in told.json["manifest"]["damage"]["flaws"]],
    )
    assert f"Damaged: event {position}: {kind}, ".encode() in bundles.members(bundle)["README.txt"]
    said = terminal.type_anywhere("incident", "open", bundle, place)
    assert 3 == said.code, said.err
    assert f"Damaged  event {position}: {kind}, " in said.out
    assert "Error: the journal was damaged when this bundle was made" in said.err
    queue = terminal.type_anywhere("-w", place, "queue")
    assert (0, True) == (queue.code, "its journal is damaged" in queue.lines[1])
    checked = terminal.type_anywhere("-w", place, "verify")
    assert (3, True) == (checked.code, f"journal: position {position}: {kind}" in checked.out)


def test_other_damage_than_its_maker_named_is_found(terminal: Terminal, tmp_path: Path) -> None:
    """A bundle of a damaged journal is held to what it says, event by event."""
    with behind_its_back(terminal.root / "data" / "journal.db") as raw:
        raw.execute("UPDATE events SET actor = 'nobody' WHERE position = 7")
    bundle = tmp_path / "x.zip"
    assert 3 == terminal.type("incident", "export", "last", bundle).code
    lines = bundles.events(bundle)
    lines[9]["actor"] = "somebody"
    key = open_key(terminal.root / "data" / "journal.db")
    other = bundles.repacked(bundle, tmp_path / "y.zip", {m.EVENTS: bundles.packed(lines)}, key)
    said = terminal.type_anywhere("incident", "open", other, tmp_path / "o")
    assert 3 == said.code
    assert "the chain breaks at event 10: line" in said.err
    assert not (tmp_path / "o").exists()
