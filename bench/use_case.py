"""
A whole use case, beside the same one in the `eventsourcing` library.

Load rows from the store, decide, append two events each; 200 rows a transaction. Both on SQLite
files with WAL and synchronous=FULL, both without a cache, rows of about ten events.
"""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.measure import line, ratios, seconds
from journal import Entry, Journal
from machine import intents as i
from machine.decide import decide
from machine.evolve import evolve, fold
from machine.row import Row
from machine.values import STAGES, EmbeddedText, Labels, Metadata, Source

ROWS = 200
ROUNDS = 7
GOAL = 8.0
TURNS = 4


class Ours:
    """Rows in a journal."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder / "journal.db", create=True, min_free_bytes=0)
        self.appends = 0
        self._append([self._new(number) for number in range(1, ROWS + 1)])
        for _ in range(TURNS):
            self.use_case()

    def _new(self, number: int) -> list[Entry]:
        ingest = i.IngestRow(
            row=number,
            set_id="20260101-1",
            labels=Labels(subject="Harbour at dusk", location="Rotterdam", category="city"),
            original_name=f"DSC_{number:04d}.JPG",
            source=Source(root="home", path=f"photos/DSC_{number:04d}.JPG"),
            sha256=f"{number:064x}",
            size_bytes=7_000_000,
            file_name=f"Harbour_at_dusk_Rotterdam_{number:03d}.JPG",
            needed=STAGES,
            metadata=Metadata(camera="Nikon D70", date_time="2008:10:22 16:28:39"),
            embedded=EmbeddedText(),
        )
        return self._entries(number, Row(), [ingest])

    @staticmethod
    def _entries(number: int, row: Row, intents: list[i.Intent]) -> list[Entry]:
        entries: list[Entry] = []
        for intent in intents:
            for event in decide(row, intent):
                entries.append(Entry(f"row/{number}", row.version, event))
                row = evolve(row, event)
        return entries

    def _append(self, batches: list[list[Entry]]) -> None:
        self.appends += 1
        entries = [entry for batch in batches for entry in batch]
        self.journal.append(entries, key=f"run/{self.appends}", run_id="run", step=1, actor="bench")

    def use_case(self) -> None:
        """Load, decide two events, append: for every row."""
        batches: list[list[Entry]] = []
        for number in range(1, ROWS + 1):
            history = self.journal.read_intact(f"row/{number}")
            row = fold(one.event for one in history)
            edit = i.EditText(caption=f"Take {row.version}", alt_text="Ships", by="bench")
            location = "Rotterdam" if row.version % 4 else "Rotterdam harbour"
            labels = Labels(subject=f"Harbour {row.version}", location=location, category="city")
            batches.append(self._entries(number, row, [edit, i.Relabel(labels=labels)]))
        self._append(batches)


def _theirs(folder: Path) -> Any:  # noqa: ANN401
    """Return the same in eventsourcing, written as its documentation does."""
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Photo(Aggregate):
        @event("Ingested")
        def __init__(self, name: str, size_bytes: int) -> None:
            self.name, self.size_bytes = name, size_bytes
            self.caption = self.alt_text = self.subject = self.location = ""

        @event("TextEdited")
        def edit(self, caption: str, alt_text: str) -> None:
            self.caption, self.alt_text = caption, alt_text

        @event("Relabelled")
        def relabel(self, subject: str, location: str) -> None:
            self.subject, self.location = subject, location

    class Photos(Application[Any]):
        def __init__(self) -> None:
            super().__init__(
                env={
                    "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                    "SQLITE_DBNAME": str(folder / "theirs.db"),
                }
            )
            photos = [Photo(name=f"DSC_{one:04d}", size_bytes=7) for one in range(ROWS)]
            self.ids = [photo.id for photo in photos]
            self.save(*photos)
            for _ in range(TURNS):
                self.use_case()

        def use_case(self) -> None:
            photos = [self.repository.get(one) for one in self.ids]
            for photo in photos:
                photo.edit(f"Take {photo.version}", "Ships")
                photo.relabel(f"Harbour {photo.version}", "Rotterdam")
            self.save(*photos)

    return Photos()


def rounds() -> list[dict[str, Any]]:
    """Return our use cases a second as a ratio to theirs."""
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = Ours(Path(name)), _theirs(Path(name))
        mine: list[float] = []
        others: list[float] = []
        for _ in range(ROUNDS):
            mine.append(2 * ROWS / seconds(ours.use_case))
            others.append(2 * ROWS / seconds(theirs.use_case))
        ours.journal.close()
    detail = f"{statistics.median(mine):,.0f} against {statistics.median(others):,.0f} events/s"
    figure = ratios(mine, others)
    return [
        line(
            "use case",
            figure,
            "x eventsourcing",
            goal=GOAL,
            reference="eventsourcing",
            detail=detail,
        )
    ]
