"""
Events in words, for `history` and `replay --step`: what happened, as a person would say it.

Logs have words of their own (`projections.telling`), which are a format that people grep; these may
be improved at any time. Every event of the machine has its words here.
"""

from collections.abc import Callable, Iterable
from typing import Any

from driver import words_adopted
from driver.word_parts import (
    after,
    because,
    by_whom,
    duration,
    labels_in_words,
    meaning,
    quoted,
    shown_source,
)
from driver.words_around import WORDS_AROUND
from journal import RedactedEvent, WithheldEvent
from machine import events as e
from machine import repair_events as o
from machine import step_events as s
from machine.event_base import Event
from machine.failures import tries_left
from machine.values import Culling, ModelCall, StepReport


def in_words(event: Event) -> str:
    """Return what happened."""
    if isinstance(event, WithheldEvent):
        return "(withheld: what it said is not in this bundle)"
    if isinstance(event, RedactedEvent):
        return "(redacted: what it said was forgotten on purpose)"
    return _WORDS[type(event)](event)


def _applied(applied: str) -> str:
    return {
        "applied": "",
        "suggested": ", kept as a suggestion: the row's own text stays",
        "superseded": ", too late: something changed meanwhile",
    }.get(applied, f", {applied}")


def _reports(reports: Iterable[StepReport]) -> str:
    return "; ".join(
        f"{one.target} {one.outcome}{because(one.detail)}" for one in reports if one.target
    )


def _so(outcome: str) -> str:
    return {"done": "", "already": " (it was so already)"}.get(outcome, f" ({outcome})")


def _removed(x: s.FileRemoved) -> str:
    if x.outcome == "changed":
        return f"{x.target} is somebody else's now and was left in the gallery"
    return f"{x.target} is gone from the gallery{_so(x.outcome)}"


def _observed(x: o.OutsideObserved) -> str:
    found = [f"{one.path} is {'other' if one.sha256 else 'gone'}" for one in x.files]
    found += ["its record is gone" if x.record is None else "its record is other"] * x.record_seen
    taken = "; taken as it is, to be approved anew" if x.accepted else ""
    return f"seen in the gallery: {'; '.join(found)}{taken}"


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'} outside"


def _ingested(x: e.RowIngested) -> str:
    kept = "copied in" if x.source.copied else "left in its place"
    return (
        f"came in as {x.file_name}, set {x.set_id}, {labels_in_words(x.labels)};"
        f" original {shown_source(x.source)}, {kept}"
    )


def _metadata(x: e.MetadataRead) -> str:
    known = (
        x.metadata.date_time,
        x.metadata.camera,
        x.metadata.lens_model,
        f"{x.metadata.width_px} x {x.metadata.height_px} px" if x.metadata.width_px else "",
        culling_in_words(x.culling),
        f"with the sidecar {shown_source(x.sidecar.source)}" if x.sidecar else "",
    )
    return "the photo says: " + (", ".join(one for one in known if one) or "nothing")


def culling_in_words(culling: Culling) -> str:
    """Return what a person marked in another program, such as `rating 4, label Red, tagged`."""
    stars, color = culling.rating, culling.color_class
    words = (
        "" if stars is None else f"rating {stars}{' (rejected there)' if stars < 0 else ''}",
        f"label {culling.label}" if culling.label else "",
        "" if color is None else f"color class {color}",
        {None: "", True: "tagged", False: "not tagged"}[culling.tagged],
    )
    return ", ".join(word for word in words if word)


def _picked(x: e.Picked) -> str:
    marks = culling_in_words(Culling(rating=x.rating, label=x.label, tagged=x.tagged or None))
    return f"picked for the marks in the file: {marks}" if marks else "picked"


def _replaced(x: e.PhotoReplaced) -> str:
    return (
        f"replaced by {shown_source(x.source)} ({x.sha256[:12]}, was {x.former[:12]});"
        f" name and texts stay{because(x.reason)}"
    )


def _corrected(x: e.MetadataCorrected) -> str:
    known = (
        ("date", x.corrections.date_time),
        ("camera", x.corrections.camera),
        ("lens", x.corrections.lens_model),
    )
    told = [f"{name} {value or 'unknown'}" for name, value in known if value is not None]
    return f"corrected: {', '.join(told)}{_stays(x.repinned)}"


def call_in_words(call: ModelCall) -> str:
    """Return what a request to a model cost, as far as it is known."""
    tokens = [
        f"{count:,} tokens {what}"
        for count, what in ((call.prompt_tokens, "read"), (call.reply_tokens, "written"))
        if count is not None
    ]
    took = duration(call.total_ms) if call.total_ms is not None else ""
    return ", ".join(one for one in (*tokens, took) if one)


def _started(x: e.AttemptStarted) -> str:
    model = f", model {x.model}" if x.model else ""
    instead = f" in place of {x.fallback_for}" if x.fallback_for else ""
    alone = ", alone" if x.alone else ""
    return f"{x.stage} began, attempt {x.attempt}{alone}{model}{instead}"


def _prefilled(x: e.Prefilled) -> str:
    found = ", ".join(one.code for one in x.findings)
    looked = "" if x.grounded else ", without looking at the picture"
    return (
        f"captioned by {by_whom(x.author)}{looked}: {quoted(x.text.caption)}"
        f"{f'; findings: {found}' if found else ''}{_applied(x.applied)}{after(x.duration_ms)}"
    )


def _cleaned(x: e.TextCleaned) -> str:
    rules = ", ".join(dict.fromkeys(one.rule for one in x.changes))
    return f"text mended by rules ({rules}): {quoted(x.text.caption)}"


def _scored(x: e.Scored) -> str:
    rating = "no rating" if x.qr is None else f"rating {x.qr} ({x.tier})"
    left = f", without {', '.join(one.metric for one in x.missing)}" if x.missing else ""
    provisional = ", provisional" if x.provisional else ""
    return f"scored: {rating}{provisional}{left}{_applied(x.applied)}{after(x.duration_ms)}"


def _partly(x: e.PartlyScored) -> str:
    found = ", ".join(f"{one.metric} {one.value:g}" for one in x.scores)
    without = ", ".join(one.metric for one in x.missing)
    kept = {"suggested": ", the complete scores of another profile stay"}.get(x.applied, "")
    return f"measured in part: {found}; without {without}{kept}"


def _resized(x: e.Resized) -> str:
    made = ", ".join(f"{one.name} {one.width_px} x {one.height_px}" for one in x.renditions)
    return f"pictures made: {made}{_applied(x.applied)}{after(x.duration_ms)}"


def _failed(x: e.AttemptFailed) -> str:
    charged = tries_left(x.code, charged=x.charged, budget_left=x.budget_left)
    died = "" if x.exit_code is None else f", worker's exit code {x.exit_code}"
    what = f"{x.code}, {meaning(x.code)}{because(x.detail)}"
    asked = _asked(x.call) if x.call else ""
    return f"{x.stage} failed: {what} ({charged}{died}{asked})"


def _asked(call: ModelCall) -> str:
    return "".join(f"; {one}" for one in (f"model {call.model}", call_in_words(call)) if one)


def _retried(x: e.Retried) -> str:
    model = f" with model {x.model}" if x.model else ""
    return f"{x.stage} is wanted again{model}{because(x.reason)}"


def _quarantined(x: e.Quarantined) -> str:
    return f"{x.stage} set aside: {x.code}, {meaning(x.code)}{because(x.reason)}"


def _edited(x: e.TextEdited) -> str:
    filled = ", completed by the prefill" if x.completed else ""
    return f"text by {by_whom(x.author)}{filled}: {quoted(x.text.caption)}{_stays(x.repinned)}"


def _rated(x: e.RatingOverridden) -> str:
    by = f" by {x.by}" if x.by else ""
    if x.qr is None:
        return f"the rating that was measured counts again{_stays(x.repinned)}"
    return f"rated {x.qr} ({x.tier}){by}{because(x.reason)}{_stays(x.repinned)}"


def _stays(repinned: object) -> str:
    return "; stays approved" if repinned else ""


def _approved(x: e.Approved) -> str:
    let = " (unchecked text let through by the owner's setting)" if x.allowed_ungrounded else ""
    without = " without scores" if x.without_scores else ""
    return f"approved{without}{let}{because(x.reason)}"


def _publication_failed(x: e.PublicationFailed) -> str:
    at = f" at {x.step}" if x.step else ""
    return f"publication failed{at}: {x.code}, {meaning(x.code)}{because(x.detail)}"


def _not_finished(x: e.FinishingFailed) -> str:
    return f"{x.name} could not be finished: {x.code}, {meaning(x.code)}{because(x.detail)}"


def _undoes(words: str) -> str:
    kind, _, step = words.partition(" ")
    return f" ({kind} of step {step})" if kind else ""


def _rolled_back(x: e.RolledBack) -> str:
    parts = ", ".join(x.parts)
    return f"back to version {x.to}: {parts}{_undoes(x.undoes)}{because(x.reason)}"


_WORDS: dict[type[Event], Callable[[Any], str]] = {
    **words_adopted.WORDS,
    e.RowIngested: _ingested,
    e.MetadataRead: _metadata,
    e.PrivateMetadataRead: lambda _: "place and serial numbers were read (kept apart, not shown)",
    e.EmbeddedTextDiscounted: lambda x: f"the text in the photo does not count: {x.reason}",
    e.PhotoReplaced: _replaced,
    e.ErasureStarted: lambda x: f"to be erased{because(x.reason)}",
    e.RowErased: lambda x: f"erased: {x.events} events forgotten, {x.objects} objects removed",
    e.OriginalMoved: lambda x: f"the original lies at {shown_source(x.source)} now",
    e.CompanionAdded: lambda x: (
        f"the RAW file {shown_source(x.source)} belongs to it"
        f" ({'copied in' if x.source.copied else 'left in its place'})"
    ),
    e.MetadataCorrected: _corrected,
    e.RowReopened: lambda x: f"the same bytes came in again with set {x.set_id}: lives again",
    e.NameReserved: lambda x: f"the name {x.file_name} belongs to row {x.row}",
    e.BytesReserved: lambda x: f"these bytes are row {x.row}",
    e.AttemptStarted: _started,
    e.Prefilled: _prefilled,
    e.TextCleaned: _cleaned,
    e.Scored: _scored,
    e.PartlyScored: _partly,
    e.Resized: _resized,
    e.AttemptFailed: _failed,
    e.AttemptInterrupted: lambda x: (
        f"{x.stage} interrupted: {'a person left at once' if x.asked else 'the program died'}"
        f" (run {x.run}); not charged"
    ),
    e.Quarantined: _quarantined,
    e.Retried: _retried,
    e.Released: lambda x: f"{x.stage} released with a fresh budget{because(x.reason)}",
    e.TextEdited: _edited,
    e.QcWaived: lambda x: f"findings let pass ({', '.join(x.codes)}): {x.reason}",
    e.Relabelled: lambda x: f"labels: {labels_in_words(x.labels)}{_stays(x.repinned)}",
    e.RatingOverridden: _rated,
    e.Renamed: lambda x: f"renamed to {x.file_name}, was {x.former}{_stays(x.repinned)}",
    e.Picked: _picked,
    e.Approved: _approved,
    e.Rejected: lambda x: f"rejected{because(x.reason)}",
    e.RenditionFinished: lambda x: f"texts and rights put into a copy of {x.name}",
    e.FinishingFailed: _not_finished,
    e.PublicationStarted: lambda x: (
        f"publication to {x.gallery} began, {_steps(len(x.steps))}{because(x.forced)}"
    ),
    e.Published: lambda _: "published",
    e.PublicationFailed: _publication_failed,
    e.PublicationUndone: lambda _: "nothing of the failed publication is left outside",
    e.PublicationUndoIncomplete: lambda x: (
        f"something of the failed publication is left outside: {_reports(x.reports)}"
    ),
    e.WithdrawalStarted: lambda x: f"withdrawal began, {_steps(len(x.steps))}{because(x.reason)}",
    e.Withdrawn: lambda _: "withdrawn: nothing of ours is public any more",
    e.WithdrawalIncomplete: lambda x: f"withdrawal incomplete: {_reports(x.reports)}",
    e.RollbackStarted: lambda x: (
        f"going back to version {x.to}, {_steps(len(x.steps))}{_undoes(x.undoes)}"
        f"{because(x.reason)}"
    ),
    e.RolledBack: _rolled_back,
    e.RollbackIncomplete: lambda x: f"going back is incomplete: {_reports(x.reports)}",
    o.OutsideObserved: _observed,
    o.RepairStarted: lambda x: f"repair of {x.gallery} began, {_steps(len(x.steps))}",
    o.Repaired: lambda _: "stands outside as published again",
    o.RepairIncomplete: lambda x: f"the repair is incomplete: {_reports(x.reports)}",
    s.SagaResumed: lambda x: f"another run goes on with what was open ({x.claimed_by})",
    s.FileUploaded: lambda x: f"{x.target} stands in the gallery{_so(x.outcome)}",
    s.FileRemoved: _removed,
    s.RecordUpserted: lambda x: f"record {x.target} stands in the table{_so(x.outcome)}",
    s.RecordRemoved: lambda x: f"record {x.target} is gone from the table{_so(x.outcome)}",
    s.StepLeft: lambda x: f"left alone: {_reports((x.report,))}",
    **WORDS_AROUND,
}
