"""
What counts of a row of the predecessor's queue, and who it is from.

The queue does not say who wrote a text: a model, one of six passes of rules, or a person. So a text
is a person's only where a person's approval of it was kept, and else counts as the model's, seen by
nobody. Texts that the predecessor put there for want of any are none.
"""

from driver.old_queue import OldRow
from machine.text import is_blank, normalise
from machine.values import Author, Past, Score, Text

PREDECESSOR = "predecessor"
"""What its model and its scorer are called here: which they were is unknown."""
APPROVED = "MANUAL_APPROVED"
"""`manual_decision` of a text that a person let pass as it is."""
_NO_SCORES = "ScoringFailed"
_EMPTY_BRISQUE = 100.0


def past_of(row: OldRow) -> Past:
    """Return what is adopted of a row, and what is left out and why."""
    text, why = _text(row)
    scores, lacking = _scores(row)
    by_person = row.decision == APPROVED
    author = Author(kind="human") if by_person else Author(kind="model", name=PREDECESSOR)
    return Past(
        row=row.id,
        status=row.status,
        text=text,
        author=author if text else None,
        grounded=by_person and text is not None,
        scores=scores,
        qr=row.qr if scores else None,
        notes=tuple(note for note in (why, lacking) if note),
    )


def _text(row: OldRow) -> tuple[Text | None, str]:
    """Return the text, else why there is none: caption and alt text belong together."""
    text, labels = row.text, row.labels
    caption = f"{labels.subject} in {labels.location}"
    alt_text = f"{labels.subject} {labels.location} {labels.category}"
    if is_blank(text.caption) or is_blank(text.alt_text):
        return None, "it had no text"
    if normalise(text.caption) == normalise(caption):
        return None, "its caption was a placeholder"
    if normalise(text.alt_text) == normalise(alt_text):
        return None, "its alt text was a placeholder"
    return text, ""


def _scores(row: OldRow) -> tuple[tuple[Score, ...], str]:
    """Return the scores; those of a photo that could not be read mean nothing."""
    if row.scores and (row.qc_status == _NO_SCORES or _of_nothing(row.scores)):
        return (), "its scores were those of a photo that could not be read"
    return tuple(
        Score(metric=metric, value=value, implementation=PREDECESSOR, device="unknown")
        for metric, value in row.scores.items()
    ), ""


def _of_nothing(scores: dict[str, float]) -> bool:
    """Tell whether these are the numbers that the predecessor gave an unreadable photo."""
    plain = ("blur_score", "brightness_score", "contrast_score")
    zero = all(scores.get(metric) == 0 for metric in plain)
    return zero and scores.get("brisque_score", _EMPTY_BRISQUE) >= _EMPTY_BRISQUE
