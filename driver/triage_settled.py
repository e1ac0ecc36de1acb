"""
Whether a cause is settled: a later run ended well, and nothing that the cause left waits any more.

What came in since, and waits for the same stage, is no part of it once that stage has worked again.
"""

from collections.abc import Mapping, Sequence

from driver.looking import Seen
from driver.triage_runs import WELL, Run
from driver.triage_told import Line, waiting_for
from journal import UnreadableEvent
from machine.causes import Cause
from machine.naming import name_key
from machine.signs import OUTCOMES, Sign

_ASKED = 20
"""So many runs are asked whether a stage works again, the newest ones."""


def is_settled(seen: Seen, cause: Cause, lines: Mapping[int, Line], later: Sequence[Run]) -> bool:
    """
    Tell whether a later run left nothing of a cause.

    Args:
        seen: the workspace.
        cause: what failed.
        lines: the rows that were hit, as they are now, by id.
        later: runs with effects after those in which it struck, the newest first.
    """
    well = [run for run in later if run["outcome"] == WELL]
    signs = (*cause.signs, *cause.consequences)
    if not well or not all(one.place.run for one in signs):
        return False
    if not all(_came_in(seen, one) for one in signs if one.name):
        return False
    stages = {one.stage for one in signs if one.stage}
    if any(_stands(lines[row], stages) for row in cause.rows if row in lines):
        return False
    return not any(is_left(seen, one, well) for one in signs if one.rows_left)


def _came_in(seen: Seen, refused: Sign) -> bool:
    """Tell whether a row came of a file of this name after it was refused."""
    query = "SELECT row FROM row_names WHERE name_key = ? AND kind = 'original' AND name = ?"
    found = seen.models.query(query, (name_key(refused.name), refused.name))
    return any(not _was_there(seen, line["row"], refused.place.position) for line in found)


def _was_there(seen: Seen, row: int, position: int) -> bool:
    """Tell whether a row was there at a position; also where that cannot be read."""
    try:
        return bool(seen.journal.read_stream(f"row/{row}", until_position=position))
    except UnreadableEvent:
        return True


def _stands(line: Line, stages: set[str]) -> bool:
    """Tell whether a row still waits, by its failure or for one of the stages."""
    waits = line["failure"] or stages.intersection(str(line["due"]).split(", "))
    return bool(line["next_action"] and waits)


def is_left(seen: Seen, pause: Sign, well: Sequence[Run]) -> bool:
    """
    Tell whether rows still wait as a pause left them, or for a stage that did not work since.

    `well` are the runs with effects that came after it and ended well, the newest first.
    """
    query = (
        f"SELECT min(last_position) AS oldest FROM review_queue WHERE {waiting_for(pause.stage)}"  # noqa: S608
    )
    (line,) = seen.models.query(query)
    if line["oldest"] is None:
        return False
    as_left = line["oldest"] <= pause.place.position
    return as_left or not any(_did(seen, run, pause.stage) for run in well[:_ASKED])


def _did(seen: Seen, run: Run, stage: str) -> bool:
    """Tell whether a run brought any row through a stage."""
    tags = tuple(tag for tag, what in OUTCOMES.items() if what == stage)
    return any(True for _ in seen.journal.outline(run["run_id"], tags, until=run["last_position"]))
