"""
Random but legal histories: what could really have happened to some rows.

A `Simulation` asks `decide` for one thing after another, as people, stages, publishers and crashes
would, and folds what comes back with `evolve`. Beside the rows stands a made-up outside that steps
really change, that somebody else writes to as well (where `foreign` is on), and whose answers get
lost now and then.

```
simulation = Simulation(random.Random(7), rows=3)
for stream, event in simulation.history(200):
    ...
simulation.row("row/1")
```
"""

from collections.abc import Callable, Iterator
from random import Random

from machine import intents as i
from machine.decide import decide
from machine.digests import digest_of, text_digest
from machine.event_base import Event
from machine.events import BytesReserved, NameReserved
from machine.evolve import evolve
from machine.naming import name_key
from machine.record import record_of
from machine.refusals import Refused
from machine.row import PARTS, Row, Saga, attempts_of
from machine.run_events import RunDied, RunStarted, SetCreated
from machine.status import publication_due, review_status, stage_status, stands_otherwise
from machine.values import STAGES, EmbeddedText, Metadata, PrivateMetadata, Source, Step
from tests.makings import RECIPES, Makings, sha
from tests.simulated_outside import Outside

Pair = tuple[str, Event]


class Simulation:
    """
    Some rows, the outside they are published to, and chance.

    Attributes:
        rows: every row by its number, as folded so far.
        log: all (stream, event) pairs so far, in order.
        refusals: how often something was refused, by the name of the intent; facts never are.
        before, intent, events: the last decision: the row before it, what was asked, what followed.
        watch: called after each decision with the row's number.
    """

    def __init__(self, random: Random, rows: int = 1, *, foreign: bool = True) -> None:
        """Begin with an empty journal; `rows` is how many photos will come in."""
        self.random = random
        self.make = Makings(random)
        self.foreign = foreign
        self.outside = Outside()
        self.rows: dict[int, Row] = {}
        self.log: list[Pair] = []
        self.refusals: dict[str, int] = {}
        self.before, self.intent, self.events = Row(), i.Intent(), tuple[Event, ...]()
        self.watch: Callable[[int], None] = lambda _number: None
        self.late: list[tuple[int, i.Intent]] = []
        self._to_come = rows
        self._run = ""

    def row(self, stream: str) -> Row:
        """Return the row of `row/<id>` as it is now; an empty one for other streams."""
        kind, _, number = stream.partition("/")
        return self.rows.get(int(number), Row()) if kind == "row" else Row()

    def history(self, actions: int) -> Iterator[Pair]:
        """Let `actions` things happen and yield each event with its stream."""
        for _ in range(actions):
            yield from self.act()

    def act(self) -> list[Pair]:
        """Let one thing happen; return its events, none where it was refused."""
        start = len(self.log)
        if not self._run:
            self._new_run()
        elif self._to_come and (not self.rows or self.random.random() < 0.1):
            self._ingest()
        else:
            number = self.random.choice(sorted(self.rows))
            chosen = self.random.choices(list(self._actions), self._weights)[0]
            chosen(self, number)
        return self.log[start:]

    def ask(self, number: int, intent: i.Intent) -> tuple[Event, ...]:
        """Ask something of a row, fold what follows; nothing follows from what is refused."""
        row = self.rows.get(number, Row())
        self.before, self.intent, self.events = row, intent, ()
        try:
            events = decide(row, intent)
        except Refused:
            name = type(intent).__name__
            assert not name.startswith("Record"), name
            self.refusals[name] = self.refusals.get(name, 0) + 1
            return ()
        for event in events:
            row = evolve(row, event)
            self.log.append((f"row/{number}", event))
        self.rows[number] = row
        self.events = events
        self.watch(number)
        return events

    def settle(self, number: int) -> Row:
        """Bring what is open on a row to an end, with a gallery that answers; return the row."""
        for stage in STAGES:
            claimed = attempts_of(self.rows[number], stage).open
            if claimed:
                self.ask(number, i.RecordInterruption(stage=stage, run=claimed.claimed_by))
        if stands_otherwise(self.rows[number]):
            repair = self.make.new_id("repair")
            self.ask(number, i.StartRepair(repair=repair, gallery="folder", claimed_by="settler"))
        for _ in range(3):
            saga = self.rows[number].happened.saga
            if saga is None:
                break
            self.ask(number, i.ResumeSaga(claimed_by="settler"))
            while (saga := self.rows[number].happened.saga) and saga.done < len(saga.steps):
                self.ask(number, i.RecordStep(outcome=self.outside.perform(saga.steps[saga.done])))
            self.ask(number, i.CloseSaga())
        return self.rows[number]

    # --- Runs and intake

    def _new_run(self, _number: int = 0) -> None:
        """A process starts; the one before ended or died, and what it left open is orphaned."""
        before, self._run = self._run, self.make.new_id("run")
        if before and self.random.random() < 0.5:
            died = RunDied(settled_by=self._run, attempts=0, sagas=0)
            self.log.append((f"run/{before}", died))
        started = RunStarted(
            verb="run",
            argv=("photojournal", "run"),
            pid=1,
            host="here",
            program="0.1.0",
            versions={},
            config_digest="",
            effects=True,
        )
        self.log.append((f"run/{self._run}", started))
        for number, row in self.rows.items():
            for stage in STAGES:
                claimed = attempts_of(row, stage).open
                if claimed and self.random.random() < 0.8:
                    if self.random.random() < 0.3:
                        self.late.append((number, self.make.outcome(row, stage)))
                    self.ask(number, i.RecordInterruption(stage=stage, run=claimed.claimed_by))

    def _ingest(self) -> None:
        self._to_come -= 1
        number = len(self.rows) + 1
        set_id, labels = f"20240501-{number}", self.make.labels()
        digest, name = sha("photo", number), f"Harbour_{number:03d}.JPG"
        self.log.append((f"set/{set_id}", SetCreated(set_id=set_id, labels=labels)))
        private = PrivateMetadata(latitude_deg=51.9) if self.random.random() < 0.5 else None
        intent = i.IngestRow(
            row=number,
            set_id=set_id,
            labels=labels,
            original_name=f"IMG_{number}.jpg",
            source=Source(root="home", path=f"photos/IMG_{number}.jpg"),
            sha256=digest,
            size_bytes=1_000 + number,
            file_name=name,
            needed=self.make.needed(),
            metadata=Metadata(date_time="2024:05:01 10:00:00", camera="Canon EOS R5", iso=100),
            embedded=EmbeddedText(),
            private=private,
            past=self.make.past(),
        )
        self.ask(number, intent)
        self._reserve(number, name)
        self.log.append((f"bytes/{digest}", BytesReserved(row=number)))

    def _reserve(self, number: int, name: str) -> None:
        stream = f"name/{name_key(name.rpartition('.')[0])}"
        self.log.append((stream, NameReserved(row=number, file_name=name)))

    def _reopen(self, number: int) -> None:
        self.ask(number, i.ReopenRow(set_id=self.make.new_id("set")))

    # --- Stages

    def _start(self, number: int) -> None:
        row = self.rows[number]
        due = [stage for stage in STAGES if stage_status(row, stage) != "done"]
        stage = self.random.choice(due if due and self.random.random() < 0.8 else STAGES)
        alone = attempts_of(row, stage).alone_next or self.random.random() < 0.2
        recipe = self.random.choice(RECIPES)
        claim = i.StartAttempt(stage=stage, recipe_digest=recipe, claimed_by=self._run, alone=alone)
        self.ask(number, claim)

    def _finish(self, number: int) -> None:
        """An attempt that is open ends: mostly well, sometimes not, sometimes the program dies."""
        row = self.rows[number]
        claims = [attempts_of(row, stage).open for stage in STAGES]
        claimed = self.random.choice([claim for claim in claims if claim] or [None])
        if claimed is None:
            self._start(number)
        elif self.random.random() < 0.08:
            if self.random.random() < 0.5:
                self.late.append((number, self.make.outcome(row, claimed.stage)))
            self.ask(number, i.RecordInterruption(stage=claimed.stage, run=claimed.claimed_by))
        else:
            self.ask(number, self.make.outcome(row, claimed.stage))

    def _late(self, number: int) -> None:
        """The outcome of an attempt arrives that was declared dead, or arrives a second time."""
        if self.late:
            self.ask(*self.late.pop(self.random.randrange(len(self.late))))
        else:
            self.ask(number, self.make.outcome(self.rows[number], self.random.choice(STAGES)))

    def _retry(self, number: int) -> None:
        self.ask(number, i.Retry(stage=self.random.choice(STAGES), reason="again"))

    def _release(self, number: int) -> None:
        row = self.rows[number]
        aside = [stage for stage in STAGES if stage_status(row, stage) == "quarantined"]
        self.ask(number, i.Release(stage=self.random.choice(aside or STAGES), reason="mended"))

    # --- People

    def _edit(self, number: int) -> None:
        text, seen = self.make.text(), self.rows[number].decided.prefill.text
        based_on = self.random.choice(("", text_digest(seen), text_digest(seen), sha("older")))
        edit = i.EditText(
            caption=text.caption if self.random.random() < 0.2 else text.caption or "A caption",
            alt_text=text.alt_text[:100] if self.random.random() < 0.8 else None,
            keywords=text.keywords if self.random.random() < 0.5 else None,
            by="amir",
            based_on=based_on,
        )
        self.ask(number, edit)

    def _relabel(self, number: int) -> None:
        self.ask(number, i.Relabel(labels=self.make.labels()))

    def _rename(self, number: int) -> None:
        name = f"Renamed_{self.make.new_id(str(number))}.JPG"
        if self.ask(number, i.Rename(file_name=name)):
            self._reserve(number, name)

    def _photo(self, number: int) -> None:
        """A person replaces the photo, mends what it says, moves its file, or an ingest does."""
        self.ask(number, self.make.about_photo(self.rows[number]))

    def _pick(self, number: int) -> None:
        self.ask(number, i.Pick(by_marks=self.random.random() < 0.2))

    def _approve(self, number: int) -> None:
        waive = self.random.choice(("", "", "it is a sign"))
        self.ask(number, i.Approve(allow_ungrounded=self.random.random() < 0.5, waive=waive))

    def _reject(self, number: int) -> None:
        self.ask(number, i.Reject(reason="blurred"))

    def _roll_back(self, number: int) -> None:
        """Go back to any version, those with a publication above all; or forth again."""
        row, parts = self.rows[number], tuple[str, ...]()
        if self.random.random() < 0.25:
            parts = tuple(self.random.sample(PARTS, self.random.randint(1, 3)))
        public = [mark.version for mark in row.marks if mark.decided.publication.record]
        to = self.random.choice(public) if public else 0
        if to < 3 or self.random.random() < 0.7:
            to = self.random.randint(0 if self.random.random() < 0.1 else 2, max(row.version, 2))
        back = i.RollBack(
            to=to,
            rollback=self.make.new_id("rollback"),
            claimed_by=self._run,
            parts=parts,
            reason="oops",
        )
        self.ask(number, back)

    # --- Outside

    def _publish(self, number: int) -> None:
        row = self.rows[number]
        decision, name = row.decided.decision, row.happened.file_name
        folder = "2024/" + (row.decided.labels.category.partition(" ")[0] or "undated")
        files = list[i.PlannedFile]()
        for rendition in decision.renditions:
            path = f"{folder}/{'thumbs/' if rendition.name == 'thumb' else ''}{name}"
            if self.random.random() < 0.05:
                failed = i.RecordFinishingFailure(name=rendition.name, code="FinishingFailed")
                self.ask(number, failed)
                return
            finished = sha(rendition.sha256, digest_of(decision.text))
            size = rendition.size_bytes + 60
            done = i.RecordFinished(
                name=rendition.name,
                source_sha256=rendition.sha256,
                sha256=finished,
                size_bytes=size,
            )
            self.ask(number, done)
            files.append(i.PlannedFile(path=path, sha256=finished, size_bytes=size))
        start = i.StartPublication(
            publication=self.make.new_id("publication"),
            gallery="folder",
            claimed_by=self._run,
            files=tuple(files),
            record=record_of(row, f"https://example.org/{folder}/{name}", "https://example.org/t"),
        )
        self.ask(number, start)

    def _withdraw(self, number: int) -> None:
        saga = self.make.new_id("withdrawal")
        self.ask(number, i.Withdraw(withdrawal=saga, claimed_by=self._run, reason="asked"))

    def _forward(self, number: int) -> None:
        """The row comes nearer to its end: open sagas go on, else what is due begins."""
        row = self.rows[number]
        saga = row.happened.saga
        if saga is None:
            self._forward_inside(number, row)
        elif saga.incomplete or saga.claimed_by != self._run:
            self.ask(number, i.ResumeSaga(claimed_by=self._run))
        elif saga.done >= len(saga.steps):
            left = {report.target for report in saga.reports}
            self.ask(number, i.CloseSaga(untouched=not left & self.outside.unheard))
        else:
            self._saga_step(number, saga, saga.steps[saga.done])

    def _forward_inside(self, number: int, row: Row) -> None:
        status = review_status(row)
        if publication_due(row):
            self._publish(number)
        elif status == "Pending":
            self.random.choice((Simulation._approve, Simulation._edit))(self, number)
        elif status in ("Queued", "Error"):
            self._finish(number)

    def _saga_step(self, number: int, saga: Saga, step: Step) -> None:
        """One step is done, or one of the things goes wrong that can."""
        chance, gallery = self.random.random(), self.outside
        if chance < 0.88:
            self.ask(number, i.RecordStep(outcome=gallery.perform(step), detail="seen"))
            return
        going_out = saga.kind == "publication" and not saga.undoing
        known = going_out and chance > 0.98 and step.target not in gallery.unheard
        if not known and self.random.random() < 0.5:  # It is done, and nobody will hear of it.
            gallery.lose(step)
        if chance < 0.93:  # The program dies with or without the effect.
            self._run = ""
        elif going_out and not known:
            untouched = step.target not in gallery.unheard and self.random.random() < 0.5
            failed = i.RecordPublicationFailure(code="PublishRefused", untouched=untouched)
            self.ask(number, failed)
        else:
            self.ask(number, i.RecordStep(outcome="impossible", detail="a folder is in the way"))

    def _foreign(self, _number: int) -> None:
        """Somebody else writes or removes a file or a record where ours are or would be."""
        if not self.foreign:
            return
        targets = set(self.outside.files)
        for row in self.rows.values():
            if saga := row.happened.saga:
                targets |= {step.target for step in saga.steps}
        if targets:
            theirs = sha(self.make.new_id("foreign")) if self.random.random() < 0.5 else ""
            self.outside.write_over(self.random.choice(sorted(targets)), theirs)

    def _repair(self, number: int) -> None:
        """Somebody looks after what stands outside of a row, and puts back what is gone."""
        if self.rows[number].happened.saga is None:
            self.ask(number, self.outside.look_after(self.rows[number]))
            repair = self.make.new_id("repair")
            self.ask(number, i.StartRepair(repair=repair, gallery="folder", claimed_by=self._run))

    _actions: dict[Callable[["Simulation", int], None], int] = {  # noqa: RUF012
        _approve: 3,
        _edit: 5,
        _finish: 24,
        _foreign: 2,
        _forward: 36,
        _late: 3,
        _new_run: 1,
        _photo: 3,
        _pick: 2,
        _publish: 3,
        _reject: 1,
        _relabel: 2,
        _release: 3,
        _repair: 3,
        _rename: 1,
        _reopen: 1,
        _retry: 1,
        _roll_back: 5,
        _start: 8,
        _withdraw: 3,
    }
    _weights = tuple(_actions.values())
