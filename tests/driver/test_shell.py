"""The only door to append: runs, conflicts, rehearsals, and settling what runs left open."""

import sys
from pathlib import Path

import pytest

from driver import recovery
from driver.decisions import ask_each
from driver.editing import Edit, carry_out_edit, plan_edit
from driver.errors import Misused
from driver.shell import Shell, holds_secret, lock_path
from journal import Journal
from journal.locks import ProcessLock
from machine.intents import EditText, Pick, StartAttempt
from machine.row import attempts_of
from machine.run_events import RunDied, RunEnded, RunStarted
from tests.driver.desk import Desk


def test_a_run_that_only_looks_leaves_no_trace(desk: Desk) -> None:
    """`RunStarted` comes with the first append, not before."""
    with desk.program("looking") as program:
        program.shell.row(1)
    with desk.reading() as journal:
        assert 0 == journal.head.position
    assert [] == [path for path in desk.workspace.locks.iterdir() if path.name.count("-") == 4]


@pytest.mark.parametrize(
    "words",
    [
        ["--password=hunter2"],
        ["--password", "hunter2"],
        ["--gallery-token", "abc"],
        ["ftp://anna:hunter2@example.org"],
        ["--site=ftp://anna:hunter2@example.org/photos"],
        ["--site", "ftp://anna:hunter2@example.org/photos"],
        ["API_KEY=abc"],
    ],
)
def test_secrets_on_the_command_line_are_refused(desk: Desk, words: list[str]) -> None:
    """They would stand in the journal for ever."""
    with desk.program() as program, pytest.raises(Misused, match="seems to hold a password"):
        Shell(program.workspace, program.journal, "run", ["photojournal", *words])


@pytest.mark.parametrize(
    "words",
    [
        ["--caption", "The secret: low tide"],
        ["--caption=The secret: low tide"],
        ["--caption", "secret=tide"],
        ["--reason", "token: see ftp://a:b@c for it"],
        ["--subject", "Password"],
        ["secret garden.jpg"],
        ["https://example.org/a:b@c"],
    ],
)
def test_what_a_text_says_is_no_secret(words: list[str]) -> None:
    """A caption may speak of secrets."""
    assert not holds_secret(["photojournal", "edit", "1", *words])


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")
def test_a_command_line_that_is_no_text_is_recorded_all_the_same(desk: Desk) -> None:
    """Bytes that are not UTF-8 are escaped."""
    with desk.program() as program:
        shell = Shell(program.workspace, program.journal, "ingest", ["ingest", "latin\udce9.jpg"])
        shell.append([])
    with desk.reading() as journal:
        event = next(iter(journal.read_all())).event
    assert isinstance(event, RunStarted)
    assert ("ingest", "latin\\xe9.jpg") == event.argv


def test_who_was_late_asks_again(desk: Desk) -> None:
    """A row that changed meanwhile is loaded again; both changes stand."""
    desk.ingest(desk.photo())
    with desk.program("first", effects=False) as one, desk.program("second", effects=False) as two:
        assert 2 == one.shell.row(1).version
        two.shell.ask(1, Pick())
        one.shell.ask(1, EditText(caption="A cup", alt_text="A cup of coffee"))
    assert ["Picked", "TextEdited"] == desk.types(1)[-2:]


def test_an_edit_of_a_text_that_changed_meanwhile_is_refused(desk: Desk) -> None:
    """Whoever writes over a text has seen it."""
    desk.ingest(desk.photo())
    desk.write(1, "Anna's")
    stale = EditText(caption="Ben's", based_on="0" * 64)
    (answer,) = desk.ask(1, intents=[stale])
    assert ("refused", True) == (answer.outcome, "has changed since you saw it" in answer.detail)


def test_an_edit_changes_only_the_labels_that_it_names(desk: Desk) -> None:
    """What another process changed while the plan waited for an answer stays."""
    desk.ingest(desk.photo())
    subject, category = Edit(subject="Cups"), Edit(category="Food")
    with desk.program("edit", effects=False) as one, desk.program("edit", effects=False) as two:
        plans = plan_edit(one.rehearsal("edit"), [1], subject)
        carry_out_edit(two.shell, plan_edit(two.shell, [1], category), category)
        (answer,) = carry_out_edit(one.shell, plans, subject)
    assert "done" == answer.outcome
    labels = desk.row(1).decided.labels
    assert ("Food", "Cups", "Rotterdam") == (labels.category, labels.subject, labels.location)
    desk.check()


def test_a_rehearsal_answers_and_changes_nothing(desk: Desk) -> None:
    """Done and refused are told apart as in earnest."""
    desk.ingest(desk.photo())
    with desk.program() as program:
        head = program.journal.head.position
        rehearsal = program.rehearsal("pick")
        answers = ask_each(rehearsal, [1, 2], lambda _row: [Pick()])
        assert ["done", "refused"] == [one.outcome for one in answers]
        assert head == program.journal.head.position


def test_a_run_that_ended_with_a_stage_claimed_is_settled(desk: Desk) -> None:
    """A full disk may end a run before its rows in flight; the next one takes them up."""
    desk.ingest(desk.photo())
    with desk.program("cut off") as program:
        program.shell.ask(
            1, StartAttempt(stage="score", recipe_digest="x", claimed_by=program.shell.run_id)
        )
    assert attempts_of(desk.row(1), "score").open
    with desk.program("repair") as program:
        (settled,) = program.settled
        assert (1, False) == (settled.attempts, settled.died)
    assert not attempts_of(desk.row(1), "score").open
    with desk.reading() as journal:
        assert not any(isinstance(one.event, RunDied) for one in journal.read_all())
    desk.work()
    desk.check()


def test_an_error_of_ours_leaves_nothing_claimed(desk: Desk) -> None:
    """The run interrupts its own attempts, says what it was, and ends with 70."""
    desk.ingest(desk.photo())

    def fail() -> None:
        with desk.program("run") as program:
            run = program.shell.run_id
            program.shell.ask(1, StartAttempt(stage="score", recipe_digest="x", claimed_by=run))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not attempts_of(desk.row(1), "score").open
    with desk.reading() as journal:
        ends = [one.event for one in journal.read_all() if isinstance(one.event, RunEnded)]
    assert ("bug", 70) == (ends[-1].outcome, ends[-1].exit_code)


def test_a_run_that_is_about_to_begin_keeps_its_lock(desk: Desk) -> None:
    """Its file is there before its first event; settling must not take it away."""
    desk.workspace.locks.mkdir(exist_ok=True)
    beginning = "01a20000-0000-7000-8000-000000000000"
    path = lock_path(desk.workspace, beginning)
    ProcessLock(path).close()
    with desk.program("repair"):
        pass
    assert path.is_file()


def test_a_living_run_is_left_alone(desk: Desk) -> None:
    """Its lock is held, so its claims are its own."""
    desk.ingest(desk.photo())
    with desk.program("score") as first:
        claim = StartAttempt(stage="score", recipe_digest="x", claimed_by=first.shell.run_id)
        first.shell.ask(1, claim)
        assert recovery.is_alive(first.workspace, first.shell.run_id)
        with desk.program("score") as second:
            assert [] == second.settled
        worked = desk.work("score")
        assert {1: first.shell.run_id} == worked.claimed
        assert 0 == worked.tallies["score"].done
    assert not recovery.is_alive(desk.workspace, first.shell.run_id)


def test_the_journal_is_opened_for_looking_without_a_writer(desk: Desk, tmp_path: Path) -> None:
    """A journal that is only read cannot be appended to."""
    desk.ingest(desk.photo())
    with Journal.open(desk.workspace.journal, readonly=True) as journal:
        shell = Shell(desk.workspace, journal, "looking")
        assert 2 == shell.row(1).version
        with pytest.raises(Exception, match="reading only"):
            shell.ask(1, Pick())
