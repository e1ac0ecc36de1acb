"""Two texts in one, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.word_diff import word_diff


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ("A cat looks at us", "A ginger cat looks at us", "A{+ ginger+} cat looks at us"),
        ("A cat at sea", "A dog at sea", "A [-cat-]{+dog+} at sea"),
        ("Boats at dusk.", "Boats at dawn, wet.", "Boats at [-dusk-]{+dawn, wet+}."),
        ("a b c", "d e f", "[-a b c-]{+d e f+}"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("same", "same", "same"),
        ("港の夕暮れ", "港の朝", "港の[-夕暮れ-]{+朝+}"),
        ("sea, old harbour", "sea, port", "sea, [-old harbour-]{+port+}"),
    ],
)
def test_what_changed_stands_between_marks(old: str, new: str, both: str) -> None:
    """Whole words; changes with nothing but a blank between them are one."""
    assert both == word_diff(old, new)


_WORDS = st.lists(st.sampled_from(["a", "b", "c", " ", "  ", ",", "é", "海"])).map("".join)


@given(old=_WORDS, new=_WORDS)
def test_both_texts_can_be_read_from_it(old: str, new: str) -> None:
    """Without the marks and what is in the other ones."""
    both = word_diff(old, new)
    assert old == _left(both, "{+", "+}").replace("[-", "").replace("-]", "")
    assert new == _left(both, "[-", "-]").replace("{+", "").replace("+}", "")


def _left(text: str, begin: str, end: str) -> str:
    """Return a text without what stands between two marks."""
    head, *rest = text.split(begin)
    return head + "".join(part.partition(end)[2] for part in rest)
