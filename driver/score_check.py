"""
Which rows lack a score that they should have, and which were measured with less than is asked now.

Checked at the end of the stage `score`: said in the journal, and so in the run's log; where
something is lacking, on the terminal too.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from driver.sections import Score as Settings
from machine.quality import WEIGHTS
from machine.row import Row
from machine.run_events import ScoresChecked

if TYPE_CHECKING:
    from driver.program import Program

_QUERY = (
    "SELECT id, score_status, metrics_missing FROM review_queue"
    " WHERE Review_Status NOT IN ('Rejected', 'Erased')"
)


def check_scores(program: "Program", numbers: Iterable[int]) -> ScoresChecked:
    """Count the rows with and without their scores, append what was found, warn if need be."""
    program.models.catch_up()
    wanted = set(numbers)
    lines = [line for line in program.models.query(_QUERY) if line["id"] in wanted]
    done = [line for line in lines if line["score_status"] == "done"]
    settings, row = program.workspace.config.score, program.shell.row
    less = (bool(line["metrics_missing"]) or further(row(line["id"]), settings) for line in done)
    checked = ScoresChecked(
        profile=settings.profile,
        rows=len(lines),
        complete=len(done),
        failed=sum(line["score_status"] in ("failed", "quarantined") for line in lines),
        not_measured=sum(map(bool, less)),
    )
    program.shell.note(checked)
    if checked.complete < checked.rows:
        rows = "row lacks" if checked.rows == 1 else "rows lack"
        program.warn(
            f"{checked.rows - checked.complete} of {checked.rows} {rows} a required score:"
            " photojournal queue --missing-scores"
        )
    return checked


def further(row: Row, settings: Settings) -> tuple[str, ...]:
    """Return what `[score] metrics` asks for beside the rating and a measured row has not."""
    score = row.decided.score
    if score.status != "done":
        return ()
    measured = {one.metric for one in score.scores}
    return tuple(one for one in settings.metrics if one not in measured and one not in WEIGHTS)
