"""
The report on the texts: what quality control says about them, and which rows say the same.

`data/prefill_qc_last.json` is written at the end of each prefill and after edits, before anything
is published. It names the run that asked for it and, for each flagged row, the digest of the text
that it speaks about: a report on a text that has changed since can be told from one that has not.
It informs; what keeps a row from approval are the findings that block.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from machine.digests import digest_of
from machine.row import Row
from machine.status import review_status
from machine.text import normalise
from machine.values import Text
from projections.log_files import replace_text

SAMPLE = 12
"""Ids named in the summary; the flagged list has all."""

_WAITING = ("Queued", "Error", "Quarantined", "Pending")
"""Review_Status of a row whose text nobody has approved yet."""


def _pair(text: Text) -> str:
    caption, alt_text = normalise(text.caption), normalise(text.alt_text)
    return f"{caption}|{alt_text}" if caption and alt_text else ""


def _keywords(text: Text) -> str:
    return "|".join(sorted({normalise(word) for word in text.keywords} - {""}))


_SIGNATURES: dict[str, Callable[[Text], str]] = {
    "duplicate_caption_exact": lambda text: normalise(text.caption),
    "duplicate_alt_exact": lambda text: normalise(text.alt_text),
    "duplicate_keywords_signature": _keywords,
    "duplicate_pair_exact": _pair,
}
"""Reason -> what two texts have in common when it holds; empty texts are equal to nothing."""


def report(rows: Iterable[Row], *, run_id: str, position: int) -> dict[str, Any]:
    """
    Return the report on the texts of all rows that wait for a decision.

    Args:
        rows: any rows; those without a text, approved, rejected or published are left out.
        run_id: the run that asks.
        position: the head of the journal that `rows` are as of.
    """
    pending = [row for row in rows if _has_open_text(row)]
    pending.sort(key=lambda row: row.happened.row)
    reasons: dict[int, list[str]] = {row.happened.row: _found(row) for row in pending}
    summary: dict[str, Any] = {"row_count": len(pending)}
    for reason, signature in _SIGNATURES.items():
        groups = _groups(pending, signature)
        name = reason.split("_")[1]
        summary[f"{name}_dup_groups"] = len(groups)
        summary[f"{name}_dup_rows"] = sum(map(len, groups))
        for number in (number for group in groups for number in group):
            reasons[number].append(reason)
    flagged = [
        _flagged(row, reasons[row.happened.row]) for row in pending if reasons[row.happened.row]
    ]
    duplicate = [one for one in flagged if any(r.startswith("duplicate_") for r in one["reasons"])]
    summary |= {
        "duplicate_rows_total": len(duplicate),
        "suspicious_rows": sum(
            any(not r.startswith("duplicate_") for r in one["reasons"]) for one in flagged
        ),
        "flagged_rows_total": len(flagged),
        "sample_ids": [one["id"] for one in flagged[:SAMPLE]],
    }
    return {"run_id": run_id, "position": position, "summary": summary, "flagged": flagged}


def write(path: Path, found: dict[str, Any]) -> None:
    """Write a report to `path`, wholly or not at all."""
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    replace_text(path, f"{text}\n", durable=True)


def _has_open_text(row: Row) -> bool:
    waits = row.decided.intake and review_status(row) in _WAITING
    return waits and row.decided.prefill.text != Text()


def _found(row: Row) -> list[str]:
    return [finding.code for finding in row.decided.prefill.findings]


def _groups(rows: Iterable[Row], signature: Callable[[Text], str]) -> list[list[int]]:
    """Return the ids of rows whose texts have the same signature, two or more each."""
    groups: dict[str, list[int]] = {}
    for row in rows:
        key = signature(row.decided.prefill.text)
        if key:
            groups.setdefault(key, []).append(row.happened.row)
    return [group for group in groups.values() if len(group) > 1]


def _flagged(row: Row, reasons: list[str]) -> dict[str, Any]:
    labels, text = row.decided.labels, row.decided.prefill.text
    return {
        "id": row.happened.row,
        "file_name": row.happened.file_name,
        "subject": labels.subject,
        "location": labels.location,
        "reasons": reasons,
        "text_digest": digest_of(text),
    }
