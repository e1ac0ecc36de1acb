"""Texts beside what is known: camera, file names, places."""

import pytest

from machine.values import Labels
from machine.wording import About
from tests.machine.captions import PLAIN, codes

OWN = About(
    labels=PLAIN.labels,
    camera=("Canon EOS 5D Mark III", "EF24-105mm f/4L IS USM"),
    names=("20240501_PH-BXA.jpg", "Old_harbour_Rotterdam_Cityscape_2008_001.JPG"),
)


@pytest.mark.parametrize(
    "caption",
    [
        "A camera on a tripod overlooks the quay.",
        "A canon in robes walks past.",
        "Pachelbel's Canon is played on the quay.",
        "Snow lies on Mount Olympus.",
        "A lorry on the A7 passes an apple tree.",
        "A Canon sign hangs above the shop.",
        "A 20 mm gun on the deck, 50 mm of rain.",
        "An ISO 9001 certificate hangs on the wall.",
    ],
)
def test_no_camera(caption: str) -> None:
    """Cameras, clergy, music and mountains can be in a picture."""
    assert "camera_in_text" not in codes(caption, OWN)


@pytest.mark.parametrize(
    "caption",
    [
        "Cranes, taken with a Canon.",
        "Cranes, Canon EOS 5D.",
        "Cranes, EOS 5D.",
        "Cranes through the EF24-105mm lens.",
        "Cranes by a Sony A7R.",
        "Cranes at f/4, ISO 400.",
    ],
)
def test_a_camera(caption: str) -> None:
    """The photo's own, or any with its model, or the exposure."""
    assert "camera_in_text" in codes(caption, OWN)


def test_a_camera_of_the_labels_is_no_fault() -> None:
    """Who photographs cameras may say so."""
    about = About(labels=Labels(subject="Canon EOS 5D"), camera=("Canon EOS 5D",))
    assert "camera_in_text" not in codes("A Canon EOS 5D on a table.", about)


@pytest.mark.parametrize(
    "caption",
    [
        "Old harbour, Rotterdam, 2008.",
        "A Boeing 747 in 1999.",
        "Flight PH-BXA lands.",
        "Tram 12.",
        "F-16",
    ],
)
def test_no_file_name(caption: str) -> None:
    """A name is made of ordinary words, too, and of a year."""
    assert "file_name_in_text" not in codes(caption, OWN)


@pytest.mark.parametrize(
    "caption",
    ["Cranes 001", "DSC_0123", "See IMG2001.", "old_harbour", "dawn.jpg", "Cranes 20240501"],
)
def test_a_file_name(caption: str) -> None:
    """What only a file is called."""
    assert "file_name_in_text" in codes(caption, OWN)


@pytest.mark.parametrize(
    ("language", "caption"),
    [
        ("en", "Cranes in Rotterdam."),
        ("en", "Cranes in the Netherlands."),
        ("en", "A church in Gothic style in May."),
        ("en", "A runner in Nike shoes near KLM staff."),
        ("en", "Trains wait at Central Station."),
        ("en", "Ships At Rest In Morning Light On Calm Water"),
        ("en", "A Boeing in Singapore Airlines livery."),
        ("en", "A kick at the Goal line."),
        ("nl", "Kranen in Nederland in Delfts blauw."),
        ("nl", "Kranen op Koningsdag in de regen."),
        ("de", "Kräne in Reihe am Kai bei Nacht."),
        ("de", "Ein Hamburger und ein Wiener auf dem Teller."),
        ("ja", "日本庭園の池にローマ字の看板が立つ。"),
        ("ja", "ロッテルダムの港で船が休む。"),
    ],
)
def test_no_invented_location(language: str, caption: str) -> None:
    """Known places, and capitals that are no places."""
    assert "invented_location" not in codes(caption, language=language)


@pytest.mark.parametrize(
    ("language", "caption"),
    [
        ("en", "In Amsterdam four cranes stand."),
        ("en", "Cranes at Schiphol Airport."),
        ("en", "Cranes in New York during a storm."),
        ("en", "Cranes at dusk, London."),
        ("en", "Cranes in the United States."),
        ("nl", "Kranen in Den Helder."),
        ("de", "Kräne in der Schweiz."),
        ("ja", "大阪市の港で船が休む。"),
    ],
)
def test_an_invented_location(language: str, caption: str) -> None:
    """A model does not know where a photo was taken."""
    assert "invented_location" in codes(caption, language=language)


def test_a_place_is_known_under_its_other_names() -> None:
    """And by its country, and from the original's name."""
    cologne = About(labels=Labels(location="Köln"), names=("munich_2008.jpg",))
    for caption in ("Cranes in Cologne.", "Cranes in Germany.", "Cranes in München."):
        assert "invented_location" not in codes(caption, cologne)
    assert "invented_location" in codes("Cranes in Berlin.", cologne)
