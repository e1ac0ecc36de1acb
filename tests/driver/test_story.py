"""The whole life of photos: in, worked on, approved, published, edited, taken down, taken back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from driver import pipeline
from driver.errors import Misused
from driver.going_back import plan_row
from driver.undoing import plan_undo
from journal import Journal, Recorded
from machine.intents import Pick, Reject
from machine.values import STAGES
from tests.driver.desk import Desk


def test_a_set_goes_from_a_folder_to_the_site_and_back(desk: Desk) -> None:
    """The main path, with two publications, a withdrawal, a rollback and its redo."""
    desk.published("coffee", "rocket")
    first = desk.pictures()
    assert 4 == len(first)
    assert ["Published", "Published"] == [desk.status(1), desk.status(2)]
    desk.check()

    desk.write(1, "A harbour, seen from the quay")
    line = desk.line(1)
    assert ("Published", "photojournal publish 1") == (line["Review_Status"], line["next_action"])
    sent, _ = desk.publish()
    assert ["published", "nothing"] == [one.outcome for one in sent]
    second = desk.pictures()
    assert second.keys() == first.keys()
    assert 2 == sum(second[path] != first[path] for path in first)
    assert "A harbour, seen from the quay" == desk.records()[line["File_Name"]]["Caption"]
    desk.check()

    assert "done" == desk.withdraw(1).outcome
    assert "Withdrawn" == desk.status(1)
    assert 2 == len(desk.pictures())
    desk.check()

    assert ["done"] == [one.outcome for one in desk.approve(1)]
    desk.publish(1)
    assert second == desk.pictures()
    run = desk.newest_run("publish")
    assert ["done"] == [one.outcome for one in desk.roll_back_run(run)]
    assert "Approved" == desk.status(1)
    assert 2 == len(desk.pictures())
    desk.check()

    assert ["done"] == [one.outcome for one in desk.roll_back_run(desk.newest_run("rollback"))]
    assert "Published" == desk.status(1)
    assert second == desk.pictures()
    desk.check()


def test_stages_are_independent_of_each_other(desk: Desk) -> None:
    """Each stage can be done alone, in any order, and the row waits for all of them."""
    desk.ingest(desk.photo())
    for stage, status in (("resize", "Queued"), ("score", "Queued"), ("prefill", "Pending")):
        worked = desk.work(stage)  # type: ignore[arg-type]
        assert 1 == worked.tallies[stage].done  # type: ignore[index]
        assert status == desk.status(1)
    assert all(tally.rows == 0 for tally in desk.work().tallies.values())


def test_what_is_published_is_what_was_approved(desk: Desk) -> None:
    """A picture made anew under an approved row is not sent."""
    desk.ingest(desk.photo())
    desk.work()
    desk.approve(1)
    desk.publish()
    before = desk.pictures()
    desk.root.joinpath("photojournal.toml").write_text("[resize]\nweb = '90x90'\n", "utf-8")
    worked = desk.work()
    assert 0 == worked.tallies["resize"].rows
    sent, _ = desk.publish()
    assert ["nothing"] == [one.outcome for one in sent]
    assert before == desk.pictures()


def test_another_recipe_makes_rows_due_that_nobody_approved(desk: Desk) -> None:
    """Due is computed from today's configuration; nothing is stored."""
    desk.ingest(desk.photo())
    desk.work()
    desk.root.joinpath("photojournal.toml").write_text("[resize]\nweb = '90x90'\n", "utf-8")
    assert 1 == desk.work().tallies["resize"].done
    assert 0 == desk.work().tallies["resize"].rows


def test_undo_and_redo_walk_through_the_steps(desk: Desk) -> None:
    """Undo goes further back each time, redo brings back the newest undo."""
    desk.ingest(desk.photo())
    desk.work()
    desk.write(1, "first")
    desk.write(1, "second")
    desk.ask(1, intents=[Pick()])

    def now() -> tuple[str, str]:
        row = desk.row(1)
        return row.decided.prefill.text.caption, row.decided.decision.value

    assert ("second", "picked") == now()
    desk.undo()
    assert ("second", "undecided") == now()
    desk.undo()
    assert ("first", "undecided") == now()
    desk.redo()
    assert ("second", "undecided") == now()
    desk.redo()
    assert ("second", "picked") == now()
    assert [] == desk.redo()
    desk.undo()
    desk.undo()
    desk.undo()
    assert ("Harbour at dusk, Rotterdam.", "undecided") == now()
    desk.undo()
    assert "Queued" == desk.status(1)
    desk.undo()
    assert "Rejected" == desk.status(1)
    assert [] == desk.undo()
    for _ in range(5):
        desk.redo()
    assert ("second", "picked") == now()
    desk.check()


def test_undo_does_not_cross_a_publication(desk: Desk) -> None:
    """What visitors see changes only where somebody said so."""
    desk.published("coffee")
    with pytest.raises(Misused, match="stops at a publication") as caught:
        desk.undo()
    assert "withdraw 1" in caught.value.hint
    assert "Published" == desk.status(1)


def test_undo_leaves_what_somebody_else_did_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is kept and the reason said; including later work takes it along."""
    desk.ingest(desk.photo())
    desk.work()
    desk.write(1, "Anna's words")
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "ben")
    desk.write(1, "Ben's words")
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "anna")
    (kept,) = desk.undo()
    assert ("kept", "prefill changed later") == (kept.outcome, kept.detail)
    assert "Ben's words" == desk.row(1).decided.prefill.text.caption
    (done,) = desk.undo(including_later=True)
    assert "done" == done.outcome
    assert "Harbour at dusk, Rotterdam." == desk.row(1).decided.prefill.text.caption


def test_nothing_is_begun_after_the_time_that_was_set(desk: Desk) -> None:
    """`--until`: what is due stays due."""
    desk.ingest(desk.photo())
    with desk.program("run") as program:
        program.until = datetime.now(UTC)
        worked = pipeline.work(program, [1], STAGES, lambda _tallies: None)
    assert [0, 0, 0] == [tally.done for tally in worked.tallies.values()]
    assert "Queued" == desk.status(1)
    desk.work()
    assert "Pending" == desk.status(1)


def test_a_rejected_row_is_not_worked_on(desk: Desk) -> None:
    """Nothing is due on it until somebody wants it again."""
    desk.ingest(desk.photo())
    desk.ask(1, intents=[Reject(reason="blurred")])
    assert all(tally.rows == 0 for tally in desk.work().tallies.values())
    desk.ask(1, intents=[Pick()])
    assert 1 == desk.work().tallies["score"].done


def test_a_rollback_never_takes_more_than_the_plan_said(desk: Desk) -> None:
    """Somebody writes a text while the question `Go on?` stands: it is not lost unseen."""
    desk.ingest(desk.photo())
    desk.work()
    desk.write(1, "First")
    with desk.program() as program:
        plan = plan_row(program.rehearsal("rollback"), 1, 2)
    desk.write(1, "Second, meanwhile")
    with desk.taking_back() as (_, back):
        returned = back.roll_back(plan, "")
    assert ("refused", "prefill") == (returned.outcome, returned.detail.split()[0])
    assert "Second, meanwhile" == desk.line(1)["Caption"]
    assert "done" == desk.roll_back(1, 2).outcome


def test_finding_nothing_to_undo_reads_the_journal_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not once for each run: that is quadratic, and a journal has thousands of runs."""
    desk.ingest(desk.photo("coffee"), desk.photo("rocket"))
    for number in range(20):
        desk.write(1, f"Caption {number}")
    seen: list[Recorded] = []

    def counted(read: Callable[..., Iterator[Recorded]]) -> Callable[..., Iterator[Recorded]]:
        def reading(*given: Any, **named: Any) -> Iterator[Recorded]:
            for one in read(*given, **named):
                seen.append(one)
                yield one

        return reading

    with desk.program() as program:
        shell = program.rehearsal("undo")
        for name in ("read_all", "by_run"):
            monkeypatch.setattr(Journal, name, counted(getattr(Journal, name)))
        monkeypatch.setattr("driver.undoing._PAGE", 7)
        assert plan_undo(shell, [99]) is None
        assert len(seen) == shell.journal.head.position
        seen.clear()
        plan = plan_undo(shell)
        assert plan is not None
        assert [1] == [one.row for one in plan.rows]
        assert len(seen) <= 14, "no further back than the run that is undone"
