"""Text decoded with the wrong encoding is put right, and other text is left alone."""

import pytest

from adapters.mojibake import MOJIBAKE
from machine.values import Text
from machine.wording import clean

NAME, mended = MOJIBAKE


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("SchÃ¶nbrunn bei DÃ¤mmerung", "Schönbrunn bei Dämmerung"),
        ("CafÃ© near the quay", "Café near the quay"),
        ("The shipâ€™s bell", "The ship’s bell"),
        ("GrÃ¼ÃŸe von der BrÃ¼cke", "Grüße von der Brücke"),
    ],
)
def test_a_wrong_encoding_is_put_right(broken: str, right: str) -> None:
    """UTF-8 that was read as Windows-1252."""
    assert right == mended(broken)


@pytest.mark.parametrize(
    "text",
    ["", "Schönbrunn", "“Quotes” – and dashes…", "Full width", "Ã", "港のクレーン。", "&amp; <br>"],
)
def test_other_text_is_left_alone(text: str) -> None:
    """Quotes, wide letters and HTML are the affair of others."""
    assert text == mended(text)


def test_it_comes_first_and_is_told() -> None:
    """Before rules that would take its signs for words."""
    cleaned = clean(Text(caption="CafÃ© at dusk"), frozenset(), (MOJIBAKE,))
    assert "Café at dusk." == cleaned.text.caption
    assert ["mojibake", "final_stop"] == [change.rule for change in cleaned.changes]
