"""The last good run of the same kind, which an incident is compared with."""

from driver.incident_manifest import Earlier
from journal import Journal
from machine.run_events import RunEnded, RunStarted


def last_good_run(journal: Journal, run: str) -> Earlier | None:
    """
    Return the newest run before `run` that did the same and ended well; None: there is none.

    Only its versions, and whether its settings were the same: what was typed there is not told.
    """
    mine = begun(journal, run)
    if mine is None:
        return None
    streams = [one for one in journal.streams("run/") if one < f"run/{run}"]
    for stream in reversed(streams):
        history = journal.read_stream(stream)
        start = history[0].event
        end = next((one.event for one in reversed(history) if one.type == RunEnded.tag), None)
        if (
            isinstance(start, RunStarted)
            and isinstance(end, RunEnded)
            and (start.verb, end.exit_code) == (mine.verb, 0)
        ):
            return Earlier(
                run=stream.removeprefix("run/"),
                at=history[0].at,
                versions=versions_of(start),
                as_configured=start.config_digest == mine.config_digest,
            )
    return None


def begun(journal: Journal, run: str) -> RunStarted | None:
    """Return the beginning of a run."""
    first = next(iter(journal.read_stream(f"run/{run}")), None)
    return first.event if first and isinstance(first.event, RunStarted) else None


def versions_of(start: RunStarted) -> dict[str, str]:
    """Return the versions that a run had."""
    return {"photojournal": start.program, **start.versions}
