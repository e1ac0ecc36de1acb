"""What the logs say about the report on the texts and about the scores that rows lack."""

from machine.events import PartlyScored
from machine.run_events import QcReported, ScorerChecked, ScoresChecked
from projections.story import Line, one_line


def told(event: QcReported, _run: str) -> list[Line]:
    """Return the lines of a report: duplicates, what a model repeats, rows with findings."""
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
        photos = (
            "1 photo" if event.identical_captions == 1 else f"{event.identical_captions} photos"
        )
        said = f"Identical captions for different photos: {photos} that a model wrote about"
        found.append(("WARN", f"[QC] {said}; the model may be giving one text for all"))
    if event.suspicious:
        found.append(("WARN", f"[QC] Suspicious rows: {event.suspicious}"))
    return found


def scores(event: ScoresChecked, _run: str) -> list[Line]:
    """Return the line of a check: a warning where rows lack a score that they should have."""
    marker = "INFO" if event.complete == event.rows else "WARN"
    counts = f"rows={event.rows} complete={event.complete} failed={event.failed}"
    said = f"[QC] Scores checked: {counts} not_measured={event.not_measured}"
    return [(marker, f"{said} profile={one_line(event.profile)}")]


def partly_scored(event: PartlyScored, about: str) -> Line:
    """Say what was measured where something required is missing; the failure follows."""
    found = ", ".join(f"{one.metric}={one.value:g}" for one in event.scores)
    without = ", ".join(one.metric for one in event.missing)
    kept = {"suggested": "; the complete scores of another profile stay"}.get(event.applied, "")
    return "INFO", f"{about} measured {one_line(found)}, without {one_line(without)}{kept}"


def scorer(event: ScorerChecked, _run: str) -> list[Line]:
    """Say what the neural models run on and with which versions, and what cannot be measured."""
    fields = [f"profile={event.profile}", f"device={event.device or '-'}", f"python={event.python}"]
    fields += [f"{name}={version}" for name, version in event.versions.items()]
    fields += [f"threads={event.threads}", f"batch={event.batch}"]
    lines = [("INFO", f"Scorer startup check: {one_line(' '.join(fields))}")]
    lines += [("WARN", one_line(warning)) for warning in event.warnings]
    return lines + [
        (
            "ERROR",
            f"{one_line(lack.metric)} cannot be measured: {lack.code}: {one_line(lack.detail)}",
        )
        for lack in event.missing
    ]
