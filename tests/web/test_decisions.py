"""Decisions by the page: events at once, each click a step, undone one by one, never twice."""

import contextlib
from pathlib import Path

import pytest

from adapters.workers import Workers
from tests.commands.cli import Terminal
from tests.web.conftest import CAPTION
from tests.web.visitor import Visitor, events_of
from web.desk import ANSWERS_KEPT, Click


@pytest.fixture
def terminal(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """The same person at the command line."""
    return Terminal(workspace, capsys, monkeypatch)


def types(root: Path, row: int) -> list[str]:
    """Return the types of a row's newest events."""
    return [one.type for one in events_of(root, f"row/{row}")][-3:]


def test_a_decision_is_an_event_and_the_answer_shows_it(page: Visitor) -> None:
    answer = page.decide("pick", 1, 4)
    assert ["done", "done"] == [one["outcome"] for one in answer["answers"]]
    assert ["picked", "picked"] == [one["decision"] for one in answer["lines"]]
    assert answer["position"] == page.head()
    (event,) = [one for one in events_of(page.root, "row/4") if one.type == "Picked"]
    assert answer["step"] == f"{event.run_id}#{event.step}"
    assert "anna" == event.actor


def test_looking_alone_begins_no_run(page: Visitor) -> None:
    before = page.head()
    for path in ("/", "/api/rows", "/api/rows/1", "/api/status", "/api/groups"):
        assert 200 == page.ask(path).status_code
    page.leave()
    assert before == page.head()


def test_what_refuses_says_why_and_stops_no_other_row(page: Visitor) -> None:
    answer = page.decide("approve", 1, 4, 99)
    told = {one["row"]: (one["outcome"], one["hint"]) for one in answer["answers"]}
    assert ("done", "") == told[1]
    assert ("refused", "photojournal prefill 4") == told[4]
    assert "refused" == told[99][0]
    assert ["approved", "undecided"] == page.decisions(1, 4)


def test_an_ungrounded_text_is_not_approved_and_a_reason_is_kept(page: Visitor) -> None:
    assert "refused" == page.decide("approve", 2)["answers"][0]["outcome"]
    page.decide("reject", 2, reason="out of focus")
    (event,) = [one.event for one in events_of(page.root, "row/2") if one.type == "Rejected"]
    assert "out of focus" == getattr(event, "reason", None)


def test_the_best_of_a_group_is_kept_in_one_step(page: Visitor) -> None:
    keep = [{"rows": [1], "decision": "pick"}, {"rows": [2, 3], "decision": "reject"}]
    page.click("/api/decisions", {"decisions": keep})
    assert ["picked", "rejected", "rejected"] == page.decisions(1, 2, 3)
    undone = page.click("/api/undo", {})
    assert {1, 2, 3} == {one["row"] for one in undone["rows"]}
    assert ["undecided"] * 3 == page.decisions(1, 2, 3)


def test_the_same_click_sent_twice_is_done_once(page: Visitor) -> None:
    body = {"rows": [1], "decision": "pick"}
    first = page.click("/api/decisions", body, key="one")
    page.click("/api/undo", {}, key="two")
    head = page.head()
    assert first == page.click("/api/decisions", body, key="one")
    again = page.click("/api/undo", {}, key="two")
    assert head == page.head()
    assert first["step"] == again["step"]
    other = page.send("/api/decisions", {"rows": [2], "decision": "pick"}, key="one")
    assert 400 == other.status_code
    assert head == page.head()


def test_undo_goes_back_click_by_click_and_redo_brings_back(page: Visitor) -> None:
    page.decide("pick", 1)
    page.decide("reject", 2, 3)
    page.decide("pick", 4)
    assert [4] == [one["row"] for one in page.click("/api/undo", {})["rows"]]
    assert [2, 3] == [one["row"] for one in page.click("/api/undo", {})["rows"]]
    assert ["picked", "undecided", "undecided", "undecided"] == page.decisions(1, 2, 3, 4)
    assert [2, 3] == [one["row"] for one in page.click("/api/redo", {})["rows"]]
    assert ["picked", "rejected", "rejected", "undecided"] == page.decisions(1, 2, 3, 4)
    for _ in range(2):
        page.click("/api/undo", {})
    assert ["undecided"] * 4 == page.decisions(1, 2, 3, 4)
    (text,) = page.click("/api/undo", {"plan": True})["rows"]
    assert (3, CAPTION) == (text["row"], text["lost_text"]["caption"])


def test_undo_and_redo_say_what_the_step_did(page: Visitor) -> None:
    page.decide("pick", 1)
    page.decide("approve", 1)
    page.click("/api/rating", {"row": 1, "QR": 9, "reason": "the light"})
    undone = [page.click("/api/undo", {})["what"] for _ in range(4)]
    assert ["rate", "approve", "pick", "edit"] == undone
    redone = [page.click("/api/redo", {})["what"] for _ in range(4)]
    assert undone[::-1] == redone


def test_undo_of_some_rows_leaves_the_others(page: Visitor) -> None:
    page.decide("reject", 1, 2, 3)
    page.click("/api/undo", {"rows": [2]})
    assert ["rejected", "undecided", "rejected"] == page.decisions(1, 2, 3)


def test_a_plan_changes_nothing_and_another_step_than_expected_is_a_conflict(
    page: Visitor,
) -> None:
    page.decide("pick", 1)
    head = page.head()
    plan = page.click("/api/undo", {"plan": True})
    assert [1] == [one["row"] for one in plan["rows"]]
    assert head == page.head()
    page.decide("pick", 2)
    late = page.send("/api/undo", {"expect": plan["step"]})
    assert (409, True) == (late.status_code, bool(late.json()["hint"]))
    assert ["picked", "picked"] == page.decisions(1, 2)


def test_undo_knows_what_was_clicked_before_a_restart(page: Visitor, workers: Workers) -> None:
    page.decide("pick", 1)
    page.decide("reject", 2)
    page.leave()
    again = Visitor(page.root, workers)
    again.click("/api/undo", {})
    assert ["picked", "undecided"] == again.decisions(1, 2)
    again.click("/api/undo", {})
    assert ["undecided", "undecided"] == again.decisions(1, 2)
    again.leave()


def test_undo_passes_over_what_machines_did_since(page: Visitor, terminal: Terminal) -> None:
    page.decide("pick", 4)
    assert 0 == terminal.type("resize", "4", "--yes").code
    assert "Resized" in types(page.root, 4)
    page.click("/api/undo", {})
    assert ["undecided"] == page.decisions(4)
    assert "done" == page.get("/api/rows/4")["resize_status"]


def test_undo_takes_back_the_newest_of_what_page_and_command_line_did(
    page: Visitor, terminal: Terminal
) -> None:
    page.decide("pick", 1)
    terminal.type("pick", "2")
    page.decide("pick", 3)
    terminal.type("undo", "--yes")
    assert ["picked", "picked", "undecided"] == page.decisions(1, 2, 3)
    page.click("/api/undo", {})
    assert ["picked", "undecided", "undecided"] == page.decisions(1, 2, 3)


def test_undo_stops_at_a_publication(page: Visitor, terminal: Terminal) -> None:
    page.decide("approve", 1)
    assert 0 == terminal.type("publish", "1", "--yes").code
    refused = page.send("/api/undo", {})
    assert 400 == refused.status_code
    assert refused.json()["hint"].startswith("photojournal withdraw 1")


def test_two_pages_and_the_command_line_work_at_once(
    page: Visitor, terminal: Terminal, workers: Workers
) -> None:
    other = Visitor(page.root, workers)
    page.decide("pick", 1)
    assert "done" == other.decide("reject", 1)["answers"][0]["outcome"]
    terminal.type("pick", "1")
    assert "nothing" == page.decide("pick", 1)["answers"][0]["outcome"]
    assert ["picked"] == other.decisions(1)
    other.leave()
    assert 0 == terminal.type("verify").code


def test_the_run_of_the_page_begins_with_its_first_click_and_ends(page: Visitor) -> None:
    run = page.decide("pick", 1)["step"].partition("#")[0]
    page.decide("pick", 2)
    page.leave()
    events = events_of(page.root, f"run/{run}")
    assert ["RunStarted", "RunEnded"] == [one.type for one in events]
    assert [1, 2] == [
        one.step
        for row in (1, 2)
        for one in events_of(page.root, f"row/{row}")
        if one.run_id == run
    ]


def test_a_click_that_comes_after_the_end_is_answered_and_not_done(page: Visitor) -> None:
    """Such as one that waited for a long one: the run has said its end."""
    run = page.decide("pick", 1)["step"].partition("#")[0]
    page.desk.close()
    late = page.send("/api/decisions", {"rows": [2], "decision": "pick"})
    assert (503, "the server ends") == (late.status_code, late.json()["error"])
    assert ["RunStarted", "RunEnded"] == [one.type for one in events_of(page.root, f"run/{run}")]


def test_answers_that_nobody_asks_for_again_are_forgotten(page: Visitor) -> None:
    """Also those of clicks that failed."""
    answers = page.desk._answers
    for number in range(ANSWERS_KEPT + 20):
        with contextlib.suppress(ValueError):
            page.desk.answer_once(Click(f"{number}", ""), lambda: int("no"))
    assert ANSWERS_KEPT >= len(answers)
    page.desk.answer_once(Click("last", ""), lambda: 1)
    assert 1 == page.desk.answer_once(Click("last", ""), lambda: 2)
