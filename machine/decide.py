"""
The rules: `decide(row, intent)` gives the events that follow from an intent, or refuses it.

Only intents are refused. A fact that comes back from outside (`Record...`) is always recorded, at
worst as `superseded`. The rules of the three stages are in `decide_stage`, those of the photo
itself in `decide_photo`, those of everything outside the journal in `decide_outside`.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine import intents as i
from machine.decide_erase import ERASING_RULES, refuse_erased
from machine.decide_outside import OUTSIDE_RULES, refuse_while_going_back, refuse_while_open
from machine.decide_photo import PHOTO_RULES
from machine.decide_rating import RATING_RULES
from machine.decide_repair import REPAIR_RULES
from machine.decide_stage import STAGE_RULES
from machine.digests import pins_of, text_digest
from machine.event_base import Event
from machine.failures import unscored
from machine.naming import EXTENSION, slug, unsafe
from machine.refusals import Refused, refuse_unencodable
from machine.row import Row, attempts_of, corrected, pins_now
from machine.status import (
    aside_command,
    outside,
    satisfied,
    statuses,
    waits_for_models,
    waived,
)
from machine.values import Author, Corrections, Culling, Labels, Pins, Stage, Text, TextField
from machine.wording import about, findings


def decide(row: Row, intent: i.Intent) -> tuple[Event, ...]:
    """
    Return the events that `intent` leads to.

    Raises:
        Refused: with the reason and the next command; the row stays what it is.
    """
    if not row.version and not isinstance(intent, i.IngestRow):
        raise Refused("there is no such row", "photojournal queue")
    refuse_erased(row, intent)
    if not row.decided.intake and not isinstance(intent, _BEFORE_INTAKE):
        msg = f"row {row.happened.row} is not in the queue: its ingestion was rolled back"
        raise Refused(msg, "ingest the photo again to bring the row back with its name")
    return _RULES[type(intent)](row, intent)


_BEFORE_INTAKE = (
    i.IngestRow,
    i.ReopenRow,
    i.MoveOriginal,
    i.RollBack,
    i.ResumeSaga,
    i.RecordStep,
    i.CloseSaga,
    i.RecordPrefilled,
    i.RecordScored,
    i.RecordResized,
    i.RecordFailure,
    i.RecordInterruption,
    i.RecordFinished,
    i.RecordFinishingFailure,
    i.RecordPublicationFailure,
    i.ObserveOutside,
    i.StartRepair,
    i.StartErasure,
    i.FinishErasure,
)


def _correct(row: Row, intent: i.CorrectMetadata) -> tuple[Event, ...]:
    refuse_while_going_back(row, "correct")
    given, before = intent.corrections, row.decided.photo.corrections
    refuse_unencodable(given.camera or "", given.lens_model or "", given.date_time or "")
    wanted = Corrections(
        date_time=before.date_time if given.date_time is None else given.date_time,
        camera=before.camera if given.camera is None else given.camera,
        lens_model=before.lens_model if given.lens_model is None else given.lens_model,
    )
    if corrected(row.decided.photo.metadata, wanted) == row.decided.photo.metadata:
        raise Refused("the metadata is already so", nothing=True)
    repinned = _repin(row, None, None, None, wanted)
    return (e.MetadataCorrected(corrections=wanted, repinned=repinned),)


def _repin(
    row: Row,
    text: Text | None,
    labels: Labels | None,
    name: str | None,
    corrections: Corrections | None = None,
) -> Pins | None:
    """Return the pins of an approved row after an edit; None when it is not approved."""
    decision = row.decided.decision
    if decision.value != "approved":
        return None
    return pins_of(
        text or decision.text,
        decision.renditions,
        labels or row.decided.labels,
        name or row.happened.file_name,
        corrections or row.decided.photo.corrections,
        qr=row.decided.rating.qr,
    )


def _edit_text(row: Row, intent: i.EditText) -> tuple[Event, ...]:
    refuse_while_going_back(row, "edit")
    before = row.decided.prefill.text
    if intent.based_on and intent.based_on != text_digest(before):
        msg = f"the text of row {row.happened.row} has changed since you saw it"
        raise Refused(msg, f"photojournal show {row.happened.row}")
    text = Text(
        caption=before.caption if intent.caption is None else intent.caption,
        alt_text=before.alt_text if intent.alt_text is None else intent.alt_text,
        keywords=before.keywords if intent.keywords is None else intent.keywords,
        language=before.language,
    )
    part = row.decided.prefill
    left_open = _left_open(row, intent)
    vouched = _vouched(part.vouched, intent)
    grounded = part.grounded or _stand(text, vouched, left_open)
    vouched = () if grounded else vouched
    same = text == before and grounded == part.grounded and vouched == part.vouched
    same = same and left_open == part.left_open
    if same and part.author and part.author.kind == "human":
        raise Refused("the text is already so", nothing=True)
    refuse_unencodable(intent.by, text.caption, text.alt_text, *text.keywords)
    found = findings(text, about(row, limits=intent.limits))
    if row.decided.decision.value == "approved" and any(finding.blocking for finding in found):
        codes = ", ".join(finding.code for finding in found if finding.blocking)
        msg = f"row {row.happened.row} is approved and would go out like that: {codes}"
        raise Refused(msg, f"photojournal edit {row.happened.row} --caption '...' --alt-text '...'")
    edited = e.TextEdited(
        text=text,
        author=Author(kind="human", name=intent.by),
        based_on=text_digest(before),
        findings=found,
        grounded=grounded,
        repinned=_repin(row, text, None, None),
        left_open=left_open,
        vouched=vouched,
    )
    return (edited,)


def _left_open(row: Row, intent: i.EditText) -> tuple[TextField, ...]:
    """Return what a person does not give before the first prefill did its work."""
    part, attempts = row.decided.prefill, attempts_of(row, "prefill")
    waits = part.author is None and not attempts.count and not attempts.wanted
    fields: tuple[TextField, ...] = ("caption", "alt_text", "keywords")
    return tuple(
        field for field in (fields if waits else part.left_open) if getattr(intent, field) is None
    )


def _vouched(before: tuple[TextField, ...], intent: i.EditText) -> tuple[TextField, ...]:
    """
    Return which of caption and alt text a person stands by after an edit.

    It is what they gave with the photo before them, now or earlier; both, if they saved everything
    as it was. Giving one of them says nothing about the other, which may still be a rule's.
    """
    if intent.unseen:
        return before
    as_it_was = intent.caption is None and intent.alt_text is None and intent.keywords is None
    return tuple(
        field
        for field in _LOOKED_AT
        if as_it_was or field in before or getattr(intent, field) is not None
    )


def _stand(text: Text, vouched: tuple[TextField, ...], left_open: tuple[TextField, ...]) -> bool:
    """Tell whether a person stands by caption and alt text; a blank one needs nobody."""
    waits = set(_LOOKED_AT).difference(vouched)
    return bool(vouched) and not any(getattr(text, one) or one in left_open for one in waits)


_LOOKED_AT: tuple[TextField, ...] = ("caption", "alt_text")
"""The texts that say what a picture shows."""


def _relabel(row: Row, intent: i.Relabel) -> tuple[Event, ...]:
    refuse_while_going_back(row, "relabel")
    labels = intent.labels
    if labels == row.decided.labels:
        raise Refused("the labels are already so", nothing=True)
    refuse_unencodable(labels.category, labels.subject, labels.location)
    known = replace(about(row, limits=intent.limits), labels=labels)
    text = row.decided.prefill.text
    relabelled = e.Relabelled(
        labels=labels,
        repinned=_repin(row, None, labels, None),
        findings=findings(text, known) if row.decided.prefill.author else None,
    )
    return (relabelled,)


def _rename(row: Row, intent: i.Rename) -> tuple[Event, ...]:
    number, former = row.happened.row, row.happened.file_name
    if intent.file_name == former:
        raise Refused("the name is already so", nothing=True)
    if row.happened.ever_published:
        msg = f"row {number} was published as {former}: its name stays"
        raise Refused(msg, "names may change before the first publication only")
    refuse_while_open(row, "rename")
    problem = unsafe(intent.file_name)
    if problem:
        msg = f"{intent.file_name!a} cannot be the name of row {number}: {problem}"
        raise Refused(msg, f"photojournal rename {number} {_safe_name(intent.file_name)}")
    repinned = _repin(row, None, None, intent.file_name)
    return (e.Renamed(file_name=intent.file_name, former=former, repinned=repinned),)


def _safe_name(file_name: str) -> str:
    return slug(file_name.removesuffix(EXTENSION)) or "NAME"


def _pick(row: Row, intent: i.Pick) -> tuple[Event, ...]:
    refuse_while_going_back(row, "pick")
    value = row.decided.decision.value
    if value in ("picked", "approved"):
        msg = f"row {row.happened.row} is {value} already"
        raise Refused(msg, nothing=True)
    marks = row.decided.photo.culling if intent.by_marks else Culling()
    return (e.Picked(rating=marks.rating, tagged=marks.tagged is True, label=intent.label),)


def _approve(row: Row, intent: i.Approve) -> tuple[Event, ...]:
    number = row.happened.row
    refuse_while_open(row, "approve")
    prefill, decision = row.decided.prefill, row.decided.decision
    pins = pins_now(row, prefill.text, row.decided.resize.renditions)
    if decision.value == "approved" and decision.pins == pins:
        return (_let_pass_later(row, intent.waive),)
    without_scores = _lacks_scores(row, waive=bool(intent.waive))
    if intent.waive and not prefill.findings and not without_scores:
        raise _nothing_to_let_pass(number)
    blocking = [finding for finding in prefill.findings if finding.blocking]
    if blocking and not intent.waive and not waived(row):
        codes = ", ".join(finding.code for finding in blocking)
        msg = f"row {number} cannot be approved: {codes}"
        hint = f"photojournal edit {number} --caption '...' --alt-text '...'"
        raise Refused(msg, f"{hint} (or: photojournal approve {number} --waive '...')")
    if not prefill.grounded and not intent.allow_ungrounded:
        msg = f"row {number} cannot be approved: nobody checked its text against the picture"
        hint = (
            f"photojournal edit {number} --caption '...' --alt-text '...'"
            " (or set [publish] allow_ungrounded = true)"
        )
        raise Refused(msg, hint)
    approved = e.Approved(
        pins=pins,
        allowed_ungrounded=not prefill.grounded,
        reason=intent.reason or (intent.waive if without_scores else ""),
        without_scores=without_scores,
    )
    passed = (_let_pass(row, intent.waive),) if intent.waive and prefill.findings else ()
    return *passed, approved


def _lacks_scores(row: Row, *, waive: bool) -> bool:
    """
    Tell whether scores that were set aside are all that a row lacks, and may be lacking.

    Raises:
        Refused: a stage is not done, and nobody lets that pass.
    """
    number, by_stage, without_scores = row.happened.row, statuses(row), False
    for stage in row.happened.needed:
        status = by_stage[stage]
        if satisfied(row, stage, status):
            continue
        aside = stage == "score" and status == "quarantined"
        if aside and waive:
            without_scores = True
            continue
        msg = f"row {number} cannot be approved: {stage} is {status}"
        if row.decided.decision.value == "rejected":
            raise Refused(msg, f"photojournal pick {number}")
        waits = status == "failed" and waits_for_models(row, stage)
        hint = _hint_for_stage(row, stage, "due" if waits else status)
        raise Refused(msg, f"{hint}{unscored(number)}" if aside else hint)
    return without_scores


def _let_pass(row: Row, reason: str) -> e.QcWaived:
    prefill = row.decided.prefill
    return e.QcWaived(
        text_digest=text_digest(prefill.text),
        codes=tuple(finding.code for finding in prefill.findings),
        reason=reason,
    )


def _let_pass_later(row: Row, reason: str) -> e.QcWaived:
    """Let the text of an approved row pass. Raises Refused where there is nothing to do."""
    number, findings_left = row.happened.row, row.decided.prefill.findings
    if reason and not findings_left:
        raise _nothing_to_let_pass(number)
    if not reason or waived(row):
        msg = f"row {number} is approved already"
        raise Refused(msg, nothing=True)
    return _let_pass(row, reason)


def _nothing_to_let_pass(number: int) -> Refused:
    return Refused(f"row {number} has no findings to let pass", f"photojournal approve {number}")


def _hint_for_stage(row: Row, stage: Stage, status: str) -> str:
    if status == "quarantined":
        return aside_command(row, stage)
    if status == "failed":
        return f"photojournal retry {row.happened.row} --stage {stage}"
    return f"photojournal {stage} {row.happened.row}"


def _reject(row: Row, intent: i.Reject) -> tuple[Event, ...]:
    number = row.happened.row
    refuse_while_open(row, "reject")
    if row.decided.decision.value == "rejected":
        msg = f"row {number} is rejected already"
        raise Refused(msg, nothing=True)
    if outside(row):
        msg = f"row {number} is published: take it down first"
        raise Refused(msg, f"photojournal withdraw {number}")
    return (e.Rejected(reason=intent.reason),)


_RULES: dict[type[i.Intent], Callable[[Row, Any], tuple[Event, ...]]] = {
    i.CorrectMetadata: _correct,
    i.EditText: _edit_text,
    i.Relabel: _relabel,
    i.Rename: _rename,
    i.Pick: _pick,
    i.Approve: _approve,
    i.Reject: _reject,
    **PHOTO_RULES,
    **RATING_RULES,
    **STAGE_RULES,
    **OUTSIDE_RULES,
    **REPAIR_RULES,
    **ERASING_RULES,
}
