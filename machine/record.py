"""The published record of a row: 26 columns in the formats of the site's table."""

from msgspec.structs import fields

from machine.row import Row, rating_of
from machine.values import Record, Text

SCORE_COLUMNS = (
    "nima_score",
    "blur_score",
    "brightness_score",
    "contrast_score",
    "brisque_score",
    "clip_aesthetic_score",
    "qr",
)
"""Columns of a record that are empty until the photo was scored."""


def record_of(row: Row, path: str, thumb_path: str) -> Record:
    """
    Return what `photos_info` says about `row` once it is published.

    Args:
        row: an approved row; its approved text is used, its labels, metadata, rating and newest
            scores.
        path: public URL of the web picture, spaces as %20.
        thumb_path: public URL of the thumb.
    """
    decided, metadata = row.decided, row.decided.photo.metadata
    text: Text = decided.decision.text
    qr, tier = rating_of(decided)
    scores = {score.metric: round(score.value, 4) for score in decided.score.scores}
    return Record(
        folder=decided.labels.category,
        file_name=row.happened.file_name,
        path=path,
        thumb_path=thumb_path,
        date_time=metadata.date_time or None,
        camera=metadata.camera or None,
        lens_model=metadata.lens_model or None,
        width=metadata.width_px,
        height=metadata.height_px,
        exposure=metadata.exposure or None,
        aperture=metadata.aperture or None,
        iso=metadata.iso,
        focal_length=metadata.focal_length or None,
        keywords=", ".join(text.keywords),
        caption=text.caption,
        alt_text=text.alt_text,
        location=decided.labels.location,
        subject=decided.labels.subject,
        nima_score=scores.get("nima_score"),
        blur_score=scores.get("blur_score"),
        brightness_score=scores.get("brightness_score"),
        contrast_score=scores.get("contrast_score"),
        brisque_score=scores.get("brisque_score"),
        clip_aesthetic_score=scores.get("clip_aesthetic_score"),
        qr=qr,
        qc_status=tier,
    )


def differing(one: Record, other: Record) -> tuple[str, ...]:
    """Return the names of the columns in which two records differ."""
    return tuple(
        field.encode_name
        for field in fields(Record)
        if getattr(one, field.name) != getattr(other, field.name)
    )
