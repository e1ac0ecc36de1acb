"""Which step is the newest, where several runs are at work at once."""

import contextlib
from collections.abc import Iterator

from driver.program import Program
from driver.shell import Shell
from driver.undoing import StepPlan, plan_undo
from machine.intents import Pick, Reject
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
