"""
A workspace on a desk: what a person does with it, in one word each.

Real SQLite, real files, real worker processes; only the workers are shared between tests, since a
process takes a second to start.
"""

import contextlib
import copy
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from adapters.files import sha256_of
from adapters.gallery_table import FILE_NAME
from adapters.workers import Workers
from driver import pipeline, publishing, site_page, taking_in, workspace
from driver.decisions import Answer, ask_each
from driver.errors import Unreachable
from driver.going_back import RowPlan, plan_row, plan_run
from driver.pipeline import Worked
from driver.program import Program, create_journal
from driver.publishing import Sent
from driver.taking_back import Returned, TakingBack
from driver.taking_in import Ingested
from driver.undoing import plan_redo, plan_undo
from journal import Journal
from journal.verify import verify
from machine.evolve import evolve
from machine.intents import Approve, EditText, Intent
from machine.row import Row
from machine.status import review_status
from machine.values import STAGES, Labels, Stage

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
HARBOUR = Labels(category="Travel", subject="Harbour at dusk", location="Rotterdam")

CONFIG = """\
[run]
workers = 1
[prefill]
backoff_s = 0.01
[score]
backoff_s = 0.01
[resize]
backoff_s = 0.01
web = "300x200"
thumb = "60x40"
[journal]
min_free = "1 MiB"
"""


class Desk:
    """One workspace and the person before it."""

    def __init__(self, root: Path, workers: Workers | None = None, config: str = CONFIG) -> None:
        """Make the workspace; `workers` are shared with others."""
        self.root = root
        self.inbox = root.parent / f"{root.name} inbox"
        self.inbox.mkdir(exist_ok=True)
        workspace.create(root)
        (root / workspace.MARKER).write_text(config, encoding="utf-8")
        create_journal(workspace.Workspace(root))
        self._workers = workers

    def copied(self, root: Path) -> "Desk":
        """Return a desk with a copy of the workspace, which nobody may have open."""
        twin = copy.copy(self)
        twin.root = shutil.copytree(self.root, root)
        return twin

    @property
    def workspace(self) -> workspace.Workspace:
        """The workspace with today's configuration."""
        return workspace.Workspace(self.root)

    @contextlib.contextmanager
    def program(self, verb: str = "", *, effects: bool = True) -> Iterator[Program]:
        """Open the workspace; with a verb, inside a run."""
        with Program(self.workspace) as program:
            if self._workers is not None:
                vars(program)["workers"] = self._workers
            if not verb:
                yield program
                return
            with program.run(verb, ["photojournal", verb], effects=effects):
                yield program

    # --- what a person does

    def photo(self, sample: str = "coffee", name: str = "", ending: bytes = b"") -> Path:
        """Put a sample into the inbox; `ending` makes it another photo."""
        path = self.inbox / (name or f"{sample}.jpg")
        path.write_bytes((SAMPLES / f"{sample}.jpg").read_bytes() + ending)
        return path

    def ingest(self, *paths: Path, labels: Labels = HARBOUR, recursive: bool = False) -> Ingested:
        """Take photos in."""
        with self.program("ingest") as program:
            return taking_in.ingest(
                program, paths, labels, recursive=recursive, progress=lambda _done, _all: None
            )

    def work(self, *stages: Stage, rows: Iterable[int] = ()) -> Worked:
        """Do what is due, on all rows by default."""
        with self.program("run") as program:
            numbers = list(rows) or self.numbers(program)
            return pipeline.work(program, numbers, stages or STAGES, lambda _tallies: None)

    def ask(self, *numbers: int, intents: Sequence[Intent]) -> list[Answer]:
        """Decide something about rows."""
        with self.program("decide", effects=False) as program:
            return ask_each(program.shell, numbers, lambda _row: intents)

    def approve(self, *numbers: int) -> list[Answer]:
        """Approve rows, also with texts that nobody checked."""
        return self.ask(*numbers, intents=[Approve(allow_ungrounded=True)])

    def write(self, number: int, caption: str, alt_text: str = "A harbour in the evening") -> None:
        """Write texts by hand."""
        (answer,) = self.ask(
            number, intents=[EditText(caption=caption, alt_text=alt_text, by="anna")]
        )
        assert answer.outcome == "done", answer

    def publish(self, *numbers: int) -> tuple[list[Sent], Unreachable | None]:
        """Publish rows, all by default."""
        with self.program("publish") as program:
            wanted = numbers or self.numbers(program)
            return publishing.publish(program, wanted, lambda _uploads: None)

    def published(self, *samples: str) -> "Desk":
        """Take samples from the inbox to the site; row 1 is the first one."""
        self.ingest(*[self.photo(sample) for sample in samples or ("coffee",)])
        self.work()
        numbers = [line["id"] for line in self.queue()]
        self.approve(*numbers)
        sent, stopped = self.publish()
        assert stopped is None
        assert {"published"} == {one.outcome for one in sent}, sent
        return self

    def withdraw(self, number: int) -> Returned:
        """Take a row down."""
        with self.taking_back("withdraw") as (_, back):
            return back.withdraw(number, "")

    def repair(self, number: int) -> Returned:
        """Go on with what is open."""
        with self.taking_back("repair") as (_, back):
            return back.repair(number)

    @contextlib.contextmanager
    def taking_back(self, verb: str = "rollback") -> Iterator[tuple[Program, TakingBack]]:
        """Begin a run that changes the outside."""
        with self.program(verb) as program, program.publishing() as gallery:
            yield program, TakingBack(program.shell, program.objects, gallery)

    def roll_back(self, number: int, to: int) -> Returned:
        """Take one row to a version."""
        with self.taking_back() as (program, back):
            return self.carry_out(back, plan_row(program.shell, number, to))

    def roll_back_run(self, run: str, *, including_later: bool = False) -> list[Returned]:
        """Take back what a run did."""
        with self.taking_back() as (program, back):
            plans = plan_run(program.shell, run, including_later=including_later)
            return [self.carry_out(back, plan) for plan in plans]

    @staticmethod
    def carry_out(back: TakingBack, plan: RowPlan) -> Returned:
        """Carry a plan out, or say why not."""
        if plan.kept:
            outcome = "nothing" if plan.nothing else "kept"
            return Returned(
                row=plan.row, file_name=plan.file_name, outcome=outcome, detail=plan.kept
            )
        return back.roll_back(plan, "")

    def undo(self, *, including_later: bool = False) -> list[Returned]:
        """Take back the newest step."""
        with self.taking_back("undo") as (program, back):
            plan = plan_undo(program.shell, including_later=including_later)
            return [self.carry_out(back, one) for one in plan.rows] if plan else []

    def redo(self) -> list[Returned]:
        """Bring back what the newest undo took."""
        with self.taking_back("redo") as (program, back):
            plan = plan_redo(program.shell)
            return [self.carry_out(back, one) for one in plan.rows] if plan else []

    # --- what a person sees

    def numbers(self, program: Program) -> list[int]:
        """Return every row."""
        return [line["id"] for line in program.models.queue()]

    def queue(self) -> list[dict[str, Any]]:
        """Return the lines of the queue."""
        with self.program() as program:
            return program.models.queue()

    def line(self, number: int) -> dict[str, Any]:
        """Return one line of the queue."""
        with self.program() as program:
            found = program.models.line(number)
            assert found is not None
            return found

    def row(self, number: int) -> Row:
        """Return a row, folded anew."""
        row = Row()
        with self.reading() as journal:
            for recorded in journal.read_stream(f"row/{number}"):
                row = evolve(row, recorded.event)
        return row

    def status(self, number: int) -> str:
        """Return a row's Review_Status."""
        return review_status(self.row(number))

    def types(self, number: int) -> list[str]:
        """Return the types of a row's events."""
        with self.reading() as journal:
            return [one.type for one in journal.read_stream(f"row/{number}")]

    def newest_run(self, verb: str) -> str:
        """Return the newest run of a verb."""
        with self.program() as program:
            found: str = next(one["run_id"] for one in program.models.runs() if one["verb"] == verb)
            return found

    @contextlib.contextmanager
    def reading(self) -> Iterator[Journal]:
        """Open the journal for reading only."""
        with Journal.open(self.root / "data" / "journal.db", readonly=True) as journal:
            yield journal

    @property
    def site(self) -> Path:
        """The folder gallery."""
        return self.root / "site"

    def pictures(self) -> dict[str, str]:
        """Return the SHA-256 of every file of the site but its table and page."""
        if not self.site.is_dir():
            return {}
        return {
            path.relative_to(self.site).as_posix(): sha256_of(path)
            for path in sorted(self.site.rglob("*"))
            if path.is_file() and not path.name.startswith((FILE_NAME, site_page.NAME))
        }

    def records(self) -> dict[str, dict[str, Any]]:
        """Return the rows of the published table by File_Name."""
        path = self.site / FILE_NAME
        if not path.is_file():
            return {}
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.row_factory = sqlite3.Row
            lines = db.execute("SELECT * FROM photos_info").fetchall()
        return {line["File_Name"]: dict(line) for line in lines}

    def check(self) -> None:
        """Everything that must hold whenever nothing is open."""
        with self.program() as program:
            assert [] == program.models.check()
            numbers = self.numbers(program)
        assert verify(self.root / "data" / "journal.db").ok
        rows = [self.row(number) for number in numbers]
        files = {path: fact.sha256 for row in rows for path, fact in row.happened.files.items()}
        assert files == self.pictures()
        names = {row.happened.record.file_name for row in rows if row.happened.record}
        assert names == set(self.records())
        assert not any(row.happened.saga for row in rows)
        claimed = [stage for row in rows for stage in STAGES if getattr(row.happened, stage).open]
        assert [] == claimed
