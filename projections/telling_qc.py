"""What the logs say about the report on the texts."""

from machine.run_events import QcReported
from projections.story import Line


def told(event: QcReported, _run: str) -> list[Line]:
    """Return the lines of a report: duplicates, equal captions, rows that the rules speak about."""
    groups = event.caption_groups + event.alt_groups + event.keyword_groups + event.near_groups
    rows = f"flagged={event.flagged} rows={event.rows}"
    if groups:
        counts = (
            f"caption_groups={event.caption_groups} alt_groups={event.alt_groups}"
            f" keyword_groups={event.keyword_groups} near_groups={event.near_groups}"
        )
        found = [("WARN", f"[QC] Duplicates found: {counts} {rows}")]
    else:
        found = [("INFO", f"[QC] No duplicates found, {rows}")]
    if event.identical_captions:
        said = f"Identical captions for different photos: {event.identical_captions} photos"
        found.append(("WARN", f"[QC] {said}; the model may be giving one text for all"))
    if event.suspicious:
        found.append(("WARN", f"[QC] Suspicious rows: {event.suspicious}"))
    return found
