"""
What must hold after every decision, whatever happened before.

`Laws(simulation)` watches a `tests.simulation.Simulation` and asserts each law as the history
grows. The budget is counted here once more, from the events alone.
"""

from collections import Counter

from machine import events as e
from machine import intents as i
from machine import step_events as s
from machine.decide import decide
from machine.digests import pins_of, text_digest
from machine.effects import next_effects
from machine.event_base import Event
from machine.evolve import evolve
from machine.failures import FAILURES
from machine.next_action import next_action
from machine.parts import parts_of
from machine.quality import PROFILES
from machine.repair_events import OutsideObserved
from machine.row import PARTS, Row, attempts_of, mark_at
from machine.status import (
    failure,
    left_outside,
    outside,
    publication_due,
    review_status,
    satisfied,
    stage_status,
)
from machine.values import STAGES, Stage
from tests.makings import BUDGET
from tests.simulation import Simulation

OF_PEOPLE = (
    e.TextEdited,
    e.Relabelled,
    e.Renamed,
    e.Picked,
    e.Approved,
    e.Rejected,
    e.PhotoReplaced,
    e.MetadataCorrected,
    e.RatingOverridden,
    e.RowReopened,
    e.RowIngested,
    e.Withdrawn,
    e.RolledBack,
)
"""Events that may change a decision: each goes back to what a person asked for."""
OUTCOMES = (i.RecordPrefilled, i.RecordScored, i.RecordResized, i.RecordFailure)
OF_STEPS = (
    s.FileUploaded,
    s.FileRemoved,
    s.RecordUpserted,
    s.RecordRemoved,
    s.StepLeft,
    OutsideObserved,
)


class Laws:
    """Watches a simulation; raises AssertionError where a law is broken."""

    def __init__(self, simulation: Simulation) -> None:
        """Begin to watch."""
        self.simulation = simulation
        self.charged: Counter[tuple[int, Stage, str]] = Counter()
        self.crashed: set[tuple[int, Stage, str]] = set()
        simulation.watch = self.check

    def check(self, number: int) -> None:
        """Check the newest decision."""
        row = before = self.simulation.before
        for event in self.simulation.events:
            after = evolve(row, event)
            self.check_event(number, row, event, after)
            row = after
        assert self.simulation.rows[number] == row
        assert before.version + len(self.simulation.events) == row.version
        self.check_late(before, row)
        check_next(row)
        check_scores(row)
        check_publication(row)
        self.check_outside()

    def check_event(self, number: int, row: Row, event: Event, after: Row) -> None:
        """Check one event."""
        check_decided(row, event, after)
        check_happened(row, event, after)
        self.check_budget(number, row, event, after)
        if isinstance(event, e.PublicationStarted):
            assert "approved" == row.decided.decision.value
            assert event.pins == row.decided.decision.pins
        if isinstance(event, e.PartlyScored):
            check_partly(row, event, after)
            assert isinstance(self.simulation.events[1], e.AttemptFailed)
        if isinstance(event, e.RolledBack):
            then = mark_at(row, event.to).decided
            for part in PARTS:
                origin = then if part in event.parts else row.decided
                assert getattr(origin, part) == getattr(after.decided, part), part

    def check_late(self, before: Row, row: Row) -> None:
        """The outcome of an attempt that is not open changes nothing that counts."""
        intent = self.simulation.intent
        if not isinstance(intent, OUTCOMES):
            return
        stage = stage_of(intent)
        claimed = attempts_of(before, stage).open
        if claimed is None or claimed.attempt != intent.attempt:
            assert before.decided == row.decided
            assert attempts_of(row, stage).open == claimed
            assert stage_status(before, stage) == stage_status(row, stage)
            for event in self.simulation.events:
                assert getattr(event, "applied", "superseded") == "superseded"
                assert not isinstance(event, e.Quarantined)
        else:
            assert attempts_of(row, stage).open is None

    def check_budget(self, number: int, row: Row, event: Event, after: Row) -> None:
        """Charged attempts are those of the events; who is set aside deserved it."""
        if isinstance(event, e.Released):
            for key in [key for key in self.charged if key[:2] == (number, event.stage)]:
                del self.charged[key]
            self.crashed -= {key for key in self.crashed if key[:2] == (number, event.stage)}
            assert "due" == stage_status(after, event.stage)
        if isinstance(event, e.AttemptFailed):
            key = (number, event.stage, event.input_digest)
            policy = self.policy_of(event)
            assert event.charged is (policy != "nobody")
            self.charged[key] += event.charged
            assert event.budget_left == max(BUDGET - self.charged[key], 0)
            claimed = attempts_of(row, event.stage).open
            if claimed and claimed.attempt == event.attempt:
                again = policy == "native" and claimed.alone and key in self.crashed
                spent = event.charged and self.charged[key] >= BUDGET
                aside = policy == "permanent" or spent or again
                following = self.simulation.events[-1]
                assert aside is isinstance(following, e.Quarantined), event
                assert event.alone_next or policy != "native" or aside
            if policy == "native":
                self.crashed.add(key)
        for stage in STAGES:
            for digest, ledger in attempts_of(after, stage).ledger.items():
                assert self.charged[number, stage, digest] == ledger.charged

    def policy_of(self, event: e.AttemptFailed) -> str:
        """Return what a failure costs: of scores that are missing, the gravest reason says it."""
        intent = self.simulation.intent
        if not isinstance(intent, i.RecordScored):
            return FAILURES[event.code].policy
        measured = {one.metric for one in intent.scores}
        required = {*PROFILES[intent.profile], *intent.extra} - measured
        told = {one.metric: one.code for one in intent.missing}
        codes = {told.get(metric, "ScoreIncomplete") for metric in required}
        policies = {FAILURES[code].policy if code in FAILURES else "transient" for code in codes}
        return next(one for one in ("native", "transient", "nobody") if one in policies)

    def check_settled(self) -> None:
        """With a gallery that answers and nobody else in it, whatever was open comes to an end."""
        for row in self.simulation.rows.values():
            assert row.happened.saga is None
            assert row.happened.files == row.decided.publication.files
            assert row.happened.record == row.decided.publication.record
        assert set() == self.simulation.outside.unheard

    def check_outside(self) -> None:
        """What the rows say stands outside is what stands there, unless nobody looked since."""
        gallery = self.simulation.outside
        unknown = gallery.touched | gallery.unheard
        files, records = dict(gallery.files), dict(gallery.records)
        assert gallery.unheard <= set().union(*map(to_look_at, self.simulation.rows.values()))
        for row in self.simulation.rows.values():
            for path, fact in row.happened.files.items():
                assert path in unknown or files.get(path) == fact, path
                files.pop(path, None)
            record = row.happened.record
            if record:
                key = record.file_name
                assert key in unknown or records.get(key) == record, key
                records.pop(key, None)
        theirs = gallery.foreign
        assert set() == (files.keys() | records.keys()) - unknown - theirs


def check_scores(row: Row) -> None:
    """No scoring counts as done that lacks what it requires, and only what is done has a rating."""
    score = row.decided.score
    measured = {one.metric for one in score.scores}
    if score.status == "done":
        assert score.required
        assert set(score.required) <= measured
        assert set(PROFILES[score.profile]) <= set(score.required)
        assert score.qr is not None
    else:
        assert score.qr is None
        assert "NA" == score.tier
    if stage_status(row, "score") == "done":
        assert "done" == score.status
        assert () == row.happened.score.lacking


def check_partly(row: Row, event: e.PartlyScored, after: Row) -> None:
    """Complete scores are kept; else what was measured is, without a rating."""
    measured = {one.metric for one in event.scores}
    assert set(event.required) - measured == {one.metric for one in event.missing}
    assert event.missing
    if event.applied != "applied":
        assert row.decided.score == after.decided.score
        return
    assert "done" != row.decided.score.status
    assert event.scores == after.decided.score.scores
    assert event.missing == after.happened.score.lacking


def stage_of(intent: i.Intent) -> Stage:
    """Return the stage that an outcome belongs to."""
    if isinstance(intent, i.RecordFailure):
        return intent.stage
    stages: dict[type[i.Intent], Stage] = {
        i.RecordPrefilled: "prefill",
        i.RecordScored: "score",
        i.RecordResized: "resize",
    }
    return stages[type(intent)]


def to_look_at(row: Row) -> set[str]:
    """Return the targets that an open saga of the row will still look at."""
    saga = row.happened.saga
    if saga is None:
        return set()
    left = {report.target for report in saga.reports}
    return left | {step.target for step in saga.steps[saga.done :]}


def check_decided(row: Row, event: Event, after: Row) -> None:
    """What counts is changed by few events, and a person's work by people only."""
    changed = {part for part in PARTS if getattr(row.decided, part) != getattr(after.decided, part)}
    assert changed <= set(parts_of(event)), event
    followed = isinstance(event, e.Resized) and event.repinned is not None
    if followed:
        assert row.decided.decision.follows_photo
        assert row.decided.decision.text == after.decided.decision.text
        assert after.decided.resize.renditions == after.decided.decision.renditions
    if not isinstance(event, OF_PEOPLE):
        assert followed or row.decided.decision == after.decided.decision
        assert row.decided.labels == after.decided.labels
        author = row.decided.prefill.author
        kept = author is not None and author.kind in ("human", "file")
        approved = row.decided.decision.value == "approved" and author is not None
        # A text that is cleaned came in the same append; whether it may count was asked there.
        kept = kept or (approved and not isinstance(event, e.TextCleaned))
        if kept:
            assert row.decided.prefill.text == after.decided.prefill.text
            assert author == after.decided.prefill.author
    if isinstance(event, e.Approved):
        decided = row.decided
        seen = pins_of(
            decided.prefill.text,
            decided.resize.renditions,
            decided.labels,
            row.happened.file_name,
            decided.photo.corrections,
            qr=decided.rating.qr,
        )
        assert seen == event.pins == after.decided.decision.pins
        assert decided.prefill.text == after.decided.decision.text
        lacking = {
            (stage, stage_status(row, stage))
            for stage in row.happened.needed
            if not satisfied(row, stage, stage_status(row, stage))
        }
        assert lacking == ({("score", "quarantined")} if event.without_scores else set())
        waived = decided.prefill.waived == text_digest(decided.prefill.text)
        assert waived or not any(finding.blocking for finding in decided.prefill.findings)
        assert decided.prefill.grounded or event.allowed_ungrounded


def check_happened(row: Row, event: Event, after: Row) -> None:
    """What happened never goes back."""
    was, now = row.happened, after.happened
    if not isinstance(event, OF_STEPS):
        assert was.files == now.files
        assert was.record == now.record
    assert now.former_names[: len(was.former_names)] == was.former_names
    assert now.sources.keys() >= was.sources.keys()
    assert now.ever_published or not was.ever_published
    assert row.marks == after.marks[: len(row.marks)]
    for stage in STAGES:
        first, then = attempts_of(row, stage), attempts_of(after, stage)
        started = isinstance(event, e.AttemptStarted) and event.stage == stage
        assert first.count + started == then.count
        assert then.open is None or then.open.attempt == then.count


def check_next(row: Row) -> None:
    """A row is finished, or there is a command that the machine accepts."""
    status, action = review_status(row), next_action(row)
    let_pass = ("score",) if row.decided.decision.without_scores else ()
    needed = [stage for stage in row.happened.needed if stage not in let_pass]
    staged = all(stage_status(row, stage) == "done" for stage in needed)
    taken = row.decided.decision.value == "undecided" and not row.decided.publication.pins
    finished = not row.happened.saga and (
        status == "Rejected"
        or (status == "Withdrawn" and not left_outside(row))
        or (status == "Published" and not publication_due(row) and staged and not taken)
    )
    assert finished is (action is None), (status, action)
    if action:
        assert decide(row, action.intent)
        assert action.command.startswith("photojournal ")
        assert str(row.happened.row) in action.command.split()
    if finished:
        code, _detail = failure(row)
        assert code not in ("TargetChanged", "PublishFailed", "PublishUnreachable")
    for effect in next_effects(row):
        assert effect.claimed_by


def check_publication(row: Row) -> None:
    """What counts as published is what stands outside, once nothing is open."""
    decided, happened = row.decided, row.happened
    if happened.saga:
        return
    assert happened.files.items() <= decided.publication.files.items()
    assert happened.record in (None, decided.publication.record)
    if decided.decision.value == "rejected" or not decided.intake:
        assert not outside(row)
        assert "Rejected" == review_status(row)
    if decided.publication.value != "published":
        assert not decided.publication.files
        assert not decided.publication.record
