"""What the rules may know about a row beside its text."""

from msgspec import Struct

from machine.row import Row
from machine.values import Labels, TextLimits


class About(Struct, frozen=True, kw_only=True):
    """The facts beside a text. Everything is optional: a rule that lacks its fact says nothing."""

    labels: Labels = Labels()
    names: tuple[str, ...] = ()
    """File names of the photo, the original's included."""
    camera: tuple[str, ...] = ()
    """Camera and lens, as the file names them."""
    language: str = ""
    """BCP 47, as asked; empty: the text's own."""
    limits: TextLimits = TextLimits()


def about(row: Row, *, language: str = "", limits: TextLimits | None = None) -> About:
    """Return what is known about `row`."""
    happened, metadata = row.happened, row.decided.photo.metadata
    return About(
        labels=row.decided.labels,
        names=tuple(name for name in (happened.original_name, happened.file_name) if name),
        camera=tuple(one for one in (metadata.camera, metadata.lens_model) if one),
        language=language,
        limits=limits or TextLimits(),
    )
