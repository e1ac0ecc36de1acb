"""Good texts by language, as a careful person would write them, for the tests of the rules."""

from pathlib import Path

from msgspec import Struct

from machine.values import Labels, Text
from machine.wording import About, findings

FOLDER = Path(__file__).parent / "captions"
LANGUAGES = {"en": "english", "nl": "dutch", "de": "german", "ja": "japanese"}


class Sample(Struct, frozen=True):
    """A text, and what is known about its row."""

    text: Text
    about: About


def samples(language: str) -> list[Sample]:
    """Return the texts of one language; four lines each: labels, caption, alt text, keywords."""
    written = (FOLDER / f"{LANGUAGES[language]}.txt").read_text(encoding="utf-8")
    return [_sample(block.splitlines(), language) for block in written.strip().split("\n\n")]


def _sample(lines: list[str], language: str) -> Sample:
    said, caption, alt_text, keywords = lines
    subject, location, category = (each.strip() for each in said.split("|"))
    labels = Labels(subject=subject, location=location, category=category)
    text = Text(
        caption=caption, alt_text=alt_text, keywords=tuple(keywords.split(", ")), language=language
    )
    about = About(
        labels=labels,
        names=("DSC_0123.JPG", "Some_Photography_Canon_EOS_5D_2008_001.JPG"),
        camera=("Canon EOS 5D", "EF24-105mm f/4L IS USM"),
        language=language,
    )
    return Sample(text, about)


EVERY = [(language, at) for language in LANGUAGES for at in range(20)]


def sample(language: str, at: int = 0) -> Sample:
    """Return one text."""
    return samples(language)[at]


SIX = ("crane", "harbour", "quay", "mist", "ship", "dawn")
PLAIN = About(labels=Labels(subject="Old harbour", location="Rotterdam", category="Cityscape"))
CASES = {
    "en": "A crane lifts a box",
    "nl": "Een kraan tilt een kist",
    "de": "Ein Kran hebt eine Kiste",
}


def codes(caption: str, about: About | None = PLAIN, language: str = "en") -> set[str]:
    """Return what is found in a caption that may be short, beside a good alt text."""
    alt_text = {"ja": "岸壁に並ぶ四基のクレーン。"}.get(
        language, CASES.get(language, "Box, crane, 12")
    )
    text = Text(caption=caption, alt_text=alt_text, keywords=SIX, language=language)
    found = {one.code for one in findings(text, about)}
    return {
        code for code in found - {"caption_short"} if language != "ja" or code != "wrong_language"
    }
