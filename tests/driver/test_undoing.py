"""Which step is the newest, where several runs are at work at once."""

import contextlib
from collections.abc import Iterator

from driver.program import Program
from driver.shell import Shell
from driver.undoing import StepPlan, plan_undo
from journal import Entry
from machine.intents import Pick, Reject
from machine.run_events import LogsHeld
from tests.driver.desk import Desk


@contextlib.contextmanager
def running(desk: Desk, verb: str) -> Iterator[Shell]:
    """A run that goes on beside others."""
    with Program(desk.workspace) as program, program.run(verb) as shell:
        yield shell


def newest(desk: Desk, *, by_hand: bool = False) -> tuple[str, list[int]]:
    """Return the verb and the rows of the step that an undo would take back."""
    with desk.program() as program:
        plan: StepPlan | None = plan_undo(program.rehearsal("undo"), by_hand=by_hand)
    assert plan is not None
    return plan.step.verb, [one.row for one in plan.rows]


def test_a_step_that_began_later_is_newer_whichever_run_goes_on(desk: Desk) -> None:
    desk.ingest(*(desk.photo(one) for one in ("coffee", "chelsea", "china", "rocket")))
    with running(desk, "bulk") as bulk, running(desk, "review") as page:
        bulk.ask(1, Pick())
        page.ask(2, Pick())
        bulk.ask(3, Pick())
        assert ("review", [2]) == newest(desk)
        page.step += 1
        page.ask(4, Pick())
        bulk.ask(1, Reject())
        assert ("review", [4]) == newest(desk)
        with running(desk, "pick") as other:
            other.ask(2, Reject())
            page.step += 1
            assert ("pick", [2]) == newest(desk)
            page.ask(3, Reject())
            assert ("review", [3]) == newest(desk)


def test_what_machines_did_is_passed_over_where_only_a_person_s_steps_count(desk: Desk) -> None:
    desk.ingest(desk.photo("coffee"))
    with running(desk, "review") as page:
        page.ask(1, Pick())
        desk.work("resize")
        assert ("run", [1]) == newest(desk)
        assert ("review", [1]) == newest(desk, by_hand=True)


def test_what_a_person_did_is_found_beyond_much_else(desk: Desk) -> None:
    """Undone and brought back, however much a run appended in between."""
    desk.ingest(desk.photo("coffee"), desk.photo("chelsea"))
    with running(desk, "run") as bulk, running(desk, "review") as page:
        bulk.ask(2, Pick())
        page.ask(1, Pick())
        for first in (1, 1200):
            own = f"run/{bulk.run_id}"
            bulk.append([Entry(own, version, LogsHeld()) for version in range(first, first + 1199)])
            bulk.ask(2, Reject() if first == 1 else Pick())
            assert ("review", [1]) == newest(desk, by_hand=True)
            assert ["done"] == [one.outcome for one in desk.undo()]
            assert ("run", [2]) == newest(desk, by_hand=True)
            assert ["done"] == [one.outcome for one in desk.redo()]
