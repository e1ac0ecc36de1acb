"""The order in which rows are worth a slow stage."""

import random

from msgspec.structs import replace

from machine import intents as i
from machine.row import Row
from machine.worth import is_picked, worth
from tests.machine.rows import Told


def row(number: int, qr: float | None = None, *, picked: bool = False) -> Row:
    """Return a row with a rating, perhaps picked."""
    told = Told()
    if picked:
        told.ask(i.Pick())
    found = told.row
    score = replace(found.decided.score, qr=qr)
    decided = replace(found.decided, score=score)
    return replace(found, decided=decided, happened=replace(found.happened, row=number))


def test_picked_rows_come_first_then_the_best_then_the_oldest() -> None:
    """A rating of 0 is still one; a row without one comes after it."""
    rows = [
        row(9, 3.0, picked=True),
        row(8, None, picked=True),
        row(7, 8.5),
        row(4, 5.0),
        row(5, 5.0),
        row(3, 0.0),
        row(1),
        row(2),
    ]
    mixed = random.Random(1).sample(rows, len(rows))
    assert rows == sorted(mixed, key=worth)


def test_only_a_picked_row_is_picked() -> None:
    """What was rejected afterwards is not."""
    told = Told()
    assert not is_picked(told.row)
    told.ask(i.Pick())
    assert is_picked(told.row)
    told.ask(i.Reject())
    assert not is_picked(told.row)
