"""File names: the scheme, what is left out, and what no name may contain."""

import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.naming import MAX_LENGTH, name_key, number_in, numbered, series, slug, unsafe, year
from machine.values import Labels, Metadata

CAMERA = Metadata(camera="Canon EOS R5", date_time="2024:05:01 05:10:00")


@pytest.mark.parametrize(
    ("labels", "metadata", "expected"),
    [
        (
            Labels(category="harbour", subject="Tower cranes", location="rotterdam"),
            CAMERA,
            "Tower_cranes_Rotterdam_Harbour_Photography_Canon_EOS_R5_2024",
        ),
        (
            Labels(category="Cityscape Photography", subject="dawn"),
            CAMERA,
            "dawn_Cityscape_Photography_Canon_EOS_R5_2024",
        ),
        (Labels(subject="Dawn"), Metadata(), "Dawn"),
        (Labels(location="Den Haag"), Metadata(), "Den_Haag"),
        (Labels(), CAMERA, "Canon_EOS_R5_2024"),
        (Labels(), Metadata(), "DSC_0042"),
        (Labels(subject="🌊"), Metadata(date_time="0000:00:00 00:00:00"), "DSC_0042"),
        (Labels(subject="Rock & Roll"), Metadata(date_time="2024"), "Rock_and_Roll"),
        (Labels(subject="F-16 over Zürich"), Metadata(), "F-16_over_Zurich"),
        (Labels(subject="CON"), Metadata(), "CON_"),
        (Labels(subject="../../etc/passwd"), Metadata(), "etc_passwd"),
    ],
)
def test_unknown_parts_are_left_out_and_nothing_is_invented(
    labels: Labels, metadata: Metadata, expected: str
) -> None:
    """No camera, year or place that nobody knows."""
    assert expected == series(labels, metadata, "DSC_0042")


def test_a_photo_without_a_single_letter_still_has_a_name() -> None:
    """The original's name may be nothing that a server can keep."""
    assert "Photo" == series(Labels(), Metadata(), "東京")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a  --  b  ", "a_b"),
        ('O\'Hare "gate" 4/5', "O_Hare_gate_4_5"),
        ("PH-BXA", "PH_BXA"),
        ("F-16", "F-16"),
        ("747-400F", "747_400F"),
        ("Boeing-747", "Boeing-747"),
        ("Zu\u0308rich", "Zurich"),
        ("Z\u00fcrich", "Zurich"),
        ("Tromsø, Straße, Łódź, Æsir", "Tromso_Strasse_Lodz_Aesir"),
        ("ﬁne № 5", "fine_No_5"),
        ("a\0b", "a_b"),
        ("new\nline", "new_line"),
        ("٢٠٢٤", ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_slugs(text: str, expected: str) -> None:
    """Plain letters, digits, and hyphens between a letter and a digit."""
    assert expected == slug(text)


@pytest.mark.parametrize(
    ("date_time", "expected"),
    [
        ("2024:05:01 05:10:00", "2024"),
        ("2024-05-01", "2024"),
        ("0000:00:00 00:00:00", ""),
        ("    :  :     :  :  ", ""),
        ("٢٠٢٤:05:01", ""),
        ("202", ""),
        ("", ""),
    ],
)
def test_a_year_is_four_digits_or_unknown(date_time: str, expected: str) -> None:
    """Never today's."""
    assert expected == year(date_time)


@settings(deadline=None)
@given(
    labels=st.builds(
        Labels,
        category=st.text(max_size=200),
        subject=st.text(max_size=300),
        location=st.text(max_size=200),
    ),
    camera=st.text(max_size=100),
    original=st.text(max_size=100),
    number=st.integers(1, 99_999),
)
def test_every_name_is_safe(labels: Labels, camera: str, original: str, number: int) -> None:
    """At most 150 characters, ASCII, no device of Windows, no path; its number is found again."""
    stem = series(labels, Metadata(camera=camera, date_time="2024:05:01"), original)
    name = numbered(stem, number)
    assert "" == unsafe(name)
    assert len(name) <= MAX_LENGTH
    assert set(name) <= set(string.ascii_letters + string.digits + "_-.")
    assert number == number_in(stem, name_key(name.removesuffix(".JPG")))


def test_a_long_subject_gives_way_to_what_is_known_for_sure() -> None:
    """The year and the camera stay."""
    labels = Labels(category="harbour", subject="very " * 60, location="Rotterdam")
    name = numbered(series(labels, CAMERA, "x"), 1)
    assert len(name) <= MAX_LENGTH
    assert name.endswith("_Rotterdam_Harbour_Photography_Canon_EOS_R5_2024_001.JPG")


def test_numbers_have_three_digits_and_go_on_after_999() -> None:
    """A series has no end."""
    assert "Dawn_001.JPG" == numbered("Dawn", 1)
    assert "Dawn_1000.JPG" == numbered("Dawn", 1000)
    assert 10_000 == number_in("Dawn", "dawn_10000")
    assert number_in("Dawn", "dawn_over_water_001") is None
    assert number_in("Dawn", "dawn_01") is None


def test_names_that_a_file_system_may_take_for_the_same_are_the_same() -> None:
    """Case and composition do not make another name."""
    composed, taken_apart = "Zürich", unicodedata.normalize("NFD", "Zürich")
    assert composed != taken_apart
    assert name_key(composed) == name_key(taken_apart) == name_key("ZÜRICH")
    assert name_key("Straße") == name_key("STRASSE")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_the_key_of_a_name_is_its_own_key(stem: str) -> None:
    """Whoever normalises twice gets the same stream."""
    key = name_key(stem)
    assert key == name_key(key) == name_key(unicodedata.normalize("NFD", stem))
