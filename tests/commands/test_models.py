"""Choosing how much a model does, asking another one, and letting a text pass."""

import pytest

from tests.commands.cli import Terminal

BLOCKED = "A cat " + "that looks at us " * 16
"""An alt text that nobody can listen to: a finding that blocks."""


@pytest.fixture
def due(terminal: Terminal) -> Terminal:
    """Rows 1, 2 and 3 are to be captioned again; 2 is approved, so only 3 may be picked."""
    assert 0 == terminal.type("retry", "1", "2", "3", "--stage", "prefill").code
    return terminal


def rows_of(terminal: Terminal, *words: object) -> list[int]:
    """Return the rows that a verb would work on."""
    said = terminal.type(*words, "--dry-run", "--json")
    assert 0 == said.code, said.err
    return list(dict.fromkeys(one["row"] for one in said.json))


@pytest.mark.parametrize("verb", ["prefill", "run"])
def test_picked_rows_come_first_and_may_be_the_only_ones(due: Terminal, verb: str) -> None:
    """`--picked` leaves the others; `--limit` takes picked ones first, then the best rated."""
    lines = {one["id"]: one["QR"] for one in due.type("queue", "1", "2", "3", "--json").json}
    best = sorted(lines, key=lambda row: -lines[row])
    assert [1, 2, 3] == rows_of(due, verb)
    assert best[:2] == rows_of(due, verb, "--limit", 2)
    assert [] == rows_of(due, verb, "--picked")
    due.type("pick", "3")
    assert [3] == rows_of(due, verb, "--picked")
    assert [3] == rows_of(due, verb, "--limit", 1)
    assert [3] == rows_of(due, verb, "--picked", "--limit", 5)
    assert [] == rows_of(due, verb, "1", "--picked") if verb == "prefill" else True


def test_prefill_does_only_what_it_is_told(due: Terminal) -> None:
    """Row 3 is picked and captioned; nothing is begun after the time."""
    due.type("pick", "3")
    said = due.type("prefill", "--picked", "--json")
    assert (0, 1, 1) == (said.code, said.json[0]["rows"], said.json[0]["done"])
    assert [1, 2] == rows_of(due, "prefill")
    said = due.type("prefill", "--until", "nine")
    assert (2, True) == (said.code, "Error: `nine` is no time of day" in said.err)
    said = due.type("prefill", "--limit", "0")
    assert 2 == said.code


def test_photos_to_take_in_were_never_picked(terminal: Terminal) -> None:
    """Both at once is a mistake."""
    said = terminal.type("run", terminal.root, "--picked")
    assert (2, True) == (said.code, "either photos to take in, or rows to choose" in said.err)


def test_another_model_is_asked_for(due: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """For prefill, done or failed, and kept; only where models are asked at all."""
    said = due.type("retry", "3", "--model", "llava:7b")
    assert 2 == said.code
    assert "Error: no model is asked: [prefill] captioner is metadata" in said.err
    assert 'Hint: set [prefill] captioner = "ollama"' in said.err
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_CAPTIONER", "ollama")
    said = due.type("retry", "3", "--model", "llava:7b", "--stage", "score")
    assert (2, True) == (said.code, "only prefill asks a model; score does not" in said.err)
    said = due.type("retry", "3", "--model", "llava:7b", "--reason", "too dull")
    assert 0 == said.code, said.err
    newest = due.type("history", "3", "--json").json[-1]
    assert "Retried" == newest["type"]
    assert ("prefill", "llava:7b", "too dull") == tuple(
        newest["payload"][name] for name in ("stage", "model", "reason")
    )


def test_a_text_may_pass_in_spite_of_its_findings(terminal: Terminal) -> None:
    """With a reason, for this very text; the next one has to pass anew."""
    terminal.type("edit", "3", "--caption", "A cat looks at us.", "--alt-text", BLOCKED)
    said = terminal.type("approve", "3")
    assert 2 == said.code
    assert "row 3 cannot be approved: " in said.err
    said = terminal.type("approve", "3", "--waive", "the owner wants it long")
    assert 0 == said.code, said.out
    told = terminal.type("history", "3", "--json").json
    assert ["QcWaived", "Approved"] == [one["type"] for one in told[-2:]]
    assert "the owner wants it long" == told[-2]["payload"]["reason"]
    assert "Approved" == terminal.type("show", "3", "--json").json["Review_Status"]


def test_what_was_found_can_be_let_pass_after_the_approval(terminal: Terminal) -> None:
    """Row 2 is approved: the waiver alone is said, and can be taken back alone."""
    found = terminal.type("queue", "2", "--json").json[0]["findings"]
    assert found
    said = terminal.type("approve", "2", "--waive", "a sign")
    assert 0 == said.code, said.out
    assert "QcWaived" == terminal.type("history", "2", "--json").json[-1]["type"]
    assert "a sign" == terminal.type("show", "2", "--json").json["waived"]["reason"]
    assert 0 == terminal.type("undo", "--yes").code
    shown = terminal.type("show", "2", "--json").json
    assert ("Approved", None) == (shown["Review_Status"], shown["waived"])
