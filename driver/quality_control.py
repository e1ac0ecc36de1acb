"""
The report on the texts, made for a program: written to a file, and said in the journal.

A report never begins a run. One that comes before a run's first event, as ahead of a publication,
is said once there is one, at the latest when the run ends.
"""

from typing import TYPE_CHECKING

from driver import clock
from driver.recovery import row_number
from journal import JournalDamaged
from machine.events import AttemptFailed, Prefilled
from machine.row import Row
from machine.values import Text
from machine.wording import pack_of
from projections import prefill_qc

if TYPE_CHECKING:
    from driver.program import Program

FILE = "prefill_qc_last.json"

NEUTRAL = "neutral"
"""What the rules are called that judge a language without rules of its own."""

_ROWS = (
    "SELECT id FROM review_queue WHERE due LIKE '%publish%'"  # noqa: S608  (names of ours)
    f" OR (text_author <> '' AND Review_Status IN {prefill_qc.WAITING})"
)
_PUBLISHED = "SELECT id, Caption, alt_text, Keywords FROM photos_info"
_SITE = "SELECT File_Name, Caption, alt_text, Keywords FROM site_rows ORDER BY File_Name"
_BY_MODELS = (
    "SELECT id FROM review_queue WHERE text_author LIKE 'model:%' AND id IN"
    " (SELECT id FROM photos_info)"
)


def report_texts(program: "Program", *, begun: bool = True) -> None:
    """
    Write the report on the texts of the rows that wait; what is in the way is a warning.

    Without `begun`, the run may come to its end without an event: it is neither named nor told.
    """
    program.models.catch_up()
    prefill = program.workspace.config.prefill
    written, echoed = _of_models(program)
    occasion = prefill_qc.Occasion(
        run_id=program.shell.run_id if begun else "",
        at=clock.now(),
        position=program.journal.head.position,
        language=prefill.language,
        limits=prefill.text_limits(),
        written=written,
        echoed=echoed,
        by_models=frozenset(line["id"] for line in program.models.query(_BY_MODELS)),
    )
    rules = {"rules": pack_of(prefill.language) or NEUTRAL}
    published = prefill_qc.Public(rows=_published(program), site=_of_the_site(program))
    found = rules | prefill_qc.report(_rows(program), occasion, published)
    try:
        prefill_qc.write(program.workspace.data / FILE, found)
    except OSError as error:
        program.warn(f"the report on the texts could not be written: {error}")
        return
    if begun:
        program.unsaid = prefill_qc.reported(found)
        program.say_report()


def _of_models(program: "Program") -> tuple[frozenset[int], frozenset[int]]:
    """Return the rows that models wrote about in this run, and those they only echoed for."""
    versions, echoed = dict[int, int](), set[int]()
    for recorded in program.journal.by_run(program.shell.run_id):
        number, event = row_number(recorded.stream), recorded.event
        if number is None:
            continue
        if isinstance(event, Prefilled) and event.author.kind == "model":
            versions[number] = recorded.version
            echoed.discard(number)
        elif isinstance(event, AttemptFailed) and event.code == "PrefillEcho":
            echoed.add(number)
    newest = (
        number
        for number, version in versions.items()
        if not any(
            isinstance(later.event, Prefilled)
            for later in program.journal.read_stream(f"row/{number}", after=version)
        )
    )
    return frozenset(newest), frozenset(echoed)


def _rows(program: "Program") -> list[Row]:
    """Return the rows that wait; one that is damaged keeps no other from being judged."""
    rows = []
    for line in program.models.query(_ROWS):
        try:
            rows.append(program.shell.row(line["id"]))
        except JournalDamaged as damage:
            program.warn(f"the report on the texts lacks row {line['id']}: {damage}")
    return rows


def _of_the_site(program: "Program") -> dict[str, Text]:
    """Return what visitors read about photos that were there before."""
    return {
        line["File_Name"]: prefill_qc.text_of_record(
            line["Caption"], line["alt_text"], line["Keywords"]
        )
        for line in program.models.query(_SITE)
    }


def _published(program: "Program") -> dict[int, Text]:
    return {
        line["id"]: prefill_qc.text_of_record(line["Caption"], line["alt_text"], line["Keywords"])
        for line in program.models.query(_PUBLISHED)
    }
