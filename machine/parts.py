"""Which parts of a row an event may change: what a rollback of a run or a step takes back."""

from machine import events as e
from machine.event_base import Event
from machine.repair_events import OutsideObserved
from machine.row import PARTS


def parts_of(event: Event) -> tuple[str, ...]:
    """Return the parts that `event` may have changed; none for what only happened, or is final."""
    match event:
        case e.RowIngested() | e.ErasureStarted():
            return PARTS
        case e.PhotoReplaced():
            return ("photo", "prefill", "score", "resize", "decision")
        case e.MetadataRead() | e.EmbeddedTextDiscounted():
            return ("photo",)
        case e.PastAdopted():
            return ("prefill", "score")
        case e.MetadataCorrected():
            dated = ("prefill",) if event.corrections.date_time is not None else ()
            return ("photo", *dated, "decision") if event.repinned else ("photo", *dated)
        case e.RowReopened():
            return ("intake", "labels", "decision", "publication")
        case e.Prefilled() | e.TextCleaned() if event.applied != "superseded":
            return ("prefill",)
        case e.QcWaived():
            return ("prefill",)
        case e.Scored() if event.applied != "superseded":
            return ("score",)
        case e.PartlyScored() if event.applied == "applied":
            return ("score",)
        case e.Resized() if event.applied != "superseded":
            return ("resize", "decision") if event.repinned else ("resize",)
        case e.TextEdited():
            return ("prefill", "decision") if event.repinned else ("prefill",)
        case e.Relabelled():
            return ("labels", "prefill", "decision") if event.repinned else ("labels", "prefill")
        case e.RatingOverridden():
            return ("rating", "decision") if event.repinned else ("rating",)
        case e.Renamed():
            return ("decision",) if event.repinned else ()
        case OutsideObserved() if event.accepted:
            return ("decision", "publication")
        case e.Picked() | e.Approved() | e.Rejected() | e.Withdrawn():
            return ("decision", "publication")
        case e.Published():
            return ("publication",)
        case e.RolledBack():
            return event.parts
        case _:
            return ()
