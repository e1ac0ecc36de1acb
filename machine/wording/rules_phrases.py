"""Rules about manners of speaking, by the lists of a language's pack."""

import re

from machine.values import Finding
from machine.wording.packs.shape import Phrases
from machine.wording.reading import Reading
from machine.wording.words import Part

_SENTENCE = re.compile(r"[.!?]\s+|[。!?]\s*")


def lead_in(reading: Reading) -> Finding | None:
    """
    A sentence talks about the picture instead of what is in it.

    Everybody knows that it is a picture, a listener above all: a screen reader says so. Found:
    `A photo of a heron`, `The image shows a quay`, `Op deze foto`, `夕暮れの港の写真`. Not found:
    `Photograph: Harbour at dusk`, where it says that nobody looked, and `holding a photo of`.
    """
    pack = reading.pack
    for part in reading.parts:
        found = None
        gated = pack.lead_gates and pack.lead_gates.isdisjoint(part.folded)
        if pack.lead_in is not None and not gated:
            found = _at_a_start(pack.lead_in, part.text)
        if found is None and pack.lead_out is not None:
            found = pack.lead_out.search(part.text)
        if found is not None:
            return _told("lead_in", part, found.group())
    return None


def uncertain(reading: Reading) -> Finding | None:
    """
    A guess is worded as a guess. It is refused, never turned into a claim by dropping the word.

    Found: `appears to be a heron`, `possibly`, `waarschijnlijk`, `vermutlich`, `おそらく`.
    Not found: `the sun appears above the ridge`, `the might of the waves`, `die Sonne scheint`.
    """
    return _phrase("uncertain", reading, reading.pack.uncertain)


def template_phrase(reading: Reading) -> Finding | None:
    """
    A stock phrase that would fit any photo. A warning.

    Found: `a beautiful view of`, `captures the essence`, `serene sfeer`, `malerische Szene`.
    """
    return _phrase("template_phrase", reading, reading.pack.template)


def _at_a_start(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = pattern.match(text.lstrip(" \"'“„«「(") if text[:1] in " \"'“„«「(" else text)
    if found is not None:
        return found
    for end in _SENTENCE.finditer(text):
        found = pattern.match(text, end.end())
        if found is not None:
            return found
    return None


def _phrase(code: str, reading: Reading, phrases: Phrases) -> Finding | None:
    for part in reading.parts:
        found = phrases.first(part)
        if found:
            return _told(code, part, found)
    return None


def _told(code: str, part: Part, found: str) -> Finding:
    return Finding(code=code, detail=f"{part.name}: {found}")
