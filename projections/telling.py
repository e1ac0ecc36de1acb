"""
What the logs say about an event: one line or two, made from the event and the row before it.

    2026-05-01T10:15:00Z [INFO] id=17 Old_harbour_2008_017.JPG scored QR=6.1 QC_Status=Average @1234

UTC time, marker, text, and the position of the event. Nothing else is looked at: no clock, time
zone or locale, so a lost log can be written again byte for byte. What was typed or read from a file
is shown with its control characters escaped, so that no name can break a line or forge one.
"""

from collections.abc import Callable
from typing import Any

from journal.records import Recorded, RedactedEvent
from machine import events as e
from machine import repair_events as o
from machine import run_events as r
from machine import step_events as s
from machine.event_base import Event
from machine.failures import qc_of, tries_left
from machine.row import Row
from machine.values import Stage, StepReport
from projections import telling_marks as marks
from projections import telling_models as models
from projections import telling_qc as qc
from projections.story import Line, Story, one_line, quoted
from projections.tables import ROWS


def who(recorded: Recorded, row: Row) -> str:
    """Return `id=17 File_Name`."""
    number = recorded.stream.removeprefix(ROWS)
    name = row.happened.file_name
    if not name and isinstance(recorded.event, e.RowIngested):
        name = recorded.event.file_name
    return f"id={number} {one_line(name)}".rstrip()


def written(recorded: Recorded, line: Line) -> str:
    """Return a line as it stands in a log, without its end."""
    marker, text = line
    return f"{recorded.at[:19]}Z [{marker}] {text} @{recorded.position}"


def tell(recorded: Recorded, story: Story | None) -> list[Line]:
    """
    Return what the log says about an event; nothing for those that only keep the books.

    Args:
        recorded: the event.
        story: the row before the event; None where the event is not a row's.
    """
    event = recorded.event
    if story is None:
        teller = _AROUND.get(type(event))
        return teller(event, one_line(recorded.stream.partition("/")[2])) if teller else []
    about = who(recorded, story.row)
    if type(event) is RedactedEvent:  # of one that is withheld, nothing is said
        return [("INFO", f"{about} {recorded.type} (redacted)")]
    attempt = _ATTEMPTS.get(type(event))
    if attempt:
        return attempt(event, about, story)
    plain = _PLAIN.get(type(event))
    return [plain(event, about)] if plain else []


# Attempts.


def _ok(
    stage: Stage, about: str, what: str, applied: str, story: Story, *, stands_in: str = ""
) -> list[Line]:
    notes = {
        "applied": "",
        "suggested": "; kept as a suggestion, the row's text stays",
        "superseded": "; came too late, something changed meanwhile",
    }
    marker = "RETRY-OK" if stands_in or story.retries.get(stage) else "INFO"
    accepted = f"accepted from fallback model {models.named(stands_in)}: " if stands_in else ""
    return [(marker, f"{about} {accepted}{what}{notes[applied]}")]


def _prefilled(event: e.Prefilled, about: str, story: Story) -> list[Line]:
    author = event.author
    by = f"{author.kind}:{one_line(author.name)}" if author.name else author.kind
    found = ", ".join(finding.code for finding in event.findings)
    what = f"prefilled by {by}{'' if event.grounded else ' without looking'}"
    what += f", findings: {found}" if found else ""
    stands_in = story.fallback_of("prefill", event.attempt)
    return _ok("prefill", about, what, event.applied, story, stands_in=stands_in)


def _scored(event: e.Scored, about: str, story: Story) -> list[Line]:
    provisional = " (provisional)" if event.provisional else ""
    what = f"scored QR={event.qr} QC_Status={event.tier}{provisional}"
    return _ok("score", about, what, event.applied, story)


def _resized(event: e.Resized, about: str, story: Story) -> list[Line]:
    made = ", ".join(f"{one.name} {one.width_px}x{one.height_px}" for one in event.renditions)
    return _ok("resize", about, f"resized {made}", event.applied, story)


def _failed(event: e.AttemptFailed, about: str, story: Story) -> list[Line]:
    detail = one_line(event.detail)
    found: list[Line] = []
    if event.code.endswith("Timeout"):
        found.append(("WARN", f"Child process timeout: {detail or event.code} {about}"))
    left = tries_left(event.code, charged=event.charged, budget_left=event.budget_left)
    stands_in = story.fallback_of(event.stage, event.attempt)
    what = f"fallback model {models.named(stands_in)}" if stands_in else event.stage
    text = f"{about} {what} failed: {event.code}{f': {detail}' if detail else ''} ({left})"
    retried = stands_in or story.retries.get(event.stage)
    found.append(("RETRY-FAIL" if retried else "ERROR", text))
    return found


def _interrupted(event: e.AttemptInterrupted, about: str, _story: Story) -> list[Line]:
    run = one_line(event.run)
    why = f"a person left run {run} at once" if event.asked else f"run {run} died"
    return [("WARN", f"{about} {event.stage} interrupted: {why}")]


def _quarantined(event: e.Quarantined, about: str, story: Story) -> list[Line]:
    exit_ = shown_exit(story.exits.get(event.stage))
    reason = one_line(event.reason)
    row, _, name = about.partition(" ")
    status = f"QC_Status={qc_of(event.code)} exit={exit_} stage={event.stage}"
    text = f"Quarantined row {row} {status} {name}"
    return [("WARN", f"{text}: {reason}" if reason else text)]


def shown_exit(code: int | None) -> str:
    """Return a worker's exit code: Windows codes such as 0xC0000005 in hex, none as a dash."""
    if code is None:
        return "-"
    return f"0x{code:08X}" if code >= 0x8000_0000 else str(code)  # noqa: PLR2004  (the sign bit)


_ATTEMPTS: dict[type[Event], Callable[[Any, str, Story], list[Line]]] = {
    e.AttemptStarted: models.started,
    e.Prefilled: _prefilled,
    e.Scored: _scored,
    e.Resized: _resized,
    e.AttemptFailed: _failed,
    e.AttemptInterrupted: _interrupted,
    e.Quarantined: _quarantined,
}


# Everything else about a row: one line each.


def _because(reason: str) -> str:
    return f": {one_line(reason)}" if reason else ""


def _reports(reports: tuple[StepReport, ...]) -> str:
    return "; ".join(
        f"{one.action} {quoted(one.target)} {one.outcome}{_because(one.detail)}" for one in reports
    )


def _removed(event: s.FileRemoved, about: str) -> Line:
    if event.outcome == "changed":
        return "WARN", f"{about} left {quoted(event.target)}: somebody else's now"
    return "INFO", f"{about} removed {quoted(event.target)}{_outcome(event.outcome)}"


def _outcome(outcome: str) -> str:
    return "" if outcome == "done" else f" ({outcome})"


def _publication_failed(event: e.PublicationFailed, about: str) -> Line:
    step = quoted(event.step) if event.step else "the end"
    return "ERROR", f"{about} publish failed at {step}: {event.code}{_because(event.detail)}"


def _not_finished(event: e.FinishingFailed, about: str) -> Line:
    step = quoted(f"finish {event.name}")
    return "ERROR", f"{about} publish failed at {step}: {event.code}{_because(event.detail)}"


def _left(event: s.StepLeft, about: str) -> Line:
    return "ERROR", f"{about} left alone: {_reports((event.report,))}"


def _incomplete(what: str) -> Callable[[Any, str], Line]:
    def told(event: Any, about: str) -> Line:  # noqa: ANN401  (three events with reports)
        number = about.partition(" ")[0].removeprefix("id=")
        hint = f"photojournal repair {number}"
        return "ERROR", f"{about} {what} is not complete: {_reports(event.reports)}; {hint}"

    return told


def _observed(event: o.OutsideObserved, about: str) -> Line:
    paths = [one.path for one in event.files if not one.sha256]
    gone = f"gone from the gallery: {quoted(', '.join(paths))}" if paths else "looked at outside"
    return "WARN", f"{about} {gone}{'; its record differed' if event.record_seen else ''}"


_PLAIN: dict[type[Event], Callable[[Any, str], Line]] = {
    e.RowIngested: lambda x, about: (
        "INFO",
        f"{about} ingested from {quoted(x.original_name)} set={one_line(x.set_id)}",
    ),
    e.PastAdopted: lambda x, about: (
        "INFO",
        f"{about} was id={x.past.row} Review_Status={one_line(x.past.status)} elsewhere",
    ),
    e.EmbeddedTextDiscounted: lambda x, about: (
        "INFO",
        f"{about} the text in the photo does not count{_because(x.reason)}",
    ),
    e.PhotoReplaced: lambda x, about: (
        "INFO",
        f"{about} photo replaced by {quoted(x.original_name)}{_because(x.reason)}",
    ),
    e.OriginalMoved: lambda x, about: (
        "INFO",
        f"{about} original lies at {quoted(x.source.path)} now",
    ),
    e.CompanionAdded: lambda x, about: (
        "INFO",
        f"{about} has the RAW file {quoted(x.original_name)}",
    ),
    e.MetadataCorrected: lambda _, about: ("INFO", f"{about} metadata corrected"),
    e.RowReopened: lambda x, about: ("INFO", f"{about} came in again, set={one_line(x.set_id)}"),
    e.TextCleaned: models.mended,
    e.PartlyScored: qc.partly_scored,
    e.RatingOverridden: marks.rated,
    e.QcWaived: models.waived,
    e.Retried: models.wanted,
    e.Released: lambda x, about: ("INFO", f"{about} {x.stage} released{_because(x.reason)}"),
    e.TextEdited: lambda x, about: (
        "INFO",
        f"{about} text {'completed for' if x.completed else 'edited by'} {quoted(x.author.name)}",
    ),
    e.Relabelled: lambda _, about: ("INFO", f"{about} relabelled"),
    e.Renamed: lambda x, about: ("INFO", f"{about} renamed to {one_line(x.file_name)}"),
    e.Picked: marks.picked,
    e.Approved: lambda x, about: ("INFO", f"{about} approved{_because(x.reason)}"),
    e.Rejected: lambda x, about: ("INFO", f"{about} rejected{_because(x.reason)}"),
    e.PublicationStarted: lambda x, about: (
        "INFO",
        f"{about} publishing to {one_line(x.gallery)}, {len(x.steps)} steps{_because(x.forced)}",
    ),
    e.Published: lambda _, about: ("INFO", f"{about} published"),
    e.FinishingFailed: _not_finished,
    e.PublicationFailed: _publication_failed,
    e.PublicationUndone: lambda _, about: (
        "INFO",
        f"{about} nothing of the failed publication is left outside",
    ),
    e.PublicationUndoIncomplete: _incomplete("undoing the publication"),
    e.WithdrawalStarted: lambda x, about: (
        "INFO",
        f"{about} withdrawing, {len(x.steps)} steps{_because(x.reason)}",
    ),
    e.ErasureStarted: lambda x, about: ("WARN", f"{about} is being erased{_because(x.reason)}"),
    e.RowErased: lambda x, about: ("INFO", f"{about} erased, objects={x.objects}"),
    e.Withdrawn: lambda _, about: ("INFO", f"{about} withdrawn"),
    e.WithdrawalIncomplete: _incomplete("the withdrawal"),
    e.RollbackStarted: lambda x, about: (
        "INFO",
        f"{about} rolling back to version {x.to}, {len(x.steps)} steps{_because(x.reason)}",
    ),
    e.RolledBack: lambda x, about: (
        "INFO",
        f"{about} rolled back to version {x.to}: {', '.join(x.parts)}{_because(x.reason)}",
    ),
    e.RollbackIncomplete: _incomplete("the rollback"),
    o.OutsideObserved: _observed,
    o.RepairStarted: lambda x, about: (
        "INFO",
        f"{about} repairing what stands in {one_line(x.gallery)}, {len(x.steps)} steps",
    ),
    o.Repaired: lambda _, about: ("INFO", f"{about} stands outside as published again"),
    o.RepairIncomplete: _incomplete("the repair"),
    s.SagaResumed: lambda x, about: ("INFO", f"{about} {one_line(x.saga)} taken up again"),
    s.FileUploaded: lambda x, about: (
        "INFO",
        f"{about} uploaded {quoted(x.target)}{_outcome(x.outcome)}",
    ),
    s.FileRemoved: _removed,
    s.RecordUpserted: lambda x, about: ("INFO", f"{about} record stands{_outcome(x.outcome)}"),
    s.RecordRemoved: lambda x, about: ("INFO", f"{about} record removed{_outcome(x.outcome)}"),
    s.StepLeft: _left,
}


# Sets, runs and the journal: the second argument is the rest of the stream's name.


def _set_created(event: r.SetCreated, set_id: str) -> list[Line]:
    labels = event.labels
    said = f"category={quoted(labels.category)} subject={quoted(labels.subject)}"
    return [("INFO", f"Set {set_id} created: {said} location={quoted(labels.location)}")]


def _refused(event: r.FileRefused, _: str) -> list[Line]:
    why = f"{event.code}{_because(event.detail)}"
    return [("ERROR", f"{quoted(event.source.path)} refused: {why}")]


def _skipped(event: r.FileSkipped, _: str) -> list[Line]:
    return [("INFO", f"{quoted(event.source.path)} skipped: same bytes as id={event.row}")]


def _run_started(event: r.RunStarted, run: str) -> list[Line]:
    argv = " ".join(one_line(word) for word in event.argv)
    where = f"pid {event.pid} on {one_line(event.host)}, {one_line(event.program)}"
    return [("INFO", f"Run {run} started: {argv} ({where})")]


def _stage_started(event: r.StageStarted, _: str) -> list[Line]:
    found = [("INFO", one_line(event.marker))] if event.marker else []
    return [*found, ("INFO", f"Stage {one_line(event.stage)} started: {event.rows} rows")]


def _stage_ended(event: r.StageEnded, _: str) -> list[Line]:
    counts = f"done={event.done} failed={event.failed} skipped={event.skipped}"
    seconds = event.duration_ms / 1000
    return [("INFO", f"Stage {one_line(event.stage)} ended: {counts} in {seconds:.1f} s")]


def _paused(event: r.StagePaused, _: str) -> list[Line]:
    why = f"{event.code}{_because(event.detail)}"
    return [("ERROR", f"Stage {one_line(event.stage)} paused: {why}; rows_left={event.rows_left}")]


def _run_ended(event: r.RunEnded, run: str) -> list[Line]:
    marker = "INFO" if event.exit_code == 0 else "WARN"
    how = f"{one_line(event.outcome)}, exit code {event.exit_code}{_because(event.detail)}"
    return [(marker, f"Run {run} ended: {how}")]


def _run_died(event: r.RunDied, run: str) -> list[Line]:
    left = f"attempts={event.attempts} sagas={event.sagas}"
    settled = f"settled by {one_line(event.settled_by)}, {left}"
    return [("WARN", f"Run {run} died without a word; {settled}")]


def _disk_low(event: r.StoppedDiskLow, _: str) -> list[Line]:
    figures = f"{event.free_bytes} bytes free, {event.needed_bytes} have to stay free"
    return [("ERROR", f"Stopped: disk low, {figures}")]


def _pruned(event: r.ObjectsPruned, _: str) -> list[Line]:
    counts = f"objects={event.objects} temporaries={event.temporaries} bytes={event.size_bytes}"
    marker = "WARN" if event.failed else "INFO"
    return [(marker, f"Pruned data/objects: {counts} failed={event.failed}")]


def _gallery_accepted(event: r.GalleryAccepted, _: str) -> list[Line]:
    return [("WARN", f"the gallery was taken as it is: {one_line(event.reason)}")]


def _head_accepted(event: r.HeadAccepted, _: str) -> list[Line]:
    what = f"accepted up to {event.position}, {event.noted} was noted"
    return [("WARN", f"Journal {what}{_because(event.reason)}")]


_AROUND: dict[type[Event], Callable[[Any, str], list[Line]]] = {
    r.SetCreated: _set_created,
    r.SetRelabelled: lambda _, set_id: [("INFO", f"Set {set_id} relabelled")],
    r.FileRefused: _refused,
    r.FileSkipped: _skipped,
    r.RunStarted: _run_started,
    r.StageStarted: _stage_started,
    r.ModelChecked: models.checked,
    r.ScorerChecked: qc.scorer,
    r.StageWaiting: models.waiting,
    r.StageResumed: models.resumed,
    r.StagePaused: _paused,
    r.QcReported: qc.told,
    r.StageEnded: _stage_ended,
    r.ScoresChecked: qc.scores,
    r.RunEnded: _run_ended,
    r.RunDied: _run_died,
    r.PruningStarted: lambda x, _: [
        ("INFO", f"Pruning data/objects: files={x.files} bytes={x.size_bytes}")
    ],
    r.ObjectsPruned: _pruned,
    r.SiteAdopted: lambda x, _: [
        ("INFO", f"Adopted: rows={x.rows} names={x.names} photos={x.photos} left={x.left}")
    ],
    r.StoppedDiskLow: _disk_low,
    r.GalleryAccepted: _gallery_accepted,
    r.HeadAccepted: _head_accepted,
    r.BackedUp: lambda x, _: [("INFO", f"Backed up to {quoted(x.target)} as of {x.position}")],
    r.Restored: lambda x, _: [("WARN", f"Restored from backup {x.backup} as of {x.position}")],
    r.Redacted: lambda x, _: [("INFO", f"Redacted event {x.position}{_because(x.reason)}")],
}
