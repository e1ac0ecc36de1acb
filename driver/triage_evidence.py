"""
What speaks for a cause: exit codes, HTTP status, what the model ran on, what changed meanwhile.

Changes are those since the newest run that ended well: versions, the digest of the settings, the
processor. And what stands outside half done: open publications, with what settles them.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from driver.looking import Seen
from driver.triage_runs import Run, stream_of
from driver.triage_signs import tolerant
from journal import UnreadableEvent
from machine.events import TextCleaned
from machine.run_events import ModelChecked, RunStarted, StageStarted
from machine.signs import Place, Sign, signs_of
from projections.telling import shown_exit

_HTTP = re.compile(r"\bHTTP (\d{3})\b")
_LISTED = 20
"""Open publications that are told one by one."""


def evidence_of(
    seen: Seen, runs: Sequence[Run], signs: Iterable[Sign], good: Sequence[Run]
) -> dict[str, Any]:
    """Return what the runs left that speaks for a cause; the keys are those of `triage --json`."""
    signs, newest = list(signs), runs[-1]
    begun = began(seen, newest["run_id"])
    last = good[0] if good else None
    workers = (one.exit_code for one in signs if one.type == "AttemptFailed")
    return {
        "run_exit_codes": {one["run_id"]: one["exit_code"] for one in runs},
        "worker_exit_codes": _counted(shown_exit(one) for one in workers if one is not None),
        "http_status": _counted(code for one in signs for code in _HTTP.findall(one.detail)),
        "models": _models(seen, runs),
        "versions": {"photojournal": begun.program, **begun.versions} if begun else {},
        "config_digest": begun.config_digest if begun else "",
        "host": begun.host if begun else "",
        "last_good_run": last["run_id"] if last else "",
        "last_good_at": last["ended_at"] if last else "",
        "changed": _changed(begun, began(seen, last["run_id"])) + _other_processor(newest, good)
        if last and begun
        else [],
    }


def usual_of(seen: Seen, good: Sequence[Run]) -> set[str]:
    """Return details of the signs of the newest good run that asked a model: so then, too."""
    asked = next((one for one in good if one["processor"]), None)
    if asked is None:
        return set()
    run_id = asked["run_id"]
    checks = (one for one in stream_of(seen, run_id) if isinstance(one.event, ModelChecked))
    mended = tolerant(
        lambda after, until: seen.journal.by_run(
            run_id, (TextCleaned.tag,), after=after, until=until
        ),
        asked["first_position"] - 1,
        asked["last_position"],
        [],
    )
    return {
        sign.detail
        for one in (*checks, *mended)
        for sign in signs_of(one.event, Place(one.position, one.at, one.run_id))
    }


def _counted(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def began(seen: Seen, run_id: str) -> RunStarted | None:
    """Return how a run began; None where that cannot be read."""
    own = stream_of(seen, run_id)
    return next((one.event for one in own if isinstance(one.event, RunStarted)), None)


def _models(seen: Seen, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return what each check of a model found, and the startup line of what looked at none."""
    found: list[dict[str, Any]] = []
    for run in runs:
        for one in stream_of(seen, run["run_id"]):
            if isinstance(one.event, ModelChecked):
                found.append(_checked(one.position, one.at, one.event))
            elif isinstance(one.event, StageStarted) and one.event.marker:
                marker = one.event.marker
                found.append({"position": one.position, "at": one.at, "marker": marker})
    return found


def _checked(position: int, at: str, event: ModelChecked) -> dict[str, Any]:
    return {
        "position": position,
        "at": at,
        "occasion": event.occasion,
        "model": event.model,
        "processor": event.processor,
        "host": event.host,
        "server_version": event.server_version,
        "tokens_per_s": event.tokens_per_s,
    }


def _changed(begun: RunStarted, before: RunStarted | None) -> list[dict[str, str]]:
    """Return what is other than in the newest run that ended well: what, then, now."""
    if before is None:
        return []
    then, now = (
        {
            "photojournal": one.program,
            **one.versions,
            "host": one.host,
            "settings": one.config_digest[:12],
        }
        for one in (before, begun)
    )
    return [
        {"what": name, "then": then.get(name, ""), "now": now.get(name, "")}
        for name in dict.fromkeys((*then, *now))
        if then.get(name, "") != now.get(name, "")
    ]


def _other_processor(newest: Run, good: Sequence[Run]) -> list[dict[str, str]]:
    """Return what the model runs on, where it ran on something else when it was asked last."""
    then, now = (
        next((one["processor"] for one in good if one["processor"]), ""),
        newest["processor"],
    )
    return [{"what": "processor", "then": then, "now": now}] if then and now and then != now else []


def outside_of(seen: Seen, runs: Sequence[Run], published: int) -> dict[str, Any]:
    """
    Return what stands outside half done, whoever began it, and how it is settled or taken back.

    Args:
        seen: the workspace.
        runs: those that are looked at.
        published: rows that they brought out, wholly.
    """
    query = "SELECT id FROM review_queue WHERE next_action LIKE 'photojournal repair %' ORDER BY id"
    numbers = [line["id"] for line in seen.models.query(query)]
    found = [one for one in (_open(seen, number) for number in numbers) if one]
    run = runs[-1]["run_id"] if len(runs) == 1 else ""
    return {
        "partial": bool(found),
        "rows": len(found),
        "open": found[:_LISTED],
        "settle": "photojournal repair" if found else "",
        "published": published,
        "take_back": f"photojournal rollback --run {run}" if run and (published or found) else "",
    }


def _open(seen: Seen, number: int) -> dict[str, Any] | None:
    try:
        row = seen.row(number)
    except UnreadableEvent:
        return None
    saga = row.happened.saga
    if saga is None:
        return None
    done = min(saga.done, len(saga.steps))
    return {
        "id": number,
        "File_Name": row.happened.file_name,
        "kind": saga.kind,
        "saga": saga.id,
        "gallery": saga.gallery,
        "run_id": saga.claimed_by,
        "undoing": saga.undoing,
        "steps": len(saga.steps),
        "done": [f"{one.action} {one.target}" for one in saga.steps[:done]],
        "left": [f"{one.action} {one.target}" for one in saga.steps[done:]],
        "settle": f"photojournal repair {number}",
    }
