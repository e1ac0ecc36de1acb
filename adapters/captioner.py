"""
The metadata captioner: caption, alt text and keywords from what is known without looking.

Promises: every word comes from the set (subject, location, category), the date in the photo, or
the text that a person wrote into the file; the rest is "Photograph" and punctuation. The same facts
give the same text. The camera is not mentioned: gear is no caption.

What it writes is not grounded: nobody looked at the picture, and the alt text is worded so that it
does not pretend to ("Photograph: Harbour at dusk, Rotterdam, 2008"). Only text that a person wrote
into the file is: it is used as it stands, with the file as author.
"""

import re

from msgspec import Struct

from machine.text import ALT_TEXT_MAX
from machine.values import Author, EmbeddedText, Labels, Metadata, Text

RULE = Author(kind="rule", name="metadata", version="1")
"""Author of what is put together here; the version is raised when the same facts read otherwise."""

NO_EVIDENCE = "nothing shows that a person wrote it"

UNNAMED_WRITER = "embedded text"
"""Stands for the author of a text in a file that names none."""

UNKNOWN_LANGUAGE = "und"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d)")
_LETTER = re.compile(r"[^\W\d_]")


class Caption(Struct, frozen=True, kw_only=True):
    """The texts of a photo, with who wrote them."""

    text: Text
    author: Author
    grounded: bool
    """True: written by somebody who saw the picture."""


def caption(
    labels: Labels, metadata: Metadata, embedded: EmbeddedText, *, language: str = "en"
) -> Caption:
    """
    Write the texts of a photo.

    Args:
        labels: What a person said about the set, in `language`.
        metadata: The camera's facts; only the date is used.
        embedded: What was found inside the file.
        language: BCP 47. In any other language than English, no word is added to the labels and
            the date is written as `2008-05-30`.

    Returns:
        Text of the file, if a person wrote any into it; else text by rule. By rule, there is a
        caption whenever subject, location, category or date is known; if none is, the texts are
        empty, which quality control reports.
    """
    written = person_wrote(embedded)
    keywords = _keywords(labels, embedded)
    speak = _English() if language.partition("-")[0].casefold() == "en" else _Neutral()
    if not written:
        text = Text(
            caption=_caption(labels, metadata, speak),
            alt_text=_alt_text(labels, metadata, speak),
            keywords=keywords,
            language=language,
        )
        return Caption(text=text, author=RULE, grounded=False)
    text = Text(
        caption=written,
        alt_text=_shortened(embedded.alt_text or speak.photograph(written)),
        keywords=keywords,
        language=UNKNOWN_LANGUAGE,
    )
    author = Author(kind="file", name=embedded.writer or UNNAMED_WRITER)
    return Caption(text=text, author=author, grounded=True)


class _Neutral:
    """Adds no word, for languages that this module does not speak."""

    def day(self, year: int, month: int, day: int) -> str:
        """Return the date as text."""
        return f"{year:04}-{month:02}-{day:02}"

    def taken(self, day: str) -> str:
        """Return the sentence for a photo of which only the date is known."""
        return day

    def photograph(self, named: str) -> str:
        """Return an alt text that names the photo."""
        return named


class _English(_Neutral):
    def day(self, year: int, month: int, day: int) -> str:
        return f"{day} {_MONTHS[month - 1]} {year}"

    def taken(self, day: str) -> str:
        return f"Photograph taken on {day}"

    def photograph(self, named: str) -> str:
        return f"Photograph: {named}"


def person_wrote(embedded: EmbeddedText) -> str:
    """Return what a person wrote into the file: caption, title or alt text; empty if nothing."""
    return "" if why_not_counted(embedded) else text_in_file(embedded)


def text_in_file(embedded: EmbeddedText) -> str:
    """Return the text that came with the photo, whoever wrote it; empty if there is none."""
    texts = (embedded.caption, embedded.title, embedded.alt_text)
    return next((text for text in texts if _LETTER.search(text)), "")


def why_not_counted(embedded: EmbeddedText) -> str:
    """Return why the text that came with the photo is no person's; empty: it is, or none came."""
    if not text_in_file(embedded):
        return ""
    return embedded.discounted or ("" if embedded.evidence or embedded.writer else NO_EVIDENCE)


def _caption(labels: Labels, metadata: Metadata, speak: _Neutral) -> str:
    """Return such as `Harbour at dusk, Rotterdam, 30 May 2008.`, in one sentence."""
    named, date = _named(labels), _date(metadata)
    day = speak.day(*date) if date else ""
    if named:
        return f"{', '.join([*named, day] if day else named)}."
    return f"{speak.taken(day)}." if day else ""


def _alt_text(labels: Labels, metadata: Metadata, speak: _Neutral) -> str:
    """Return such as `Photograph: Harbour at dusk, Rotterdam, 2008`; claims to show nothing."""
    named, date = _named(labels), _date(metadata)
    if date:
        named.append(f"{date[0]:04}")
    return _shortened(speak.photograph(", ".join(named))) if named else ""


def _named(labels: Labels) -> list[str]:
    """Return subject and location, where the subject does not say it; else the category."""
    subject, location = _phrase(labels.subject), _phrase(labels.location)
    if location.casefold() in subject.casefold():
        location = ""
    named = [phrase for phrase in (subject, location) if phrase] or [_phrase(labels.category)]
    return [named[0][0].upper() + named[0][1:], *named[1:]] if named[0] else []


def _phrase(label: str) -> str:
    """Return a label as words, without what would end or break a sentence."""
    return " ".join(label.replace("_", " ").split()).strip(" ,.;:")


def _date(metadata: Metadata) -> tuple[int, int, int] | None:
    """Return year, month and day; None if unknown."""
    match = _DATE.match(metadata.date_time)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups())
    return (year, month, day) if 1 <= month <= len(_MONTHS) else None


def _keywords(labels: Labels, embedded: EmbeddedText) -> tuple[str, ...]:
    """Return the file's keywords, then subject, places and category, each once."""
    places = labels.location.replace("_", " ").split(",")
    kept: dict[str, str] = {}
    for word in (*embedded.keywords, labels.subject, *places, labels.category):
        phrase = _phrase(word) if word not in embedded.keywords else word
        if phrase:
            kept.setdefault(phrase.casefold(), phrase)
    return tuple(kept.values())


def _shortened(alt_text: str) -> str:
    """Return an alt text on one line, cut so that it is not refused for its length."""
    line = " ".join(alt_text.split())
    if len(line) <= ALT_TEXT_MAX:
        return line
    cut = line[: ALT_TEXT_MAX - 1]
    word_end = cut.rfind(" ")
    return (cut[:word_end] if word_end > ALT_TEXT_MAX // 2 else cut) + "…"
