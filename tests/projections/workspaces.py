"""A journal with read models beside it, and what tests ask of them."""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journal import Journal
from projections.engine import PROJECTIONS, ReadModels
from projections.reader import Reader
from projections.tables import Projection
from tests.histories import Fact, random_history, write


class Workspace:
    """`data/` of a workspace, opened."""

    def __init__(self, root: Path, projections: Sequence[Projection] = PROJECTIONS) -> None:
        self.root = root
        self.data = root / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.journal = Journal.open(self.data / "journal.db", create=True, min_free_bytes=0)
        self.review = self.data / "review.db"
        self.models = ReadModels.open(self.review, self.journal, projections)

    def close(self) -> None:
        """Let go of everything."""
        self.models.close()
        self.journal.close()

    def reopen(self, projections: Sequence[Projection] = PROJECTIONS) -> ReadModels:
        """Close the read models and open them again, as a later process would."""
        self.models.close()
        self.models = ReadModels.open(self.review, self.journal, projections)
        return self.models


@contextmanager
def workspace(
    root: Path, facts: Sequence[Fact] = (), projections: Sequence[Projection] = PROJECTIONS
) -> Iterator[Workspace]:
    """Open a workspace in `root` with these facts in its journal."""
    opened = Workspace(root, projections)
    try:
        write(opened.journal, facts)
        yield opened
    finally:
        opened.close()


def history(seed: int, rows: int = 4, length: int = 150) -> list[Fact]:
    """Return a random history; the same seed gives the same."""
    return random_history(random.Random(seed), rows, length)


def dump(models: Reader, tables: Sequence[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Return every line of every table, in an order of their own."""
    names = tables or [table.name for each in PROJECTIONS for table in each.tables]
    return {name: sorted(models.query(f"SELECT * FROM {name}"), key=json.dumps) for name in names}


def settled(models: ReadModels) -> None:
    """Check that every projection is at the head and says nothing."""
    assert [(0, "")] * len(PROJECTIONS) == [(s.behind, s.error) for s in models.catch_up()]
