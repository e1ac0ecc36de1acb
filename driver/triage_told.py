"""Signs and causes as plain values, with what journal, log and queue say about them."""

from collections.abc import Iterable, Mapping
from typing import Any

from driver.looking import Seen
from journal import Journal, JournalError
from machine.causes import Cause
from machine.failures import FAILURES
from machine.signs import Sign
from machine.values import STAGES
from projections.narrator import lines_of

Line = Mapping[str, Any]
"""A line of `review_queue`."""


class Telling:
    """Tells signs and causes with what the journal and the read models say about them."""

    def __init__(
        self, journal: Journal | None, lines: Mapping[int, Line], due: Mapping[str, Line]
    ) -> None:
        """
        Take what is known of rows.

        Args:
            journal: where log lines are read; None where it cannot be.
            lines: the rows that were hit, as they are now, by id.
            due: the first row that waits for each stage that paused.
        """
        self._journal = journal
        self._due = due
        self._lines = lines

    def sign(self, sign: Sign) -> dict[str, Any]:
        """Return a sign with its log line and its file's name."""
        row, run = sign.row, sign.place.run
        log_line = self._log_line(sign)
        return {
            "position": sign.place.position or None,
            "at": sign.place.at,
            "type": sign.type,
            "level": sign.level,
            "stage": sign.stage,
            "code": sign.code,
            "meaning": FAILURES[sign.code].meaning if sign.code in FAILURES else "",
            "detail": sign.detail,
            "step": sign.step,
            "run_id": run,
            "id": row,
            "File_Name": self._name(row) or sign.name,
            "log_line": log_line,
            "log": f"logs/runs/{run}.log" if log_line else "",
        }

    def cause(self, cause: Cause) -> dict[str, Any]:
        """Return a cause: its root, how often it struck, and what came of it."""
        rows = cause.rows
        told = self.sign(cause.root)
        known = told["id"] is not None or cause.root.name
        if not known and rows:
            told |= {"id": rows[0], "File_Name": self._name(rows[0])}
        elif not known and cause.root.rows_left and cause.root.stage in self._due:
            line = self._due[cause.root.stage]
            told |= {"id": line["id"], "File_Name": line["File_Name"]}
        return {
            "class": cause.domain.name,
            "domain": cause.domain.number,
            "class_meaning": cause.domain.meaning,
            **told,
            "level": cause.level,
            "rows": len(rows),
            "because": list(cause.because),
            "failures": _grouped(cause.signs),
            "consequences": _grouped(cause.consequences),
        }

    def _name(self, row: int | None) -> str:
        return str(self._lines[row]["File_Name"]) if row is not None and row in self._lines else ""

    def _log_line(self, sign: Sign) -> str:
        """Return the line of the run's log that tells of the sign, the gravest of several."""
        position, journal = sign.place.position, self._journal
        if journal is None or not position or sign.type in ("damage", "AttemptStarted"):
            return ""
        try:
            (recorded,) = journal.read_all(after=position - 1, until=position)
            lines = lines_of(journal, recorded)
        except (JournalError, ValueError):
            return ""
        urgent = (one for one in lines if "[ERROR]" in one or "[RETRY-FAIL]" in one)
        return next(urgent, lines[-1] if lines else "")


def _grouped(signs: Iterable[Sign]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[Sign]] = {}
    for one in signs:
        groups.setdefault((one.stage, one.code), []).append(one)
    return [
        {
            "stage": stage,
            "code": code,
            "meaning": FAILURES[code].meaning if code in FAILURES else "",
            "times": len(members),
            "rows": len({one.row for one in members if one.row is not None}),
            "first_position": members[0].place.position or None,
        }
        for (stage, code), members in groups.items()
    ]


def lines_of_rows(seen: Seen, causes: Iterable[Cause]) -> dict[int, dict[str, Any]]:
    """Return the lines of the queue, by id, of the rows that causes hit."""
    rows = {row for cause in causes for row in cause.rows}
    return {line["id"]: line for line in seen.models.queue(rows)}


def due_rows(seen: Seen, causes: Iterable[Cause]) -> dict[str, Line]:
    """Return the first row that waits for each stage that paused, where one does."""
    found: dict[str, Line] = {}
    for stage in sorted({one.stage for cause in causes for one in cause.signs if one.rows_left}):
        waits = waiting_for(stage)
        query = f"SELECT id, File_Name FROM review_queue WHERE {waits} ORDER BY id LIMIT 1"  # noqa: S608
        for line in seen.models.query(query):
            found[stage] = line
    return found


def waiting_for(stage: str) -> str:
    """Return the condition in SQL for rows of `review_queue` that wait for a stage, or a saga."""
    if stage not in STAGES:
        return f"next_action LIKE 'photojournal {stage} %'"
    left = "('due', 'stale', 'interrupted', 'failed')"
    return f"{stage}_status IN {left} AND next_action != ''"


def impact_of(
    causes: Iterable[Cause], lines: Mapping[int, Line], due: Mapping[str, Line]
) -> list[dict[str, Any]]:
    """Return how many rows were hit, by stage, code and status now; then what was left due."""
    hit: dict[tuple[str, str, str], dict[int | str, str]] = {}
    left: dict[tuple[str, str], int] = {}
    for one in (sign for cause in causes for sign in (*cause.signs, *cause.consequences)):
        if one.row is not None:
            line = lines.get(one.row, {})
            status = str(line.get("Review_Status", "unknown"))
            name = str(line.get("File_Name", ""))
            hit.setdefault((one.stage, one.code, status), {})[one.row] = name
        elif one.name:
            hit.setdefault((one.stage, one.code, "refused"), {})[one.name] = one.name
        elif one.rows_left:
            left[one.stage, one.code] = left.get((one.stage, one.code), 0) + one.rows_left
    told = []
    for key, rows in hit.items():
        numbers = [row for row in rows if isinstance(row, int)]
        named = _first_of(len(rows), next(iter(numbers), None), next(iter(rows.values())))
        told.append(_hit(*key) | named | {"ids": sorted(numbers)})
    for (stage, code), number in left.items():
        first = due.get(stage, {"id": None, "File_Name": ""})
        status = "left due" if stage in due else "was left due"
        named = _first_of(number, first["id"], first["File_Name"])
        told.append(_hit(stage, code, status) | named | {"ids": []})
    return told


def _hit(stage: str, code: str, status: str) -> dict[str, Any]:
    return {"stage": stage, "code": code, "status": status}


def _first_of(rows: int, number: int | None, name: str) -> dict[str, Any]:
    return {"rows": rows, "id": number, "File_Name": name}
