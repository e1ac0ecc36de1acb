"""What is made from the events of a bundle: read models as they were, and the report on texts."""

from typing import Any

from driver.incident_choice import Choice
from driver.sections import Prefill
from journal import Journal
from machine.evolve import fold
from machine.run_events import QcReported
from projections import prefill_qc
from projections.engine import PROJECTIONS
from projections.reader import Reader


def tables_of(seen: Reader, position: int) -> dict[str, Any]:
    """Return every table of the read models, as of a position, in the order of its key."""
    return {
        "position": position,
        "versions": {each.name: each.version for each in PROJECTIONS},
        "tables": {
            table.name: seen.query(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}")  # noqa: S608  (names of ours)
            for each in PROJECTIONS
            for table in each.tables
        },
    }


def texts_of(
    journal: Journal, run: str, choice: Choice, settings: Prefill
) -> dict[str, Any] | None:
    """
    Return the report on the texts of the run's rows as it left them; None: it made no report.

    Made anew, with the rules of this version: what the run's own report said about other rows is
    nobody else's business.
    """
    events = journal.read_stream(f"run/{run}")
    reported = [one for one in events if isinstance(one.event, QcReported)]
    if not reported:
        return None
    rows = []
    for number in choice.rows:
        history = journal.read_stream(f"row/{number}", until_position=choice.last)
        rows.append(fold(one.event for one in history))
    occasion = prefill_qc.Occasion(
        run_id=run,
        at=reported[-1].at,
        position=choice.last,
        language=settings.language,
        limits=settings.text_limits(),
    )
    return prefill_qc.report(rows, occasion)
