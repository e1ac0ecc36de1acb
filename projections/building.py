"""
Building tables from nothing but the journal, as of a position.

Row streams are read one after the other, so memory stays flat however long the journal is. A large
journal is read and rendered by processes of their own, one per core: they get names of streams and
give back lines. The tables are filled in pages, in the order of the streams.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import msgspec
from msgspec import Struct

from journal import Journal
from journal.records import Recorded
from projections.folding import page_of_streams, pages_of_others
from projections.marks import transaction
from projections.tables import ROWS, Line, Page, Projection, Table, Tally, Writer

STREAMS_PER_PAGE = 200
"""Rows in one page: some 4,000 events, a tenth of a second."""

WORKERS_FROM = 60_000
"""Events from which processes of their own are worth their start, about 0.3 s."""

MAX_WORKERS = 8
"""More would wait for the one process that writes."""


class WorkerFailed(Exception):
    """A process that renders lines died, or raised what the message says."""


class Rendered(Struct, frozen=True, array_like=True):
    """What a page of row streams comes to."""

    lines: dict[str, list[Sequence[Any]]]
    """By table."""
    tallies: dict[str, Tally]
    errors: dict[str, str]
    """By projection that could not take the page."""


class _Collected:
    """Lines of one projection, kept until they are written."""

    def __init__(self, lines: dict[str, list[Sequence[Any]]]) -> None:
        self._lines = lines

    def put(self, table: Table, lines: Iterable[Line]) -> None:
        self._lines.setdefault(table.name, []).extend(lines)

    def delete(self, table: Table, owners: Iterable[Any]) -> None:
        """Do nothing: whole rows come to empty tables."""

    def get(self, table: Table, owner: Any) -> Sequence[Any] | None:  # noqa: ANN401  (any key)
        msg = f"{table.name} is made from whole rows: it has no line of {owner} yet"
        raise NotImplementedError(msg)


def render(
    journal: Journal, projections: Iterable[Projection], streams: Iterable[str], until: int
) -> Rendered:
    """Return the lines of whole row streams as of position `until`."""
    page = page_of_streams(journal, streams, until)
    rendered = Rendered({}, dict(page.tallies), {})
    for projection in projections:
        lines: dict[str, list[Sequence[Any]]] = {}
        try:
            projection.apply(page, _Collected(lines))
        except Exception as error:  # noqa: BLE001  (whatever it is, the others go on)
            rendered.errors[projection.name] = told(error)
        else:
            rendered.lines.update(lines)
    return rendered


def told(error: Exception) -> str:
    """Return an error as one line."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")


def build(
    journal: Journal,
    until: int,
    projections: Sequence[Projection],
    db: sqlite3.Connection,
    *,
    suffix: str = "",
    generation: int = 0,
) -> dict[str, str]:
    """
    Make the tables of `projections` in `db` and fill them, as of position `until`.

    Returns:
        Why, for each projection that could not take what it read; its tables are not whole.
    """
    tables = [table for projection in projections for table in projection.tables]
    of_rows = [projection for projection in projections if projection.from_rows]
    writer = Writer(db, tables, suffix)
    workers = worth(until)
    make_tables(tables, db, suffix)
    try:
        errors, tallies = fill(
            journal, until, of_rows, writer, db, streams=journal.streams(ROWS), workers=workers
        )
    except WorkerFailed:
        make_tables(tables, db, suffix)
        errors, tallies = fill(
            journal, until, of_rows, writer, db, streams=journal.streams(ROWS), workers=0
        )
    others = chain(pages_of_others(journal, until), [Page(tallies=tallies)])
    rest = [projection for projection in projections if not projection.from_rows]
    errors |= take(others if rest else (), rest, writer, db)
    make_indexes(tables, db, suffix, generation)
    return errors


def make_tables(tables: Iterable[Table], db: sqlite3.Connection, suffix: str = "") -> None:
    """Make empty tables; those of the same names are dropped."""
    with transaction(db):
        for table in tables:
            db.execute(f'DROP TABLE IF EXISTS "{table.name}{suffix}"')
            db.execute(table.create(f"{table.name}{suffix}"))


def make_indexes(
    tables: Iterable[Table], db: sqlite3.Connection, suffix: str = "", generation: int = 0
) -> None:
    """Make the indexes of filled tables."""
    for table in tables:
        for statement in table.index(f"{table.name}{suffix}", generation):
            with transaction(db):
                db.execute(statement)


def fill(
    journal: Journal,
    until: int,
    projections: Sequence[Projection],
    writer: Writer,
    db: sqlite3.Connection,
    *,
    streams: Iterable[str],
    workers: int,
) -> tuple[dict[str, str], dict[str, Tally]]:
    """
    Fill tables with all that follows from the rows in `streams`, as of position `until`.

    Returns:
        Errors by projection, and what each run did to these rows.

    Raises:
        WorkerFailed: a process that renders lines died.
    """
    by_name = {table.name: table for projection in projections for table in projection.tables}
    errors: dict[str, str] = {}
    tallies: dict[str, Tally] = {}
    for rendered in _rendered(journal, projections, until, iter(streams), workers):
        errors |= rendered.errors
        for run, tally in rendered.tallies.items():
            tallies[run] = tally.plus(tallies.get(run))
        with transaction(db):
            for name, lines in rendered.lines.items():
                writer.put(by_name[name], lines)
    return errors, tallies


def take(
    pages: Iterable[Page],
    projections: Iterable[Projection],
    writer: Writer,
    db: sqlite3.Connection,
) -> dict[str, str]:
    """Let projections take pages, and return why for each one that could not."""
    errors: dict[str, str] = {}
    for page in pages:
        _apply(page, projections, writer, db, errors)
    return errors


def _apply(
    page: Page,
    projections: Iterable[Projection],
    writer: Writer,
    db: sqlite3.Connection,
    errors: dict[str, str],
) -> None:
    for projection in projections:
        try:
            with transaction(db):
                projection.apply(page, writer)
        except Exception as error:  # noqa: BLE001  (whatever it is, the others go on)
            errors[projection.name] = told(error)


def _pages_of_names(names: Iterator[str]) -> Iterator[list[str]]:
    while page := list(islice(names, STREAMS_PER_PAGE)):
        yield page


def worth(events: int) -> int:
    """Return how many processes are worth their start for so many; 0: this one does it."""
    count = min(os.cpu_count() or 1, MAX_WORKERS)
    return 0 if events < WORKERS_FROM or count == 1 else count


def _rendered(
    journal: Journal,
    projections: Sequence[Projection],
    until: int,
    streams: Iterator[str],
    workers: int,
) -> Iterator[Rendered]:
    """Yield the rendered pages of rows; made here, or by workers."""
    pages = _pages_of_names(streams)
    if not workers:
        return (render(journal, projections, page, until) for page in pages)
    from projections.workers import in_workers

    job = msgspec.json.encode((str(journal.path), [spell(each) for each in projections], until))
    answers = in_workers(work, job, (msgspec.msgpack.encode(page) for page in pages), workers)
    return map(msgspec.msgpack.Decoder(Rendered).decode, answers)


def spell(projection: Projection) -> tuple[str, str]:
    """Return where the class of a projection is found."""
    return type(projection).__module__, type(projection).__qualname__


def work(job: bytes) -> Callable[[bytes], bytes]:
    """In a worker: return what turns names of streams into a rendered page."""
    import gc
    from importlib import import_module
    from pathlib import Path

    gc.disable()  # what is folded has no cycles, and the process lives as long as one build

    path, classes, until = msgspec.json.decode(job, type=tuple[str, list[tuple[str, str]], int])
    journal = Journal.open(Path(path), readonly=True)
    projections = [getattr(import_module(module), name)() for module, name in classes]
    encode = msgspec.msgpack.Encoder().encode

    def answer(names: bytes) -> bytes:
        streams = msgspec.msgpack.decode(names, type=list[str])
        return encode(render(journal, projections, streams, until))

    return answer


def redacts(events: Iterable[Recorded]) -> bool:
    """Tell whether one of `events` says that another one was redacted."""
    return any(recorded.type == "Redacted" for recorded in events)
