"""What the other rules find and, as important, what they let pass."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.values import Labels, Text, TextLimits
from machine.wording import About, clean, findings, pack_of, refusing
from machine.wording.judging import RULES, WARNINGS
from tests.machine.captions import PLAIN, SIX, codes


@pytest.mark.parametrize(
    "caption",
    [
        "He had had enough.",
        "Palms on Bora Bora.",
        "Again and again and again.",
        "Lines 12 12.",
        "A red car, a red bus",
    ],
)
def test_no_repetition(caption: str) -> None:
    """What stands twice in good sentences."""
    assert "repeated_words" not in codes(caption)


@pytest.mark.parametrize(
    "caption",
    [
        "The the quay.",
        "A quay quay.",
        "By the old quay by the old quay.",
        "Boat by boat, boat or boat and boat",
    ],
)
def test_a_repetition(caption: str) -> None:
    """A model that stammers."""
    assert "repeated_words" in codes(caption)


@pytest.mark.parametrize(
    "caption", ["A 👩‍🚀 smiles", "Flag 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "one\u00a0two", "a\nb", "क्‍ष"]
)
def test_no_control_character(caption: str) -> None:
    """Joiners that belong there, and spaces."""
    assert "control_characters" not in codes(caption, language="und")


@pytest.mark.parametrize(
    "char",
    [
        "\x00",
        "\x1b",
        "\x85"[:0] + "\x9b",
        "\u200b",
        "\u202e",
        "\u2066",
        "\ufffd",
        "\ufeff",
        "\u200d",
        "\u00ad",
    ],
)
def test_a_control_character(char: str) -> None:
    """In a word."""
    assert "control_characters" in codes(f"A cra{char}ne")


@pytest.mark.parametrize(
    "caption", ["Fish & chips", "5 < 7", "Bus #1", "Time: 12:30", "A [sic] sign", "{set}"]
)
def test_no_markup(caption: str) -> None:
    """Signs that people write."""
    assert "markup" not in codes(caption)


@pytest.mark.parametrize(
    "caption",
    [
        "**Crane**",
        "```json",
        '{"caption": "Crane"',
        "Crane<br>",
        "Crane &amp; quay",
        "Crane\\n",
        "Alt text: crane",
        "# Crane",
        "`crane`",
        "[a](b)",
    ],
)
def test_markup(caption: str) -> None:
    """Leftovers."""
    assert "markup" in codes(caption)


@pytest.mark.parametrize(
    ("language", "caption", "found"),
    [
        ("ja", "Four cranes at dawn", True),
        ("en", "夜明けの四基のクレーン", True),
        ("ja", "KLMのボーイング", False),
        ("zh", "夕暮れの港に並ぶ古い船", True),
        ("zh", "黄昏时分的港口停着四艘旧船", False),
        ("ja", "黄昏时分的港口停着四艘旧船岸边有红色的桥梁和灯光映在水面上", True),
        ("ko", "새벽의 네 대의 크레인", False),
        ("ru", "Четыре крана на рассвете", False),
        ("ru", "Four cranes at dawn", True),
        ("uk", "Четыре крана и рыба на рассвете", True),
        ("el", "Τέσσερις γερανοί την αυγή", False),
        ("ar", "أربع رافعات عند الفجر", False),
        ("he", "ארבעה עגורנים עם שחר", False),
        ("th", "ปั้นจั่นสี่ตัวยามรุ่งอรุณ", False),
        ("hi", "भोर में चार क्रेनें", False),
        ("hi", "Four cranes at dawn", True),
        ("fr", "Quatre grues sur le quai de la ville au lever du jour, avec des bateaux", False),
        ("fr", "The cranes of the harbour with ships and boats", True),
        ("sv", "En kran och ett skepp i hamnen vid en brygga", False),
        ("nl", "Der Kran steht auf dem Kai und hebt eine Kiste", True),
        ("de", "De kraan staat op het plein van een dorp", True),
        ("en", "Museum Van Loon on the Herengracht", False),
        ("und", "夜明け the kraan", False),
        ("tlh", "夜明け", False),
    ],
)
def test_the_language_is_the_one_asked_for(language: str, caption: str, found: bool) -> None:
    """By script, and where that says nothing, by small words."""
    text = Text(caption=caption, language=language)
    assert found is ("wrong_language" in {one.code for one in findings(text)})


def test_a_town_in_nature_is_a_warning() -> None:
    """And the reverse; labels that name both are silent."""
    nature = About(labels=Labels(category="Nature"))
    both = About(labels=Labels(category="Nature", subject="City birds"))
    assert "suspicious_context" in codes("Skyscrapers behind a reed.", nature)
    assert "suspicious_context" not in codes("Skyscrapers behind a reed.", both)
    street = About(labels=Labels(category="Street photography"))
    assert "suspicious_context" in codes("A glacier behind a crane.", street)
    assert "suspicious_context" not in codes("A glacier behind a crane.", PLAIN)


def test_limits_are_those_that_are_given() -> None:
    """The configurable part."""
    limits = TextLimits(caption_words_min=1, alt_text_words_min=1, keywords_min=1)
    text = Text(caption="Cranes", alt_text="Quay", keywords=("sea",))
    assert () == findings(text, About(limits=limits))
    assert ["caption_short", "alt_text_short", "keywords_few"] == [x.code for x in findings(text)]


def test_each_rule_is_named_after_its_finding_and_says_why() -> None:
    """The documents and the program use the same names."""
    assert 22 == len({rule.__name__ for rule in RULES})
    assert {rule.__name__ for rule in RULES} > WARNINGS
    assert all("Found" in (rule.__doc__ or "") for rule in RULES)


def test_only_warnings_are_accepted() -> None:
    """And not even those that block."""
    text = Text(caption="Maybe a crane", alt_text="x " * 70, keywords=SIX)
    found = findings(text)
    assert "alt_text_long" in {one.code for one in found}
    assert "alt_text_long" not in {one.code for one in refusing(found)}
    blocking = findings(Text(caption="Crane", alt_text="x " * 130, keywords=SIX))
    assert "alt_text_long" in {one.code for one in refusing(blocking)}


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en-GB", "English"),
        ("nl", "Dutch"),
        ("de_AT", "German"),
        ("JA", "Japanese"),
        ("fr", ""),
        ("", ""),
    ],
)
def test_a_language_tells_its_pack(language: str, name: str) -> None:
    """Empty: neutral rules alone."""
    assert name == pack_of(language)


LANGUAGES = st.sampled_from(["en", "nl", "de", "ja", "zh", "fr", "ru", "und", ""])


@settings(deadline=None)
@given(st.text(), st.text(), st.lists(st.text()), LANGUAGES)
def test_findings_never_fail(caption: str, alt_text: str, words: list[str], language: str) -> None:
    """Whatever was typed, and each rule speaks at most once."""
    about = About(
        labels=Labels(subject=alt_text, location=caption), names=(caption,), camera=(alt_text,)
    )
    text = Text(caption=caption, alt_text=alt_text, keywords=tuple(words), language=language)
    for known in (None, about):
        found = [one.code for one in findings(text, known)]
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("piece", ["1", "a-", "In A b ", "a_", "港", "on the quay ", "{ ", ". "])
def test_a_text_without_end_takes_no_time_without_end(piece: str) -> None:
    """A model that stammers is refused, and does not stop the program."""
    text = Text(caption=piece * 4000, alt_text=piece * 4000)
    findings(text, PLAIN)
    clean(text, frozenset({"F-16"}))
