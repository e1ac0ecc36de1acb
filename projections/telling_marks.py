"""What the logs say about a person's marks: what is picked, and how it is rated."""

from machine.events import Picked, RatingOverridden
from projections.story import Line, one_line, quoted


def picked(event: Picked, about: str) -> Line:
    """Say that a photo is picked, and for which marks that it came with."""
    marks = [f"rating {event.rating}"] if event.rating is not None else []
    marks += [f"label {quoted(event.label)}"] if event.label else []
    marks += ["tagged"] if event.tagged else []
    why = f" for the marks in the file: {', '.join(marks)}" if marks else ""
    return "INFO", f"{about} picked{why}"


def rated(event: RatingOverridden, about: str) -> Line:
    """Say how a person rates a photo, or that what was measured counts again."""
    if event.qr is None:
        return "INFO", f"{about} rated by its scores again"
    by = f" by {one_line(event.by)}" if event.by else ""
    return (
        "INFO",
        f"{about} rated QR={event.qr} QC_Status={event.tier}{by}: {one_line(event.reason)}",
    )
