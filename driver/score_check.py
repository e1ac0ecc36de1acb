"""
The check at the end of the stage `score`: which rows lack a score that they should have.

It is said in the journal, and so in the run's log; where something is lacking, on the terminal too.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from machine.run_events import ScoresChecked

if TYPE_CHECKING:
    from driver.program import Program

_QUERY = (
    "SELECT id, score_status, score_profile, metrics_missing FROM review_queue"
    " WHERE Review_Status <> 'Rejected'"
)


def check_scores(program: "Program", numbers: Iterable[int]) -> ScoresChecked:
    """Count the rows with and without their scores, append what was found, warn if need be."""
    program.models.catch_up()
    wanted = set(numbers)
    lines = [line for line in program.models.query(_QUERY) if line["id"] in wanted]
    done = [line for line in lines if line["score_status"] == "done"]
    checked = ScoresChecked(
        profile=program.workspace.config.score.profile,
        rows=len(lines),
        complete=len(done),
        failed=sum(line["score_status"] in ("failed", "quarantined") for line in lines),
        not_measured=sum(bool(line["metrics_missing"]) for line in done),
    )
    program.shell.note(checked)
    if checked.complete < checked.rows:
        rows = "row lacks" if checked.rows == 1 else "rows lack"
        program.warn(
            f"{checked.rows - checked.complete} of {checked.rows} {rows} a required score:"
            " photojournal queue --missing-scores"
        )
    return checked
