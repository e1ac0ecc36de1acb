"""What can be said about a text without looking at the picture: the blocking rules, and helpers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.text import in_ranges, is_blank, normalise, sound
from machine.values import Text
from machine.wording import findings


def codes(text: Text, *, blocking: bool = False) -> list[str]:
    """Return the findings' codes, all or the blocking ones."""
    return [found.code for found in findings(text) if found.blocking or not blocking]


GOOD = Text(
    caption="Four cranes stand in a row along the quay at dawn.",
    alt_text="Four cranes at dawn",
    keywords=("sea", "sky", "ship", "crane", "quay", "dawn"),
)


def with_alt(length: int) -> Text:
    """Return a text with an alt text of so many characters."""
    return Text(caption=GOOD.caption, alt_text="x" * length, keywords=GOOD.keywords)


def test_a_good_text_has_no_findings() -> None:
    """Nothing to say."""
    assert [] == codes(GOOD)


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u200b", "\ufeff", "\u00a0"])
def test_a_blank_text_blocks(blank: str) -> None:
    """What nobody can see is not a text."""
    text = Text(caption=blank, alt_text=blank, keywords=GOOD.keywords)
    assert ["caption_empty", "alt_text_empty"] == codes(text, blocking=True)


@pytest.mark.parametrize(
    ("length", "found", "blocks"),
    [(125, False, False), (126, True, False), (250, True, False), (251, True, True)],
)
def test_a_long_alt_text_is_told_and_above_250_blocks(
    length: int, found: bool, blocks: bool
) -> None:
    """A listener has to hear it to the end."""
    assert found is ("alt_text_long" in codes(with_alt(length)))
    assert blocks is ("alt_text_long" in codes(with_alt(length), blocking=True))


def test_a_caption_that_repeats_the_alt_text_is_told() -> None:
    """Case and punctuation make no difference; it does not block."""
    text = Text(caption="Four cranes!", alt_text="four  CRANES", keywords=GOOD.keywords)
    assert "caption_equals_alt_text" in codes(text)
    assert [] == codes(text, blocking=True)


@pytest.mark.parametrize(
    "keywords", [(), ("a", "b"), ("a", "A", "b", "c", "d", "e"), ("a", "b", " "), ("", "-")]
)
def test_fewer_than_six_different_keywords_are_told(keywords: tuple[str, ...]) -> None:
    """Blanks and repetitions are no keywords."""
    text = Text(caption=GOOD.caption, alt_text=GOOD.alt_text, keywords=keywords)
    assert "keywords_few" in codes(text)
    assert [] == codes(text, blocking=True)


def test_an_emoji_is_a_text() -> None:
    """Whoever wants it."""
    assert not is_blank("🌊")


def test_rows_that_follow_each_other_are_told_as_a_range() -> None:
    """In order, each once, whatever order they come in."""
    assert "" == in_ranges([])
    assert "3, 7-9, 11" == in_ranges([9, 7, 3, 8, 11, 8])
    assert "1-2" == in_ranges([2, 1])


@settings(deadline=None)
@given(st.text())
def test_normalised_twice_is_normalised_once(text: str) -> None:
    """Texts are compared by it."""
    assert normalise(normalise(text)) == normalise(text)


@settings(deadline=None)
@given(st.text(st.characters()))
def test_sound_texts_can_be_stored_and_stay_as_they_are(text: str) -> None:
    """Only halves of characters are replaced."""
    sound(text).encode()
    assert len(text) == len(sound(text))
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert text == sound(text)
