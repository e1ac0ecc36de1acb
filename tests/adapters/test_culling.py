"""Stars, labels and tags of other programs come in as they were given; nonsense is told."""

from typing import Any

import pytest

from adapters.exif import read_facts
from machine.values import Culling
from tests.adapters.packets import packet
from tests.adapters.photos import encoded, scene, with_exif
from tests.adapters.test_evidence import with_iptc

PLAIN = encoded(scene(64, 48))


def culled(**simple: object) -> Culling:
    return read_facts(PLAIN, packet(**simple)).culling


@pytest.mark.parametrize(
    ("simple", "rating"),
    [
        ({"xmp_Rating": 4}, 4),
        ({"xmp_Rating": "5.0"}, 5),
        ({"xmp_Rating": -1}, -1),
        ({"xmp_Rating": 0}, 0),
        ({"MicrosoftPhoto_Rating": 1}, 1),
        ({"MicrosoftPhoto_Rating": 25}, 2),
        ({"MicrosoftPhoto_Rating": 50}, 3),
        ({"MicrosoftPhoto_Rating": 75}, 4),
        ({"MicrosoftPhoto_Rating": 99}, 5),
        ({"xmp_Rating": 2, "MicrosoftPhoto_Rating": 99}, 2),
        ({"photomechanic_Prefs": "0:0:3:000123"}, 3),
        ({"photomechanic_Prefs": "1:2:0:000123"}, None),
        ({}, None),
    ],
)
def test_stars_are_found_wherever_programs_put_them(
    simple: dict[str, Any], rating: int | None
) -> None:
    """`xmp:Rating` first, then Photo Mechanic's, then per cents."""
    assert rating == culled(**simple).rating


@pytest.mark.parametrize("nonsense", ["6", "-2", "four", "nan", "1e999", "4.5"])
def test_a_rating_that_is_none_is_told_and_left_out(nonsense: str) -> None:
    """Never rounded, never cut to five."""
    facts = read_facts(PLAIN, packet(xmp_Rating=nonsense))
    assert facts.culling.rating is None
    assert "xmp:Rating has no value that makes sense" in facts.metadata.notes


def test_windows_stars_in_exif_count() -> None:
    """Rating, and RatingPercent where it stands alone."""
    assert 3 == read_facts(with_exif({0x4746: 3, 0x4749: 99})).culling.rating
    assert 5 == read_facts(with_exif({0x4749: 99})).culling.rating


def test_photo_mechanics_tag_and_color_class_are_kept() -> None:
    """By their own names, else out of its preferences, in XMP or IPTC."""
    marks = culled(photomechanic_Tagged="True", photomechanic_ColorClass=2, xmp_Label="Rød")
    assert marks == Culling(tagged=True, color_class=2, label="Rød")
    assert culled(photomechanic_Prefs="1:3:5:12") == Culling(tagged=True, color_class=3, rating=5)
    assert culled(photomechanic_Tagged="False", photomechanic_Prefs="1:0:0:1").tagged is False
    in_iptc = read_facts(with_iptc({221: b"1:8:4:000001"})).culling
    assert in_iptc == Culling(tagged=True, color_class=8, rating=4)
