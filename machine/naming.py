"""
File names: `Subject_Location_Category_Photography_Camera_Year_NNN.JPG`.

Source of the scheme: the predecessor's published names, so that a site's numbering goes on. A part
that is unknown is left out, never invented. Names are safe for FTP, URLs and Windows.
"""

import re
import unicodedata

from machine.values import Labels, Metadata

MAX_LENGTH = 150
"""Characters of a file name with its extension (source: the predecessor)."""
EXTENSION = ".JPG"
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])$")
_KEPT_HYPHEN = re.compile(r"(?<=[A-Za-z])-(?=\d)|(?<=\d)-(?=[A-Za-z])")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_NUMBER_ROOM = len("_99999") + len(EXTENSION)
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ø": "o",
        "Ø": "O",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ł": "l",
        "Ł": "L",
        "ı": "i",
        "&": " and ",
        "\0": " ",
    }
)
"""Letters that Unicode does not take apart into a plain one and an accent."""


def slug(text: str) -> str:
    """
    Return `text` as words joined by `_`: letters, digits, and a hyphen between the two (F-16).

    Accents are kept as plain letters, `&` becomes `and`, everything else separates words.
    """
    text = _KEPT_HYPHEN.sub("\0", text.translate(_LETTERS))
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
    )
    words = re.sub(r"[^A-Za-z0-9\0]+", "_", plain).strip("_\0")
    return words.replace("\0", "-")


def _capitalised(token: str) -> str:
    return "_".join(word[:1].upper() + word[1:] for word in token.split("_"))


def series(labels: Labels, metadata: Metadata, original_stem: str) -> str:
    """
    Return the name without number and extension: what all photos of one series share.

    Falls back to the original's name when nothing at all is known about the photo.
    """
    category = _capitalised(slug(labels.category))
    if category and "photography" not in category.casefold():
        category += "_Photography"
    tail = [
        _capitalised(slug(labels.location)),
        category,
        slug(metadata.camera),
        year(metadata.date_time),
    ]
    room = MAX_LENGTH - _NUMBER_ROOM - sum(len(part) + 1 for part in tail if part)
    subject = slug(labels.subject)[: max(room, 0)].strip("_-")
    name = "_".join(part for part in (subject, *tail) if part)
    name = name or slug(original_stem) or "Photo"
    name = name[: MAX_LENGTH - _NUMBER_ROOM].strip("_-")
    return f"{name}_" if _RESERVED.match(name) else name


def year(date_time: str) -> str:
    """Return the year of an EXIF time as four digits; empty when it is not known."""
    found = re.match(r"(?!0000)[0-9]{4}(?=[:\-])", date_time)
    return found.group() if found else ""


def numbered(series_name: str, number: int) -> str:
    """Return the file name of the `number`-th photo of a series."""
    return f"{series_name}_{number:03d}{EXTENSION}"


def number_in(series_name: str, key: str) -> int | None:
    """Return the number of a reserved name (as its key) in a series; None for another series."""
    found = re.fullmatch(re.escape(name_key(series_name)) + r"_([0-9]{3,})", key)
    return int(found.group(1)) if found else None


def unsafe(file_name: str) -> str:
    """Return why a file name is not safe for FTP, URLs and Windows; empty when it is."""
    stem = file_name.removesuffix(EXTENSION)
    if stem == file_name:
        return f"it does not end in {EXTENSION}"
    if len(file_name) > MAX_LENGTH:
        return f"it has {len(file_name)} characters, at most {MAX_LENGTH} are safe"
    if not _SAFE.fullmatch(stem):
        return "letters, digits, _ and - are safe everywhere, others are not"
    if _RESERVED.match(stem):
        return "Windows keeps this name for a device"
    return ""


def name_key(stem: str) -> str:
    """Return what makes two stems the same name: normalised, without case (NFC, casefold, NFC)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())
