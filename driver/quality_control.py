"""
The report on the texts, made for a program: written to a file, and said in the journal.

A report never begins a run. One that comes before a run's first event, as ahead of a publication,
is said once there is one, at the latest when the run ends.
"""

from typing import TYPE_CHECKING

from driver import clock
from machine.row import Row
from machine.values import Text
from projections import prefill_qc

if TYPE_CHECKING:
    from driver.program import Program

FILE = "prefill_qc_last.json"

_ROWS = (
    "SELECT id FROM review_queue WHERE due LIKE '%publish%'"  # noqa: S608  (names of ours)
    f" OR (text_author <> '' AND Review_Status IN {prefill_qc.WAITING})"
)
_PUBLISHED = "SELECT id, Caption, alt_text, Keywords FROM photos_info"


def report_texts(program: "Program") -> None:
    """Write the report on the texts of the rows that wait; what is in the way is a warning."""
    program.models.catch_up()
    prefill = program.workspace.config.prefill
    occasion = prefill_qc.Occasion(
        run_id=program.shell.run_id,
        at=clock.now(),
        position=program.journal.head.position,
        language=prefill.language,
        limits=prefill.text_limits(),
    )
    found = prefill_qc.report(_rows(program), occasion, _published(program))
    try:
        prefill_qc.write(program.workspace.data / FILE, found)
    except OSError as error:
        program.warn(f"the report on the texts could not be written: {error}")
        return
    program.unsaid = prefill_qc.reported(found)
    program.say_report()


def _rows(program: "Program") -> list[Row]:
    return [program.shell.row(line["id"]) for line in program.models.query(_ROWS)]


def _published(program: "Program") -> dict[int, Text]:
    return {
        line["id"]: prefill_qc.text_of_record(line["Caption"], line["alt_text"], line["Keywords"])
        for line in program.models.query(_PUBLISHED)
    }
