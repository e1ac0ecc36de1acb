"""What a file name may hold, and what makes two names the same."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.naming import day_of, name_key, slug, time_of, year


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


@pytest.mark.parametrize(
    ("date_time", "day", "time"),
    [
        ("2024:05:01 05:10:09", ("2024", "05", "01"), "051009"),
        ("2024-05-01T23:59:59", ("2024", "05", "01"), "235959"),
        ("2024:05:01", ("2024", "05", "01"), ""),
        ("2024:05:01 24:00:00", ("2024", "05", "01"), ""),
        ("2024:13:01 05:10:00", ("2024", "", ""), ""),
        ("2024:00:00 00:00:00", ("2024", "", ""), ""),
        ("0000:05:01 05:10:00", ("", "", ""), ""),
        ("", ("", "", ""), ""),
    ],
)
def test_a_day_and_a_time_are_there_or_unknown(
    date_time: str, day: tuple[str, str, str], time: str
) -> None:
    """Half a date is no date."""
    assert (day, time) == (day_of(date_time), time_of(date_time))


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
