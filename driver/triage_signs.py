"""
Reading the signs of an incident: from what runs appended to what `machine.causes` asks for.

Only the span of each run is looked at, only events that may tell of something wrong are decoded,
and an event that cannot be decoded is named and stepped over.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from driver.looking import Seen
from driver.recovery import row_number
from driver.triage_runs import Run, stream_of
from journal import Journal, Recorded, UnreadableEvent
from machine.causes import Done
from machine.domains import domain_of_finding
from machine.event_base import Event
from machine.events import AttemptInterrupted, Quarantined
from machine.row import attempts_of
from machine.run_events import RunDied
from machine.signs import (
    CODES,
    INTERRUPTED,
    OUTCOMES,
    TELLING,
    Level,
    Place,
    Sign,
    signs_of,
)
from machine.values import STAGES


class Found(Struct):
    """What was read about an incident."""

    signs: list[Sign]
    done: list[Done]
    unreadable: list[UnreadableEvent]
    """Events of the runs that cannot be decoded."""


def read_signs(seen: Seen, runs: Sequence[Run]) -> Found:
    """Return the signs of these runs, and what went well in them. Raises JournalError."""
    found = Found([], [], [])
    for run in runs:
        _read_run(seen, run, found)
    return found


def _read_run(seen: Seen, run: Run, found: Found) -> None:
    journal, run_id = seen.journal, run["run_id"]
    until = min(run["last_position"], seen.until or run["last_position"])
    done = [
        Done(position, OUTCOMES[type], row_number(stream), at)
        for position, stream, type, at in journal.outline(run_id, tuple(OUTCOMES), until=until)
    ]
    found.done += done

    def own(after: int, until: int) -> Iterator[Recorded]:
        return journal.by_run(run_id, TELLING, after=after, until=until)

    others: set[str] = set()
    for one in tolerant(own, run["first_position"] - 1, until, found.unreadable):
        if _is_about_another(one, run_id, others):
            continue
        found.signs += signs_of(
            one.event, Place(one.position, one.at, run_id, row_number(one.stream))
        )
    found.signs += _of_texts(seen, run_id, done, found.signs)
    death = _death(seen, run_id)
    if death:
        found.signs += _settled(journal, death, run_id)
    elif run["outcome"] == "died":
        found.signs += _unsettled(seen, run, until)


def _of_texts(seen: Seen, run_id: str, done: Sequence[Done], signs: Sequence[Sign]) -> list[Sign]:
    """Return what is to be known about the texts that the run wrote: findings and echoes."""
    texts = [one for one in done if one.what in ("prefill", "cleaned")]
    placed = {one.row: Place(one.position, one.at, run_id, one.row) for one in texts if one.row}
    found = list[Sign]()
    alike = any(one.type == "QcReported" for one in signs)
    captions: dict[str, int] = {}
    for line in seen.models.queue(placed):
        place = placed[line["id"]]
        for code in filter(None, line["findings"].split(", ")):
            detail = f"{code} in a text by {line['text_author']}"
            domain = domain_of_finding(code).number
            found.append(_of_text(place, "finding", "note", domain, detail))
        other = captions.setdefault(line["Caption"], line["id"])
        if alike and line["Caption"] and other != line["id"]:
            detail = f"the same caption as row {other}"
            found.append(_of_text(place, "finding", "warning", 5, detail))
    return found


def _of_text(place: Place, type: str, level: Level, domain: int, detail: str) -> Sign:
    return Sign(place=place, type=type, level=level, domain=domain, stage="prefill", detail=detail)


def tolerant(
    read: Callable[[int, int], Iterator[Recorded]],
    after: int,
    until: int,
    unreadable: list[UnreadableEvent],
) -> Iterator[Recorded]:
    """Yield what can be decoded beyond `after`, up to `until`; what cannot is put into the list."""
    while True:
        try:
            for one in read(after, until):
                yield one
                after = one.position
        except UnreadableEvent as error:
            yield from read(after, error.position - 1)
            unreadable.append(error)
            after = error.position
        else:
            return


def _is_about_another(one: Recorded, run_id: str, others: set[str]) -> bool:
    """Tell whether the run only settled what the event is about; notes such rows in `others`."""
    event = one.event
    if isinstance(event, AttemptInterrupted) and event.run != run_id:
        others.add(one.stream)
        return True
    if isinstance(event, Quarantined) and event.code in INTERRUPTED:
        return one.stream in others
    return one.stream.startswith("run/") and one.stream != f"run/{run_id}"


def _death(seen: Seen, run_id: str) -> Recorded | None:
    return next((one for one in stream_of(seen, run_id) if isinstance(one.event, RunDied)), None)


def _settled(journal: Journal, death: Recorded, run_id: str) -> list[Sign]:
    """Return what the run that settled a dead one said about it."""
    found, rows = list[Sign](), set[str]()
    types = (AttemptInterrupted.tag, Quarantined.tag)
    for one in journal.by_run(death.run_id, types, until=death.position):
        event = one.event
        mine = isinstance(event, AttemptInterrupted) and event.run == run_id
        aside = isinstance(event, Quarantined) and event.code in INTERRUPTED
        if mine or (aside and one.stream in rows):
            rows.add(one.stream)
            found += _placed(event, one, run_id)
    return [*found, *_placed(death.event, death, run_id)]


def _placed(event: Event, one: Recorded, run_id: str) -> tuple[Sign, ...]:
    return signs_of(event, Place(one.position, one.at, run_id, row_number(one.stream)))


def _unsettled(seen: Seen, run: Run, until: int) -> list[Sign]:
    """Return what is seen of a run that is gone and that nobody has settled yet."""
    newest = next(iter(seen.journal.read_raw(after=until - 1, until=until)))
    place = Place(until, newest.at, run["run_id"])
    detail = "the run is gone without a word; the next run settles what it left open"
    found = [Sign(place=place, type="RunDied", level="fatal", domain=12, detail=detail)]
    claimed = " OR ".join(f"{stage}_status = 'running'" for stage in STAGES)
    for line in seen.models.query(f"SELECT id FROM review_queue WHERE {claimed}"):  # noqa: S608
        row = seen.row(line["id"])
        for stage in STAGES:
            attempt = attempts_of(row, stage).open
            if attempt and attempt.claimed_by == run["run_id"]:
                at_row = Place(until, newest.at, run["run_id"], line["id"])
                found.append(
                    Sign(
                        place=at_row,
                        type="AttemptStarted",
                        level="error",
                        domain=12,
                        code=CODES[stage],
                        stage=stage,
                        detail="the attempt was under way",
                    )
                )
    return found
