"""
The report on the texts: what quality control says about them, and which photos say the same.

`data/prefill_qc_last.json` is written at the end of each prefill and after edits, before anything
is published. It is made anew each time, with the rules of today. It names the run that asked for
it and, for each flagged row, the digest of the text that it speaks about: a report on a text that
has changed since can be told from one that has not. It informs; what keeps a row from approval are
the findings that block.

Looked at are the rows that wait: for a decision, or approved for publication. What visitors read is
only compared with. A person's waiver covers what the rules say about that very text, and nothing
about other photos that come to say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from machine.digests import digest_of, text_digest
from machine.row import Row
from machine.run_events import QcReported
from machine.status import publication_due, review_status
from machine.values import Finding, Text, TextLimits
from machine.wording import RULES_VERSION, about, findings
from projections.duplicates import EXACT, KINDS, NEAR, Group, Said, duplicates
from projections.log_files import replace_text

SAMPLE = 12
"""Ids named in the summary and beside a duplicate; lists and groups have all."""

WAITING = ("Queued", "Error", "Quarantined", "Pending")
"""Review_Status of a row whose text nobody has approved yet."""

_NAMES = dict(
    zip(EXACT, ("caption", "alt", "keywords", "pair"), strict=True),
)
"""Of the equal texts, as the summary counts them."""
_NEAR_NAMES = dict(zip(NEAR, ("caption", "alt", "keywords"), strict=True))

_OWN = ("run_id", "at", "position")
"""What differs between two reports that say the same."""


class Occasion(Struct, frozen=True, kw_only=True):
    """Who asks, when, and what texts are to be like."""

    run_id: str
    at: str
    """UTC, as the journal writes it."""
    position: int
    """The head of the journal that the rows are as of."""
    language: str = ""
    limits: TextLimits = TextLimits()
    written: frozenset[int] = frozenset()
    """Rows whose newest text this run had a model write."""
    echoed: frozenset[int] = frozenset()
    """Rows that got no text in this run, since the model gave that of another photo."""
    by_models: frozenset[int] = frozenset()
    """Published photos whose text a model wrote; of the rows looked at, the report knows itself."""


class Public(Struct, frozen=True, kw_only=True):
    """What visitors read."""

    rows: Mapping[int, Text] = {}
    """By row."""
    site: Mapping[str, Text] = {}
    """By File_Name: photos that were there before and that no row is behind."""


class _Judged(Struct, frozen=True, kw_only=True):
    """A row that waits, and what the rules of today say about its text."""

    row: Row
    text: Text
    found: tuple[Finding, ...]

    @property
    def number(self) -> int:
        return self.row.happened.row

    @property
    def waived(self) -> bool:
        return bool(self.found) and self.row.decided.prefill.waived == text_digest(self.text)


def report(
    rows: Iterable[Row], occasion: Occasion, published: Public | None = None
) -> dict[str, Any]:
    """
    Return the report on the texts of all rows that wait.

    Args:
        rows: any rows; those that nothing is written about and those that do not wait are left out.
        occasion: who asks, and what is asked of texts.
        published: what visitors read; None: of `rows`.
    """
    rows = list(rows)
    if published is None:
        published = Public(
            rows={row.happened.row: text for row in rows if (text := published_text(row))}
        )
    site = _numbered(published.site)
    waiting = sorted(filter(_waits, rows), key=lambda row: row.happened.row)
    judged = [_judged(row, occasion) for row in waiting]
    said = [Said(one.number, one.text) for one in judged]
    said += [Said(number, text, published=True) for number, text in published.rows.items()]
    said += [Said(number, published.site[name], published=True) for number, name in site.items()]
    groups = duplicates(said)
    shared = _shared(groups, site)
    flagged = [
        _listed(one, () if one.waived else one.found, shared.get(one.number, {}))
        for one in judged
        if (one.found and not one.waived) or one.number in shared
    ]
    waived = [_listed(one, one.found, {}) for one in judged if one.waived]
    summary = {"row_count": len(judged)} | _counted(groups)
    summary["identical_captions"] = _identical(groups, rows, occasion)
    summary |= {
        "suspicious_rows": sum(bool(one.found) and not one.waived for one in judged),
        "duplicate_rows_total": len(shared),
        "flagged_rows_total": len(flagged),
        "waived_rows_total": len(waived),
    }
    return {
        "run_id": occasion.run_id,
        "at": occasion.at,
        "position": occasion.position,
        "rules_version": RULES_VERSION,
        "language": occasion.language,
        "limits": msgspec.to_builtins(occasion.limits),
        "summary": summary | {"sample_ids": [one["id"] for one in flagged[:SAMPLE]]},
        "groups": [_as_json(group, site) for kind in KINDS for group in groups[kind]],
        "flagged": flagged,
        "waived": waived,
    }


def published_text(row: Row) -> Text | None:
    """Return what visitors read about `row`."""
    record = row.happened.record
    return text_of_record(record.caption, record.alt_text, record.keywords) if record else None


def text_of_record(caption: str, alt_text: str, keywords: str) -> Text:
    """Return a text as the published table keeps it."""
    words = tuple(word for word in keywords.split(", ") if word)
    return Text(caption=caption, alt_text=alt_text, keywords=words)


def reported(found: Mapping[str, Any]) -> QcReported:
    """Return the event that says what a report came to; equal reports have equal digests."""
    summary = found["summary"]
    return QcReported(
        rules_version=found["rules_version"],
        rows=summary["row_count"],
        flagged=summary["flagged_rows_total"],
        suspicious=summary["suspicious_rows"],
        caption_groups=summary["caption_dup_groups"],
        alt_groups=summary["alt_dup_groups"],
        keyword_groups=summary["keywords_dup_groups"],
        near_groups=sum(summary[f"{name}_near_groups"] for name in _NEAR_NAMES.values()),
        identical_captions=summary["identical_captions"],
        report_digest=digest_of({key: found[key] for key in found if key not in _OWN}),
    )


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write a report to `path`, wholly or not at all."""
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    replace_text(path, f"{text}\n", durable=True)


def _waits(row: Row) -> bool:
    """Tell whether a row has a text that is yet to be approved or to go out."""
    written = row.decided.prefill.author is not None or _text_of(row) != Text()
    undecided = row.decided.intake and review_status(row) in WAITING
    return written and (undecided or publication_due(row))


def _text_of(row: Row) -> Text:
    """Return what would go out: once approved, exactly that."""
    decision = row.decided.decision
    return decision.text if decision.value == "approved" else row.decided.prefill.text


def _judged(row: Row, occasion: Occasion) -> _Judged:
    text = _text_of(row)
    beside = about(row, language=occasion.language, limits=occasion.limits)
    return _Judged(row=row, text=text, found=findings(text, beside))


def _numbered(site: Mapping[str, Text]) -> dict[int, str]:
    """Return the photos of the site by numbers that no row has: below zero."""
    return {-number: name for number, name in enumerate(site, start=1)}


def _shared(
    groups: Mapping[str, Sequence[Group]], site: Mapping[int, str]
) -> dict[int, dict[str, str]]:
    """Return, by row that waits, each way in which it says the same, and as which photos."""
    found: dict[int, dict[str, str]] = {}
    for kind in KINDS:
        for group in groups[kind]:
            for number in group.ids:
                found.setdefault(number, {})[kind] = _others(group, number, site)
    return found


def _others(group: Group, number: int, site: Mapping[int, str]) -> str:
    """Return the other photos of a group in words: `as 2, 3, published 17, site Old_1.JPG`."""
    waiting = [str(one) for one in group.ids[: SAMPLE + 1] if one != number]
    published = [
        f"site {site[one]}" if one in site else f"published {one}"
        for one in group.published_ids[:SAMPLE]
    ]
    named = (waiting + published)[:SAMPLE]
    left = group.photos - 1 - len(named)
    return f"as {', '.join(named)}{f' and {left} more' if left else ''}"


def _counted(groups: Mapping[str, Sequence[Group]]) -> dict[str, int]:
    """Return how many groups there are, and how many rows that wait are in them."""
    found: dict[str, int] = {}
    for kind, name in _NAMES.items():
        found[f"{name}_dup_groups"] = len(groups[kind])
        found[f"{name}_dup_rows"] = sum(len(group.ids) for group in groups[kind])
    for kind, name in _NEAR_NAMES.items():
        found[f"{name}_near_groups"] = len(groups[kind])
        found[f"{name}_near_rows"] = sum(len(group.ids) for group in groups[kind])
    return found


def _identical(
    groups: Mapping[str, Sequence[Group]], rows: Iterable[Row], occasion: Occasion
) -> int:
    """
    Return for how many photos the model of this run may have given one text.

    Those that a model captioned alike, where a text of this run is among them, and those that it
    only repeated another photo's text for. What a person says twice is said on purpose.
    """
    by_models = occasion.by_models | {
        row.happened.row
        for row in rows
        if (author := row.decided.prefill.author) and author.kind == "model"
    }
    found = set(occasion.echoed)
    for group in groups["duplicate_caption_exact"]:
        alike = by_models.intersection((*group.ids, *group.published_ids))
        if len(alike) > 1 and alike & occasion.written:
            found |= alike
    return len(found)


def _listed(one: _Judged, found: Sequence[Finding], shared: Mapping[str, str]) -> dict[str, Any]:
    labels, author = one.row.decided.labels, one.row.decided.prefill.author
    details = {finding.code: finding.detail for finding in found if finding.detail}
    return {
        "id": one.number,
        "file_name": one.row.happened.file_name,
        "subject": labels.subject,
        "location": labels.location,
        "reasons": [*dict.fromkeys(finding.code for finding in found), *shared],
        "details": {**details, **shared},
        "text_digest": text_digest(one.text),
        "text_author": f"{author.kind}:{author.name}".rstrip(":") if author else "",
    }


def _as_json(group: Group, site: Mapping[int, str]) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "ids": list(group.ids),
        "published_ids": [one for one in group.published_ids if one not in site],
        "site": [site[one] for one in group.published_ids if one in site],
        "text": group.text,
    }
