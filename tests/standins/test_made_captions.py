"""Made-up captions: different for different pictures, and of the shape that is asked for."""

import hashlib
import itertools
import json

import pytest
from rapidfuzz import fuzz, process

from tests.standins.made_captions import as_asked, language_of, said_about

KEYS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(500)]
ALIKE = 90.0
"""Percent; texts above it would pass for the same."""


@pytest.mark.parametrize("language", ["en", "nl", "de", "ja"])
def test_five_hundred_pictures_have_five_hundred_captions_that_are_not_alike(language: str) -> None:
    captions = [said_about(key, language).caption for key in KEYS]
    alike = process.cdist(captions, captions, scorer=fuzz.ratio)
    nearest = max(alike[one][other] for one, other in itertools.combinations(range(len(KEYS)), 2))
    assert len(set(captions)) == len(KEYS)
    assert nearest < ALIKE


@pytest.mark.parametrize("language", ["en", "nl", "de"])
def test_texts_have_the_length_of_good_ones(language: str) -> None:
    for key in KEYS:
        said = said_about(key, language)
        assert 9 <= len(said.caption.split()) <= 14, said.caption
        assert 6 <= len(said.alt_text.split()) <= 12, said.alt_text
        assert len(set(said.keywords)) == 8
        assert said.places == ()


@pytest.mark.parametrize("language", ["en", "nl", "de", "ja"])
def test_an_alt_text_is_not_the_caption_again(language: str) -> None:
    said = [said_about(key, language) for key in KEYS]
    assert max(fuzz.ratio(one.caption, one.alt_text) for one in said) < ALIKE


def test_a_picture_has_the_same_texts_every_time() -> None:
    assert said_about(KEYS[0]) == said_about(KEYS[0])


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Describe what you see.", "en"),
        ("Write in Dutch.", "nl"),
        ("Write all texts in German, not in English.", "de"),
        ("Antworte auf Deutsch.", "de"),
        ("language: ja", "ja"),
        ("日本語で書いてください。", "ja"),
    ],
)
def test_the_prompt_names_the_language(prompt: str, language: str) -> None:
    assert language_of(prompt) == language


def test_a_schema_is_obeyed() -> None:
    schema = {
        "type": "object",
        "properties": {
            "keywords": {"$ref": "#/$defs/Words"},
            "caption": {"type": "string", "maxLength": 20},
            "certain": {"type": "boolean"},
            "kind": {"enum": ["photo", "drawing"]},
        },
        "$defs": {"Words": {"type": "array", "items": {"type": "string"}, "maxItems": 3}},
    }
    value = json.loads(as_asked(said_about(KEYS[0]), schema))
    assert list(value) == ["keywords", "caption", "certain", "kind"]
    assert (len(value["caption"]), value["certain"], value["kind"]) == (20, True, "photo")


def test_without_a_schema_it_is_plain_text() -> None:
    assert as_asked(said_about(KEYS[0]), None) == said_about(KEYS[0]).caption
