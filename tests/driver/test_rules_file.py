"""Files of rules: what can be written, and how a mistake is told."""

from pathlib import Path

import pytest

from driver.errors import Misused
from driver.rules_file import load_rules
from machine.quality import METRICS, TIERS, WEIGHTS
from machine.values import TextLimits

DOCS = Path(__file__).resolve().parents[2] / "docs" / "replay.md"
NOTHING = "[weights]\n" + "\n".join(f"{metric} = 0" for metric in WEIGHTS)


def template() -> str:
    """Return the file that the documentation shows."""
    return DOCS.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]


def test_the_documentation_shows_the_rules_of_today(tmp_path: Path) -> None:
    """Tiers, weights, limits: whoever copies it begins with what there is."""
    file = tmp_path / "rules.toml"
    file.write_text(template(), encoding="utf-8")
    rules = load_rules(file, TextLimits(keywords_min=99))
    assert (TIERS, dict(WEIGHTS), TextLimits()) == (rules.tiers, rules.weights, rules.limits)
    assert (frozenset(), frozenset()) == (rules.ignored, rules.blocking)


def test_what_is_left_out_is_as_it_is_today(tmp_path: Path) -> None:
    """A key within its table; a table that is not there is not tried at all."""
    file = tmp_path / "rules.toml"
    file.write_text('[tiers]\nTop = 8\n[text]\nignore = ["lead_in"]\n', encoding="utf-8")
    rules = load_rules(file, TextLimits(keywords_min=3))
    assert ((8.0, "Top"), *TIERS[1:]) == rules.tiers
    assert rules.weights is None
    assert TextLimits(keywords_min=3) == rules.limits
    assert {"lead_in"} == rules.ignored


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there is no rule in it: write [tiers], [weights] or [text]"),
        ("tiers = [", "Invalid value"),
        ("[tires]\nTop = 1", ":1: unknown table tires; did you mean tiers?"),
        ("text = 3", ":1: text is a table: write [text], and its keys below"),
        ("[tiers]\n\nTopp = 1", ":3: unknown key Topp; did you mean Top?"),
        ('[tiers]\nLow = 1\nTop = "x"', ":3: Top: Expected `float`, got `str`"),
        ("[tiers]\nTop = true", ":2: Top: Expected `float`, got `bool`"),
        ("[tiers]\nTop = 11", ":2: Top = 11 is no rating: 0 to 10"),
        ("[tiers]\nTop = nan", ":2: Top = nan is no rating: 0 to 10"),
        ("[tiers]\nTop = 6", ":2: Good begins at 6.5, which is not below Top at 6"),
        ("[weights]\nnima_scor = 1", ":2: unknown key nima_scor; did you mean nima_score?"),
        ("[weights]\nnima_score = -1", ":2: nima_score = -1 is no weight: 0 or more"),
        (NOTHING, ":1: every weight is 0: nothing is rated"),
        ("[text]\ncaption_words = [1]", ":2: caption_words: Expected `array` of length 2, got 1"),
        ("[text]\nkeywords = [9, 2]", ":2: keywords = [9, 2]: write the fewest, then the most"),
        ('[text]\nignore = "a"', ":2: ignore: Expected `array`, got `str`"),
        (
            '[text]\nblocking = ["keyword_few"]',
            ":2: there is no finding keyword_few; did you mean keywords_few?",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(tmp_path: Path, text: str, told: str) -> None:
    """And with what may be meant; nothing is judged then."""
    file = tmp_path / "rules.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Misused) as failed:
        load_rules(file, TextLimits())
    assert str(failed.value).startswith(str(file))
    assert told in str(failed.value)
    assert "docs/replay.md" in failed.value.hint


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(Misused, match="No such file"):
        load_rules(tmp_path / "none.toml", TextLimits())


def test_any_metric_may_be_given_a_weight(tmp_path: Path) -> None:
    """Also one that has none today."""
    file = tmp_path / "rules.toml"
    file.write_text("[weights]\ntopiq_nr = 0.5\nblur_score = 0", encoding="utf-8")
    rules = load_rules(file, TextLimits())
    assert rules.weights is not None
    assert set(METRICS) >= set(rules.weights)
    assert (0.5, False) == (rules.weights["topiq_nr"], "blur_score" in rules.weights)
