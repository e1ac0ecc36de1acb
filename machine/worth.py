"""
Which rows are worth a slow stage first: what a person picked, then what is rated best.

A vision model takes seconds or minutes a photo. Where the time does not suffice for all of them,
it goes to the photos that are most likely to be published.
"""

from machine.row import Row, rating_of

_UNRATED = -1.0
"""Stands for a rating that is not there yet: below every real one."""


def worth(row: Row) -> tuple[bool, float, int]:
    """Return a key for sorting: picked rows first, then by QR from the highest, then by id."""
    qr, _ = rating_of(row.decided)
    return not is_picked(row), -(_UNRATED if qr is None else qr), row.happened.row


def is_picked(row: Row) -> bool:
    """Return True if a person picked the row and has not decided further."""
    return row.decided.decision.value == "picked"
