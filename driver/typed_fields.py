"""What a person typed about a row, and what stood there then: shared by edits and drafts."""

from msgspec import Struct

from machine.values import Labels


class TypedFields(Struct, frozen=True, kw_only=True):
    """What was typed; None: that field was left alone."""

    caption: str | None = None
    alt_text: str | None = None
    keywords: tuple[str, ...] | None = None
    category: str | None = None
    subject: str | None = None
    location: str | None = None
    based_on: str = ""
    """`text_digest` of the texts that the person saw."""
    seen: Labels | None = None
    """The labels that the person saw; None: nobody says."""
