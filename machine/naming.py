"""
What a file name may hold: it is safe for FTP, URLs and Windows.

How names are made of what is known about a photo stands in `machine.name_template`.
"""

import re
import unicodedata

MAX_LENGTH = 150
"""Characters of a file name with its extension (source: the predecessor)."""
EXTENSION = ".JPG"
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])$")
_KEPT_HYPHEN = re.compile(r"(?<=[A-Za-z])-(?=\d)|(?<=\d)-(?=[A-Za-z])")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
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


def capitalised(token: str) -> str:
    """Return a slug with the first letter of each word as a capital."""
    return "_".join(word[:1].upper() + word[1:] for word in token.split("_"))


def year(date_time: str) -> str:
    """Return the year of an EXIF time as four digits; empty when it is not known."""
    found = re.match(r"(?!0000)[0-9]{4}(?=[:\-])", date_time)
    return found.group() if found else ""


def day_of(date_time: str) -> tuple[str, str, str]:
    """Return year, month and day of an EXIF time; month and day empty where they cannot be."""
    found = re.match(r"[0-9]{4}[:-](0[1-9]|1[0-2])[:-](0[1-9]|[12][0-9]|3[01])(?![0-9])", date_time)
    known = year(date_time)
    return (known, found.group(1), found.group(2)) if known and found else (known, "", "")


def time_of(date_time: str) -> str:
    """Return the time of day of an EXIF time as six digits; empty when it is not known."""
    if not day_of(date_time)[2]:
        return ""
    clock = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?![0-9])"
    found = re.match(clock, date_time[len("2024:05:01 ") :])
    return "".join(found.groups()) if found else ""


def is_device(stem: str) -> bool:
    """Tell whether Windows keeps a name for a device, whatever its extension."""
    return bool(_RESERVED.match(stem))


def unsafe(file_name: str) -> str:
    """Return why a file name is not safe for FTP, URLs and Windows; empty when it is."""
    stem = file_name.removesuffix(EXTENSION)
    if stem == file_name:
        return f"it does not end in {EXTENSION}"
    if len(file_name) > MAX_LENGTH:
        return f"it has {len(file_name)} characters, at most {MAX_LENGTH} are safe"
    if not _SAFE.fullmatch(stem):
        return "letters, digits, _ and - are safe everywhere, others are not"
    if is_device(stem):
        return "Windows keeps this name for a device"
    return ""


def name_key(stem: str) -> str:
    """Return what makes two stems the same name: normalised, without case (NFC, casefold, NFC)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())
