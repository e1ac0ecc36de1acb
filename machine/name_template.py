"""
The template of file names: `{subject}_{location}_{folder_photography}_{camera}_{year}_{number}`.

A template is letters, digits, `_` and `-` around fields. What is not known about a photo is left
out with its separator, never invented. All photos whose names differ in the number alone are one
series. Whatever the labels are, the name is safe for FTP, URLs and Windows, with at most
`MAX_LENGTH` characters: long parts give way, the subject first. The same facts give the same name.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from machine.naming import (
    EXTENSION,
    MAX_LENGTH,
    capitalised,
    day_of,
    is_device,
    name_key,
    slug,
    time_of,
)
from machine.values import Labels, Metadata

PREDECESSORS = "{subject}_{location}_{folder_photography}_{camera}_{year}_{number}"
"""The default (source: the predecessor's published names, so that a site's numbering goes on)."""

FIELDS = {
    "subject": "what was photographed",
    "location": "where that was",
    "folder": "the category",
    "folder_photography": "the category, then Photography unless it says so itself",
    "camera": "make and model",
    "year": "four digits",
    "month": "two digits",
    "day": "two digits",
    "date": "such as 20240501",
    "time": "such as 051000",
    "original": "the name of the file that came in",
    "number": "counts within the series, from 001",
}
"""What a template may hold, and what each field stands for."""

LITERALS_MAX = 60
"""Characters outside of fields: they never give way, and the fields need room."""
_GIVE_WAY = ("subject", "original", "location", "folder_photography", "folder", "camera")
"""Fields of any length, in the order in which they are cut where a name is too long."""
_ROOM = MAX_LENGTH - len(EXTENSION) - len("99999")
_PART = re.compile(r"\{([^{}]*)\}|([^{}]+)|[{}]")


class Series(Struct, frozen=True):
    """What the names of a series share: all but the number."""

    before: str
    """What stands before the number."""
    after: str = ""

    def file_name(self, number: int) -> str:
        """Return the file name of the `number`-th photo."""
        return f"{self.before}{number:03d}{self.after}{EXTENSION}"

    def number_of(self, key: str) -> int | None:
        """Return the number of a reserved name (as its key); None for another series."""
        before, after = re.escape(name_key(self.before)), re.escape(name_key(self.after))
        found = re.fullmatch(rf"{before}([0-9]{{3,}}){after}", key)
        return int(found.group(1)) if found else None


class NameTemplate(Struct, frozen=True):
    """A template that was checked."""

    parts: tuple[tuple[str, str], ...]
    """Field (empty: none) and text between fields (empty: none), in their order."""

    def series(self, labels: Labels, metadata: Metadata, original_stem: str) -> Series:
        """
        Return the series that a photo belongs to.

        Falls back to the original's name where nothing that the template asks for is known.
        """
        values = _values(labels, metadata, original_stem)
        before, after = self._fitting(values)
        if not before.strip("_-") and not after.strip("_-") and len(self.parts) > 1:
            stem = (slug(original_stem) or "Photo")[: _ROOM - 1].strip("_-")
            before, after = f"{stem}_", ""
        # `CON_001` is no device, yet `CON*` is what careless programs look for.
        return Series(f"{before}_" if is_device(before.rstrip("_-")) else before, after)

    def _fitting(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Fill in the values; where that is too long, cut one after the other."""
        cut = dict(values)
        for name in _GIVE_WAY:
            before, after = self._filled(cut)
            too_many = len(before) + len(after) - _ROOM
            if too_many <= 0:
                return before, after
            if any(field == name for field, _ in self.parts):
                cut[name] = cut[name][: max(len(cut[name]) - too_many, 0)].strip("_-")
        return self._filled(cut)

    def _filled(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Return what stands before and after the number, separators of what is missing dropped."""
        text = "".join(
            "\0" if field == "number" else values[field] if field else literal
            for field, literal in self.parts
        )
        text = re.sub(r"([_-])[_-]+", r"\1", text).strip("_-")
        before, _, after = text.partition("\0")
        return before, after


def _values(labels: Labels, metadata: Metadata, original_stem: str) -> dict[str, str]:
    folder = capitalised(slug(labels.category))
    named = "photography" in folder.casefold()
    year, month, day = day_of(metadata.date_time)
    return {
        "subject": slug(labels.subject),
        "location": capitalised(slug(labels.location)),
        "folder": folder,
        "folder_photography": f"{folder}_Photography" if folder and not named else folder,
        "camera": slug(metadata.camera),
        "year": year,
        "month": month,
        "day": day,
        "date": f"{year}{month}{day}" if day else "",
        "time": time_of(metadata.date_time),
        "original": slug(original_stem),
    }


def parse(text: str) -> NameTemplate:
    """
    Return a template.

    Raises:
        ValueError: a field is unknown, there twice, or `{number}` is missing; or a character would
            not be safe in a file name.
    """
    parts = []
    for found in _PART.finditer(text):
        field, literal = found.groups()
        if field is None and literal is None:
            msg = f"a brace is not one of a pair: {_there()}"
            raise ValueError(msg)
        if field is not None and field not in FIELDS:
            msg = f"`{{{field}}}` is no field: {_there()}"
            raise ValueError(msg)
        if literal and not re.fullmatch(r"[A-Za-z0-9_-]+", literal):
            wrong = re.sub(r"[A-Za-z0-9_-]", "", literal)[0]
            msg = f"{wrong!a} is not safe in a file name; letters, digits, _ and - are"
            raise ValueError(msg)
        parts.append((field or "", literal or ""))
    _check([field for field, _ in parts if field], sum(len(literal) for _, literal in parts))
    return NameTemplate(tuple(parts))


def _check(fields: list[str], literals: int) -> None:
    if twice := sorted({field for field in fields if fields.count(field) > 1}):
        msg = f"`{{{twice[0]}}}` stands there twice"
        raise ValueError(msg)
    if "number" not in fields:
        msg = f"`{{number}}` is missing, which tells the photos of a series apart: {_there()}"
        raise ValueError(msg)
    if literals > LITERALS_MAX:
        msg = f"{literals} characters outside of fields; at most {LITERALS_MAX} leave room for them"
        raise ValueError(msg)


def _there() -> str:
    return "there are " + " ".join(f"{{{name}}}" for name in FIELDS)
