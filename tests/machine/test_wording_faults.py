"""One fault planted in a good text is found, and nothing else is."""

from typing import Any

import pytest
from msgspec.structs import replace

from machine.wording import findings
from tests.machine.captions import sample

LONG = {
    "en": " and gulls circle above the boats that come in one after another with the tide",
    "nl": " terwijl meeuwen boven de boten cirkelen die met het tij naar binnen varen vandaag",
    "de": ", während Möwen über den Booten kreisen, welche nacheinander heimkehren am späten Abend",
    "ja": "波の向こうには白い灯台があり、遠くの山が薄く霞み、鳥の群れが空の高い所を横切る。",
}

FAULTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "en": [
        ("caption_empty", {"caption": " "}),
        ("alt_text_empty", {"alt_text": "\u200e"[:0]}),
        ("caption_short", {"caption": "A heron by the reeds."}),
        ("caption_long", {"caption": "{caption}" + LONG["en"] * 2}),
        ("alt_text_short", {"alt_text": "Heron standing"}),
        (
            "alt_text_wordy",
            {
                "alt_text": "A big bird is on one leg in a bay, by a reed " * 2
                + "as we go by it to sea"
            },
        ),
        (
            "alt_text_long",
            {
                "alt_text": (
                    "Extraordinarily elongated heron standing motionless amidst tremendously"
                    " overgrown reedbeds surrounding waterlogged meadowlands yesterday"
                )
            },
        ),
        ("keywords_few", {"keywords": ("heron", "bird", "reeds", "water", "Heron")[:4]}),
        ("keywords_many", {"keywords": tuple(f"word {n}" for n in "abcdefghijklmnop")}),
        ("keywords_repeated", {"keywords": ("a", "b", "c", "d", "e", "f", "A.")}),
        ("caption_equals_alt_text", {"caption": "{alt_text}!"}),
        ("lead_in", {"caption": "A photo of a heron that stands in shallow water at dawn."}),
        ("lead_in", {"alt_text": "The image shows a heron in shallow water."}),
        (
            "lead_in",
            {"caption": "A heron stands in the water. In this picture it is looking left."},
        ),
        (
            "file_name_in_text",
            {"caption": "A heron stands in shallow water near the reeds, DSC_0123."},
        ),
        ("file_name_in_text", {"alt_text": "A heron in the water 0123"}),
        (
            "camera_in_text",
            {"caption": "A heron stands in shallow water, taken with a Canon EOS 5D."},
        ),
        ("camera_in_text", {"alt_text": "A heron in shallow water at f/2.8"}),
        ("uncertain", {"alt_text": "What appears to be a heron in water."}),
        ("uncertain", {"caption": "A heron stands in shallow water, possibly waiting for a fish."}),
        (
            "invented_location",
            {"caption": "A heron stands in shallow water in Amsterdam as mist hangs."},
        ),
        ("invented_location", {"alt_text": "A heron near Windermere Lake"}),
        ("repeated_words", {"alt_text": "A heron in the the water"}),
        ("repeated_words", {"alt_text": "A heron in the water in the water"}),
        ("control_characters", {"alt_text": "A heron\u200b in the water"}),
        (
            "wrong_language",
            {"caption": "Een reiger staat in het water en kijkt naar de vissen van de sloot."},
        ),
        ("wrong_language", {"alt_text": "浅瀬に立つアオサギと朝霧の葦原。"}),
        (
            "template_phrase",
            {"caption": "A beautiful view of a heron that stands in shallow water."},
        ),
        ("suspicious_context", {"alt_text": "A heron in front of skyscrapers"}),
        ("markup", {"alt_text": "A **heron** in the water"}),
        ("markup", {"caption": "Caption: A grey heron stands in the shallow water."}),
    ],
    "nl": [
        ("caption_short", {"caption": "Een reiger in het water."}),
        ("caption_long", {"caption": "{caption}" + LONG["nl"] * 2}),
        ("lead_in", {"caption": "Een foto van een reiger die in ondiep water staat te wachten."}),
        ("lead_in", {"alt_text": "Op deze foto staat een reiger."}),
        ("file_name_in_text", {"alt_text": "Een reiger in het water IMG_2001"}),
        ("camera_in_text", {"alt_text": "Een reiger, genomen met een Canon"}),
        ("uncertain", {"alt_text": "Een vogel, waarschijnlijk een reiger"}),
        ("uncertain", {"alt_text": "Een vogel die op een vis lijkt te wachten"}),
        ("invented_location", {"alt_text": "Een reiger in het water bij Giethoorn"}),
        ("repeated_words", {"alt_text": "Een reiger in het het water"}),
        (
            "wrong_language",
            {"caption": "A grey heron stands in the shallow water with mist behind it."},
        ),
        ("wrong_language", {"alt_text": "Ein Reiher steht im Wasser und wartet auf einen Fisch"}),
        ("template_phrase", {"alt_text": "Een prachtig uitzicht op een reiger"}),
        ("suspicious_context", {"alt_text": "Een reiger voor wolkenkrabbers"}),
        ("markup", {"alt_text": "Een reiger<br>in het water"}),
    ],
    "de": [
        ("caption_short", {"caption": "Ein Reiher im Wasser."}),
        ("caption_long", {"caption": "{caption}" + LONG["de"] * 2}),
        (
            "lead_in",
            {"caption": "Das Bild zeigt einen Reiher, der reglos im flachen Wasser steht."},
        ),
        ("lead_in", {"alt_text": "Auf dem Foto steht ein Reiher."}),
        ("file_name_in_text", {"alt_text": "Ein Reiher im Wasser, reiher.jpg"}),
        ("camera_in_text", {"alt_text": "Ein Reiher, fotografiert mit Nikon D850"}),
        ("uncertain", {"alt_text": "Ein Vogel, vermutlich ein Reiher"}),
        ("uncertain", {"alt_text": "Ein Vogel, der zu schlafen scheint, wohl ein Reiher"}),
        ("invented_location", {"alt_text": "Ein Reiher am Wasser in München"}),
        ("repeated_words", {"alt_text": "Ein Reiher in dem dem Wasser"}),
        (
            "wrong_language",
            {"caption": "A grey heron stands in the shallow water with mist behind it."},
        ),
        ("template_phrase", {"alt_text": "Reiher in einer Landschaft, idyllische Atmosphäre"}),
        ("suspicious_context", {"alt_text": "Ein Reiher vor Hochhäusern"}),
        ("markup", {"alt_text": "Ein Reiher &amp; ein Frosch"}),
    ],
    "ja": [
        ("caption_short", {"caption": "水辺のアオサギ。"}),
        ("caption_long", {"caption": "{caption}" + LONG["ja"] * 2}),
        ("alt_text_short", {"alt_text": "青い鷺"}),
        (
            "lead_in",
            {"caption": "この写真は、浅瀬に立つ一羽のアオサギと朝霧の漂う葦原をとらえている。"},
        ),
        ("lead_in", {"alt_text": "浅瀬に立つアオサギの写真。"}),
        ("file_name_in_text", {"alt_text": "浅瀬に立つアオサギ DSC_0123"}),
        ("camera_in_text", {"alt_text": "浅瀬に立つアオサギ、Canon EOS 5Dで撮影"}),
        ("uncertain", {"alt_text": "浅瀬に立つ鳥、おそらくアオサギ。"}),
        ("invented_location", {"alt_text": "パリの街の浅瀬に立つアオサギ。"}),
        ("invented_location", {"alt_text": "東京で浅瀬に立つアオサギ。"}),
        ("repeated_words", {"alt_text": "浅瀬に浅瀬に浅瀬に立つ鳥。"}),
        (
            "wrong_language",
            {"caption": "A grey heron stands in the shallow water with mist behind it."},
        ),
        ("wrong_language", {"keywords": ("heron", "bird", "reeds", "water", "mist", "dawn")}),
        ("template_phrase", {"alt_text": "息をのむような浅瀬のアオサギ。"}),
        ("suspicious_context", {"alt_text": "高層ビルの前に立つアオサギ。"}),
        ("markup", {"alt_text": "**浅瀬**に立つアオサギ。"}),
    ],
}


@pytest.mark.parametrize(
    ("language", "code", "fault"),
    [(language, code, fault) for language, every in FAULTS.items() for code, fault in every],
)
def test_a_planted_fault_is_found_alone(language: str, code: str, fault: dict[str, Any]) -> None:
    """The finding that was meant, and no other."""
    one = sample(language)
    whole = {"caption": one.text.caption.rstrip(".。"), "alt_text": one.text.alt_text.rstrip(".。")}
    planted = {
        field: value.format(**whole) if isinstance(value, str) else value
        for field, value in fault.items()
    }
    found = findings(replace(one.text, **planted), one.about)
    assert [code] == [each.code for each in found], found
