"""`publish --force --reason`: in spite of findings that block, or without required scores."""

from journal import Entry
from machine.events import Relabelled
from machine.values import Finding, Labels
from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES, Desk

WHY = "the magazine prints tonight"


def refused(terminal: Terminal, why: str, hint: str) -> None:
    """Publish row 2 in vain, alone and with all others; both say what to type."""
    for words in (("publish", "2"), ("publish", "2", "--json")):
        said = terminal.type(*words)
        assert 10 == said.code
        told = said.out + said.err
        assert why in told
        assert f"photojournal {hint}" in told
        assert "or: photojournal publish 2 --force --reason '...'" in told
    said = terminal.type("publish", "--dry-run", "2")
    assert 0 == said.code
    assert why in said.out.replace("\n", " ")
    assert "Approved" == status(terminal)


def status(terminal: Terminal) -> str:
    found: str = terminal.type("show", "2", "--json").json["Review_Status"]
    return found


def sent_by_force(terminal: Terminal) -> None:
    """Publish row 2 all the same; its history tells why, another row's does not."""
    said = terminal.type("publish", "2", "--force", "--reason", WHY)
    assert 0 == said.code, said.out + said.err
    assert "Published: row 2" in said.out
    assert "Published" == status(terminal)
    assert WHY in terminal.type("history", "2").out
    started = [
        one
        for one in terminal.type("history", "2", "--json").json
        if one["type"] == "PublicationStarted"
    ]
    assert [WHY] == [one["payload"]["forced"] for one in started]


def test_a_finding_that_blocks_since_the_approval(terminal: Terminal) -> None:
    """Found when the row was relabelled, by rules that are stricter than those before."""
    desk = Desk(terminal.root)
    finding = Finding(code="alt_text_long", detail="251 characters", blocking=True)
    labels = Labels(category="Nature", subject="Cats", location="Utrecht")
    with desk.program("edit", effects=False) as program:
        version = program.shell.row(2).version
        event = Relabelled(labels=labels, findings=(finding,))
        program.shell.append([Entry("row/2", version, event)])
    refused(terminal, "alt_text_long", "approve 2 --waive '...'")
    sent_by_force(terminal)


def test_scores_that_lack_since_the_photo_was_replaced(terminal: Terminal) -> None:
    """Resized, not scored yet."""
    assert 0 == terminal.type("replace", "2", SAMPLES / "rocket.jpg", "--yes").code
    assert 0 == terminal.type("resize", "2").code
    refused(terminal, "without scores, not scored yet", "score 2")
    sent_by_force(terminal)


def test_a_reason_that_was_not_needed_is_not_kept(terminal: Terminal) -> None:
    """Nothing stood against the row: its history does not say that something did."""
    said = terminal.type("publish", "2", "--force", "--reason", WHY)
    assert 0 == said.code
    assert WHY not in terminal.type("history", "2").out
