"""
Times and places in history, as a person types them.

A time without an offset is local, and whoever shows it says both. A place is a position of the
journal, a time, or a run: then the journal as that run left it.
"""

import re
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from driver import clock
from driver.errors import Misused
from driver.selection import run_named
from journal import Journal

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Place(Struct, frozen=True):
    """A place in history and how it is called."""

    position: int
    words: str


def moment_of(text: str) -> str:
    """
    Return a time as the journal writes it.

    Understood: `2026-07-04`, `2026-07-04 14:30`, with seconds, with `Z` or an offset; `14:30` (of
    today), `today`, `yesterday`; `90m`, `2h`, `3d` (ago).

    Raises:
        Misused: it is no time.
    """
    moment = _moment(text.strip())
    if moment is None:
        msg = f"`{text}` is no time"
        raise Misused(msg, "write 2026-07-04, `2026-07-04 14:30`, 14:30, yesterday, 2h or 3d")
    return clock.stamp(moment)


def _moment(text: str) -> datetime | None:
    now = datetime.now().astimezone()
    ago = re.fullmatch(r"([1-9]\d{0,5})([mhd])", text)
    if ago:
        return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
    if text in ("today", "yesterday"):
        day = now.date() - timedelta(days=text == "yesterday")
        return datetime(day.year, day.month, day.day).astimezone()
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text):
        text = f"{now.date().isoformat()} {text:0>5}"
    elif not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def shift_of(text: str) -> timedelta:
    """
    Return how far a clock was off: `+1h`, `-30m`, `+1d2h30m15s`.

    Raises:
        Misused: it is no such thing.
    """
    found = re.fullmatch(
        r"([+-])(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", text.strip()
    )
    if not found or not any(found.groups()[1:]):
        msg = f"`{text}` is no shift of a clock"
        raise Misused(msg, "write +1h, -30m, +1d2h or -1h30m15s")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    shift = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -shift if found.group(1) == "-" else shift


def _is_position(text: str) -> bool:
    return text.isdecimal() and not (text.startswith("0") and len(text) > 1)


def is_run(text: str) -> bool:
    """Tell whether a place in history is meant by its run: it is neither position nor time."""
    return not _is_position(text) and _moment(text.strip()) is None


def place_of(journal: Journal, text: str) -> Place:
    """
    Return the place in history that is meant by a position, a time or a run.

    Raises:
        Misused: it is none of them, or lies beyond the end.
    """
    if _is_position(text):
        head = journal.head.position
        if int(text) > head:
            msg = f"the journal ends at position {head}"
            raise Misused(msg, "photojournal events")
        return Place(int(text), f"position {text}")
    moment = _moment(text.strip())
    if moment is not None:
        at = clock.stamp(moment)
        shown = moment.astimezone()
        both = f"{shown:%Y-%m-%d %H:%M:%S} local, {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        position = journal.position_at(at)
        return Place(position, f"{both} (position {position})")
    run = run_named(journal, text)
    position = end_of_run(journal, run)
    return Place(position, f"the end of run {run} (position {position})")


def start_of_run(journal: Journal, run: str) -> int:
    """Return the first position of a run."""
    return journal.read_stream(f"run/{run}")[0].position


def end_of_run(journal: Journal, run: str) -> int:
    """Return the last position of a run; one that said its end appended nothing after it."""
    last = journal.read_stream(f"run/{run}")[-1]
    if last.type == "RunEnded" and last.run_id == run:
        return last.position
    return max((one.position for one in journal.by_run(run)), default=0)
