"""What can be said about a text without looking at the picture."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.text import findings, is_blank, normalise, sound
from machine.values import Text


def codes(text: Text, *, blocking: bool = False) -> list[str]:
    """Return the findings' codes, all or the blocking ones."""
    return [found.code for found in findings(text) if found.blocking or not blocking]


GOOD = Text(caption="Cranes", alt_text="Four cranes at dawn", keywords=("sea", "sky", "ship"))


def with_alt(length: int) -> Text:
    """Return a text with an alt text of so many characters."""
    return Text(caption="Cranes", alt_text="x" * length, keywords=GOOD.keywords)


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
    assert (["caption_equals_alt_text"], []) == (codes(text), codes(text, blocking=True))


@pytest.mark.parametrize("keywords", [(), ("a", "b"), ("a", "A", "b"), ("a", "b", " "), ("", "-")])
def test_fewer_than_three_different_keywords_are_told(keywords: tuple[str, ...]) -> None:
    """Blanks and repetitions are no keywords."""
    text = Text(caption="Cranes", alt_text="Four cranes", keywords=keywords)
    assert (["keywords_few"], []) == (codes(text), codes(text, blocking=True))


def test_an_emoji_is_a_text() -> None:
    """Whoever wants it."""
    assert not is_blank("🌊")


@settings(deadline=None)
@given(st.text(), st.text())
def test_findings_never_fail(caption: str, alt_text: str) -> None:
    """Whatever was typed."""
    findings(Text(caption=caption, alt_text=alt_text, keywords=(caption, alt_text)))
    assert normalise(normalise(caption)) == normalise(caption)


@settings(deadline=None)
@given(st.text(st.characters()))
def test_sound_texts_can_be_stored_and_stay_as_they_are(text: str) -> None:
    """Only halves of characters are replaced."""
    sound(text).encode()
    assert len(text) == len(sound(text))
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert text == sound(text)
