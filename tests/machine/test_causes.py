"""What came of what: the rules over signs, without a journal."""

import pytest
from msgspec.structs import replace

from machine.causes import Done, causes_of, classes_of
from machine.domains import DOMAINS, UNCLASSIFIED, domain_of, domain_of_finding
from machine.event_base import Event
from machine.events import AttemptFailed, AttemptInterrupted, PublicationFailed, Quarantined
from machine.failures import FAILURES
from machine.photo_values import Source
from machine.run_events import (
    FileRefused,
    ModelChecked,
    RunDied,
    RunEnded,
    ScorerChecked,
    StagePaused,
    StageWaiting,
    StoppedDiskLow,
)
from machine.signs import Place, Sign, signs_of
from machine.values import MissingScore, Stage
from machine.wording.judging import RULES

Entry = Event | tuple[int, Event]
"""An event of the run, or of a row."""


def told(*events: Entry, run: str = "r") -> list[Sign]:
    """Return the signs of events that follow each other from position 1."""
    found: list[Sign] = []
    for position, one in enumerate(events, start=1):
        row, event = one if isinstance(one, tuple) else (None, one)
        found += signs_of(event, Place(position, f"T{position:09}", run, row))
    return found


def failed(row: int, code: str, stage: Stage = "prefill", **more: object) -> Entry:
    """Return a row's failure."""
    event = AttemptFailed(stage=stage, attempt=1, input_digest="", code=code)
    return row, replace(event, **more)


def interrupted(row: int, run: str = "r") -> Entry:
    """Return what a settling run says about an attempt."""
    return row, AttemptInterrupted(stage="score", attempt=1, input_digest="", run=run)


def checked(processor: str) -> ModelChecked:
    """Return a look at the model."""
    return ModelChecked(stage="prefill", occasion="changed", model="m", processor=processor)


CPU, GPU = checked("CPU"), checked("GPU")
LATE = "PrefillFirstTokenTimeout"
ENDED = RunEnded(outcome="paused", exit_code=4, detail="it paused")
BUG = RunEnded(outcome="bug", exit_code=70, detail="KeyError: 'x'")
GONE = StagePaused(stage="prefill", code="PrefillUnreachable", rows_left=30)
REFUSED = StagePaused(stage="publish", code="PublishRefused", rows_left=3)


def publication(row: int, code: str) -> Entry:
    """Return a publication that failed."""
    return row, PublicationFailed(publication="p", step="put_file a.jpg", code=code)


@pytest.mark.parametrize(
    ("events", "classes", "root", "row"),
    [
        ([CPU, *[failed(row, LATE) for row in range(1, 41)]], "ollama-on-cpu", "PrefillOnCpu", 1),
        ([failed(7, LATE), CPU, failed(8, LATE)], "ollama-on-cpu", "PrefillOnCpu", 7),
        ([GPU, failed(7, LATE)], "worker-died", LATE, 7),
        (
            [failed(3, "PrefillDropped"), StageWaiting(stage="prefill", code="PrefillUnreachable"),
             GONE, publication(1, "PublishRefused"), REFUSED, ENDED],
            "ollama-unreachable gallery-failed", "PrefillUnreachable", 3,
        ),
        (
            [failed(5, "ResizeFailed", "resize"), StoppedDiskLow(free_bytes=1, needed_bytes=2),
             ENDED],
            "file-failed", "DiskLow", 5,
        ),
        ([interrupted(2), RunDied(settled_by="s", attempts=1, sagas=0)], "killed", "", 2),
        ([interrupted(2), BUG], "unclassified", "", 2),
        ([failed(2, "ScoringUnreadable", "score"), BUG], "file-failed unclassified",
         "ScoringUnreadable", 2),
        (
            [ScorerChecked(profile="full", versions={}, weights={},
                           missing=(MissingScore(metric="m", code="ScoringWeights"),)),
             failed(4, "ScoreIncomplete", "score", charged=False),
             StagePaused(stage="score", code="ScoringWeights", rows_left=1)],
            "scoring-dependency", "ScoringWeights", 4,
        ),
        (
            [*[failed(row, "PrefillServerError") for row in range(1, 6)],
             StagePaused(stage="prefill", code="PrefillModelFailing", rows_left=9)],
            "model-failed", "PrefillModelFailing", 1,
        ),
        ([publication(1, "PublishFailed"), REFUSED], "gallery-failed", "PublishRefused", 1),
        (
            [failed(1, "ScoringOutOfMemory", "score", exit_code=-9),
             failed(2, "ResizeNativeCrash", "resize", exit_code=-9)],
            "file-failed", "ScoringOutOfMemory", 1,
        ),
        ([failed(1, "ANewCode")], "unclassified", "ANewCode", 1),
        ([RunEnded(outcome="refused", exit_code=2, detail="no")], "unclassified", "", None),
    ],
)  # fmt: skip
def test_a_root_comes_before_what_came_of_it(
    events: list[Entry], classes: str, root: str, row: int | None
) -> None:
    """Several causes in order; what belongs to a root is no cause of its own."""
    causes = causes_of(told(*events))
    assert tuple(classes.split()) == classes_of(causes)
    first = causes[0]
    assert (root, row) == (first.root.code, next(iter(first.rows), None))


def test_deadlines_after_photos_that_went_well_did_not_come_of_a_later_fall() -> None:
    """Between them the model answered: the fall began after that."""
    signs = told(failed(1, LATE), GPU, CPU)
    alone = causes_of(signs, [Done(2, "prefill", 2)])
    assert ("worker-died", "ollama-on-cpu") == classes_of(alone)
    assert ("ollama-on-cpu",) == classes_of(causes_of(signs))


def test_a_row_stands_before_a_file_that_never_became_one() -> None:
    """It was refused first, and nothing is to be done about it here."""
    refused = FileRefused(
        source=Source(root="home", path="card/README.md"), code="NotAPhoto", detail="text"
    )
    (cause,) = causes_of(told(refused, failed(7, "ResizeUnreadable", "resize")))
    assert (7, 2) == (cause.root.row, len(cause.signs))
    (alone,) = causes_of(told(refused))
    assert ("README.md", ()) == (alone.root.name, alone.rows)


def test_what_is_so_on_good_nights_is_no_cause() -> None:
    """A machine without a GPU: its deadlines have another reason, which nobody knows."""
    signs = told(CPU, failed(1, LATE))
    assert ("ollama-on-cpu",) == classes_of(causes_of(signs))
    usual = causes_of(signs, (), [signs[0].detail])
    assert ("worker-died",) == classes_of(usual)


def test_what_came_through_is_a_note() -> None:
    """A retry that was accepted, a service that came back; a row that stays failed is a cause."""
    signs = told(
        failed(1, "PrefillEmpty"),
        StageWaiting(stage="prefill", code="PrefillUnreachable"),
        failed(2, "PrefillEmpty"),
    )
    done = [Done(4, "prefill", 1), Done(5, "resumed")]
    causes = causes_of(signs, done)
    assert ["error", "note"] == [one.level for one in causes]
    assert ("model-failed",) == classes_of(causes)
    assert ("nothing failed",) == classes_of(causes_of(signs[:2], done))


def test_runs_do_not_explain_each_other() -> None:
    """Two nights, two causes: the low disk of one wrote nothing in the other."""
    first = told(failed(1, "ResizeFailed", "resize"), run="a")
    second = told(StoppedDiskLow(free_bytes=1, needed_bytes=2), ENDED, run="b")
    assert [(), ()] == [one.because for one in causes_of([*first, *second])]


def test_a_row_that_the_program_died_on_three_times_came_of_the_deaths() -> None:
    """It was set aside by whoever settled the run."""
    aside = Quarantined(stage="score", input_digest="", code="ScoringInterrupted")
    gone = RunDied(settled_by="s", attempts=1, sagas=0)
    (cause,) = causes_of(told(interrupted(2), (2, aside), gone))
    assert ("killed", "RunDied") == (cause.domain.name, cause.root.type)


def test_many_rows_take_a_moment() -> None:
    """Twenty thousand failures beside a root; no pair of them is compared."""
    signs = told(CPU, *[failed(row, LATE) for row in range(1, 20_001)])
    (cause,) = causes_of(signs)
    assert 20_000 == len(cause.consequences) == len(cause.rows)


def test_every_code_and_finding_belongs_to_exactly_one_class() -> None:
    """Thirteen classes, each with a name of its own; a code of nobody's is unclassified."""
    assert list(range(1, 14)) == list(DOMAINS)
    assert 14 == len({one.name for one in (*DOMAINS.values(), UNCLASSIFIED)})
    for code in FAILURES:
        assert domain_of(code) in DOMAINS.values()
    by_event = {5, 11, 12, 13, 2}
    assert set(DOMAINS) - by_event <= {one.domain for one in FAILURES.values()}
    assert {5, 11} == {domain_of_finding(rule.__name__).number for rule in RULES}
    assert UNCLASSIFIED == domain_of("NotInTheTable")
