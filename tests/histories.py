"""
Legal histories, made by driving `machine.decide`: whatever comes out could have happened.

`realistic` is a working day: a set comes in, its stages run one after the other, a person edits,
approves and publishes. `random_history` is a bad one: failures, dead programs, edits, rollbacks,
half-done publications, in any order. Both return facts, ready to be put into a real journal by
`write`. No clock and no global chance: the same arguments give the same history.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from journal import Entry, Journal
from machine import events as e
from machine import intents as i
from machine import run_events as r
from machine.decide import decide
from machine.event_base import Event
from machine.evolve import fold
from machine.name_template import PREDECESSORS, parse
from machine.naming import name_key
from machine.record import record_of
from machine.refusals import Refused
from machine.row import PARTS, Row, attempts_of
from machine.values import (
    STAGES,
    Author,
    EmbeddedText,
    Labels,
    Metadata,
    PrivateMetadata,
    Source,
    Stage,
)
from tests.made_up import renditions, scores, sha, text


class Fact(NamedTuple):
    """An event of a history, with the part of its envelope that is not the journal's to give."""

    stream: str
    event: Event
    run_id: str
    step: int
    actor: str = "tester"


class Teller:
    """Tells a history: asks the machine, keeps the answers, knows the state of every row."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.rows: dict[int, Row] = {}
        self.run = ""
        self.step = 0
        self._runs = 0

    def put(self, stream: str, *events: Event) -> None:
        """Note events that no rule has to allow."""
        self.facts += [Fact(stream, event, self.run, self.step) for event in events]

    def ask(self, number: int, intent: i.Intent) -> bool:
        """Do what is asked; say whether the machine allowed it."""
        row = self.rows.get(number, Row())
        try:
            events = decide(row, intent)
        except Refused:
            return False
        self.step += 1
        self.put(f"row/{number}", *events)
        self.rows[number] = fold(events, row)
        return True

    def start_run(self, verb: str, *, effects: bool = True, dry_run: bool = False) -> None:
        """Begin a run; what follows is its work."""
        self._runs += 1
        self.run, self.step = f"0192a000-{self._runs:04x}-7000-8000-{self._runs:012x}", 0
        started = r.RunStarted(
            verb=verb,
            argv=("photojournal", verb),
            pid=4000 + self._runs,
            host="studio",
            program="photojournal 0.1.0",
            versions={"python": "3.11.7"},
            config_digest=sha("config"),
            effects=effects,
            dry_run=dry_run,
        )
        self.put(f"run/{self.run}", started)

    def end_run(self, outcome: str = "done", exit_code: int = 0) -> None:
        """End the run by itself."""
        self.put(f"run/{self.run}", r.RunEnded(outcome=outcome, exit_code=exit_code))

    def ingest(self, number: int, set_id: str, labels: Labels, name: str = "") -> None:
        """Take a photo in, with its reservations."""
        metadata = Metadata(
            date_time=f"2008:05:{number % 28 + 1:02d} 10:15:00",
            camera="Canon EOS R5",
            lens_model="RF24-105mm F4 L IS USM",
            width_px=6000,
            height_px=4000,
            exposure="1/250 sec",
            aperture="f/2.8",
            iso=100 + number % 7 * 100,
            focal_length="35 mm",
            media_type="image/jpeg",
        )
        original = name or f"IMG_{number:04d}.JPG"
        file_name = parse(PREDECESSORS).series(labels, metadata, original).file_name(number)
        intent = i.IngestRow(
            row=number,
            set_id=set_id,
            labels=labels,
            original_name=original,
            source=Source(root="home", path=f"photos/{original}"),
            sha256=sha(f"photo {number}"),
            size_bytes=8_000_000 + number,
            file_name=file_name,
            needed=STAGES,
            metadata=metadata,
            embedded=EmbeddedText(creator="A. Photographer"),
            private=PrivateMetadata(latitude_deg=52.1, longitude_deg=4.3) if number % 3 else None,
        )
        self.ask(number, intent)
        stem = name_key(file_name.rpartition(".")[0])
        self.put(f"name/{stem}", e.NameReserved(row=number, file_name=file_name))
        self.put(f"bytes/{intent.sha256}", e.BytesReserved(row=number))

    def start(
        self, number: int, stage: Stage, recipe: str = "recipe", *, alone: bool = False
    ) -> bool:
        """Claim a stage."""
        intent = i.StartAttempt(
            stage=stage, recipe_digest=sha(recipe), claimed_by=self.run, alone=alone
        )
        return self.ask(number, intent)

    def finish(self, number: int, stage: Stage, *, grounded: bool = True) -> bool:
        """Let an open attempt succeed."""
        open_ = attempts_of(self.rows[number], stage).open
        if open_ is None:
            return False
        attempt, digest, recipe = open_.attempt, open_.input_digest, open_.recipe_digest
        if stage == "score":
            intent: i.Intent = i.RecordScored(
                attempt=attempt,
                input_digest=digest,
                recipe_digest=recipe,
                profile="embedded",
                scores=scores(number + attempt),
                duration_ms=310,
            )
        elif stage == "resize":
            intent = i.RecordResized(
                attempt=attempt,
                input_digest=digest,
                recipe_digest=recipe,
                renditions=renditions(number, attempt),
                duration_ms=520,
            )
        else:
            intent = i.RecordPrefilled(
                attempt=attempt,
                input_digest=digest,
                recipe_digest=recipe,
                text=text(number, attempt),
                author=Author(kind="model", name="qwen2.5vl:3b", model_digest=sha("model")),
                grounded=grounded,
                duration_ms=4200,
            )
        return self.ask(number, intent)

    def fail(self, number: int, stage: Stage, code: str, detail: str = "it did not work") -> bool:
        """Let an open attempt fail."""
        open_ = attempts_of(self.rows[number], stage).open
        if open_ is None:
            return False
        intent = i.RecordFailure(
            stage=stage,
            attempt=open_.attempt,
            input_digest=open_.input_digest,
            code=code,
            detail=detail,
            retry_at="2026-05-01T12:00:00.000000Z",
            exit_code=0xC0000005 if code.endswith("Crash") else None,
            duration_ms=90,
        )
        return self.ask(number, intent)

    def publish(self, number: int) -> bool:
        """Claim the publication of an approved row; its steps are still to do."""
        row = self.rows[number]
        made = row.decided.decision.renditions
        if not made:
            return False
        year, name = "2008", row.happened.file_name
        folder = row.decided.labels.category or "Other"
        files = (
            i.PlannedFile(
                path=f"{year}/{folder}/{name}", sha256=made[0].sha256, size_bytes=600_000
            ),
            i.PlannedFile(
                path=f"{year}/thumbs/{folder}/{name}", sha256=made[-1].sha256, size_bytes=60_000
            ),
        )
        base = "https://photos.example/"
        record = record_of(row, base + files[0].path, base + files[1].path)
        return self.ask(
            number,
            i.StartPublication(
                publication=f"p{number}-{row.version}",
                gallery="folder",
                claimed_by=self.run,
                files=files,
                record=record,
            ),
        )

    def do_steps(self, number: int, most: int = 100) -> None:
        """Do the steps of an open saga; with enough of them, end it."""
        for _ in range(most):
            saga = self.rows[number].happened.saga
            if saga is None or saga.incomplete:
                return
            done = saga.done >= len(saga.steps)
            self.ask(number, i.CloseSaga() if done else i.RecordStep(outcome="done"))


def realistic(rows: int, *, per_set: int = 500, first: int = 1) -> Iterator[Fact]:
    """Yield the history of `rows` photos, about 20 events each, set after set."""
    teller = Teller()
    for begin in range(first, first + rows, per_set):
        numbers = range(begin, min(begin + per_set, first + rows))
        _one_set(teller, numbers, f"20260501-{begin}")
        yield from teller.facts
        teller.facts.clear()
        teller.rows.clear()


def _one_set(teller: Teller, numbers: Sequence[int], set_id: str) -> None:
    labels = Labels(category="Harbours", subject="Old harbour", location="Rotterdam")
    teller.start_run("run")
    teller.put(f"set/{set_id}", r.SetCreated(set_id=set_id, labels=labels, paths=("photos",)))
    for number in numbers:
        teller.ingest(number, set_id, labels)
    for stage in STAGES:
        teller.put(f"run/{teller.run}", r.StageStarted(stage=stage, rows=len(numbers)))
        for number in numbers:
            teller.start(number, stage)
            teller.finish(number, stage)
        ended = r.StageEnded(
            stage=stage, done=len(numbers), failed=0, skipped=0, duration_ms=90_000
        )
        teller.put(f"run/{teller.run}", ended)
    teller.end_run()
    teller.start_run("approve", effects=False)
    for number in numbers:
        teller.ask(number, i.EditText(caption=f"The old harbour, {number}.", by="Ann"))
        teller.ask(number, i.Approve())
    teller.end_run()
    teller.start_run("publish")
    for number in numbers:
        for made in teller.rows[number].decided.decision.renditions:
            finished = sha(f"finished {made.sha256}")
            teller.ask(
                number,
                i.RecordFinished(
                    name=made.name, source_sha256=made.sha256, sha256=finished, size_bytes=1
                ),
            )
        teller.publish(number)
        teller.do_steps(number)
    teller.end_run()


def random_history(rng: random.Random, rows: int, length: int = 200) -> list[Fact]:
    """Return a history of at most `rows` rows in which anything legal may happen, in any order."""
    teller = Teller()
    labels = Labels(category="Harbours", subject="Old harbour", location="Rotterdam")
    teller.start_run("ingest")
    teller.put("set/20260501-1", r.SetCreated(set_id="20260501-1", labels=labels))
    for number in range(1, rows + 1):
        if rng.random() < 0.9:
            name = rng.choice(("", "", f"a b\n[ERROR] id=9 {number}.jpg", f"ünï-{number}.JPG"))
            teller.ingest(number, "20260501-1", labels, name)
    while len(teller.facts) < length and teller.rows:
        _anything(rng, teller, rng.choice(sorted(teller.rows)))
    if rng.random() < 0.5:
        teller.end_run()
    return teller.facts


def _anything(rng: random.Random, teller: Teller, number: int) -> None:
    """Do one thing to a row, or try to."""
    row, stage = teller.rows[number], rng.choice(STAGES)
    match rng.randrange(20):
        case 0 | 1 | 2:
            teller.start(number, stage, rng.choice(("a", "b")), alone=rng.random() < 0.5)
        case 3 | 4 | 5 | 6:
            for each in STAGES:
                teller.start(number, each)
                teller.finish(number, each, grounded=rng.random() < 0.8)
        case 7:
            codes = ("PrefillTimeout", "ScoringNativeCrash", "ResizeUnreadable", "DiskLow")
            teller.fail(number, stage, rng.choice(codes), rng.choice(("", "a\nb", "x @99999")))
        case 8:
            teller.ask(
                number, rng.choice((i.Retry(stage=stage), i.Release(stage=stage, reason="r")))
            )
        case 9:
            caption = rng.choice(("", "A caption", "Another\ncaption"))
            teller.ask(number, i.EditText(caption=caption, by="Ann"))
        case 10:
            subject = rng.choice(("Old harbour", "New harbour"))
            teller.ask(number, i.Relabel(labels=Labels(category="Harbours", subject=subject)))
        case 11:
            teller.ask(number, i.Rename(file_name=f"Renamed_{rng.randrange(4)}_{number}.JPG"))
        case 12:
            teller.ask(number, rng.choice((i.Pick(), i.Reject(reason="soft"), i.Pick())))
        case 13 | 14:
            teller.ask(number, i.Approve(allow_ungrounded=rng.random() < 0.5))
            teller.publish(number)
            teller.do_steps(number, rng.randrange(8))
        case 15:
            teller.ask(number, i.Withdraw(withdrawal=f"w{row.version}", claimed_by=teller.run))
            teller.do_steps(number, rng.randrange(6))
        case 16:
            to, some = rng.randrange(row.version + 1), tuple(rng.sample(PARTS, 3))
            parts = rng.choice(((), some))
            back = i.RollBack(to=to, rollback=f"b{row.version}", claimed_by=teller.run, parts=parts)
            teller.ask(number, back)
            teller.do_steps(number, rng.randrange(6))
        case 17:
            outcome = rng.choice(("done", "already", "changed", "impossible"))
            teller.ask(number, i.RecordStep(outcome=outcome, detail="somebody else's"))  # type: ignore[arg-type]
            teller.ask(number, i.CloseSaga())
        case 18:
            teller.ask(number, i.ResumeSaga(claimed_by=teller.run))
            teller.ask(number, i.RecordPublicationFailure(code="PublishFailed", detail="550"))
        case _:
            _next_run(rng, teller, number)


def _next_run(rng: random.Random, teller: Teller, number: int) -> None:
    """End the run, or let it die and be settled by the next one."""
    dead = teller.run
    died = rng.random() < 0.5
    if not died:
        teller.end_run(rng.choice(("done", "failed rows")))
    teller.start_run(rng.choice(("run", "publish", "approve")), effects=rng.random() < 0.7)
    if died:
        for stage in STAGES:
            teller.ask(number, i.RecordInterruption(stage=stage, run=dead))
        teller.put(f"run/{dead}", r.RunDied(settled_by=teller.run, attempts=1, sagas=0))
    teller.ask(number, i.ReopenRow(set_id="20260501-1"))


def write(journal: Journal, facts: Iterable[Fact], batch: int = 200) -> None:
    """Append facts to a journal, those of one run in appends of up to `batch` events."""
    versions: dict[str, int] = {}
    number = journal.head.position
    for run_id, of_run in groupby(facts, key=lambda fact: fact.run_id):
        left = list(of_run)
        for begin in range(0, len(left), batch):
            entries = []
            for fact in left[begin : begin + batch]:
                version = versions.get(fact.stream)
                if version is None:
                    version = len(journal.read_stream(fact.stream)) if number else 0
                entries.append(Entry(fact.stream, version, fact.event))
                versions[fact.stream] = version + 1
            number += 1
            step = left[begin].step
            journal.append(
                entries, key=f"{run_id}/{number}", run_id=run_id, step=step, actor="tester"
            )
