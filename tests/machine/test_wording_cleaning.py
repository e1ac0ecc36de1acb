"""Cleaning mends what can be mended without touching the meaning."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.values import Change, Labels, Text
from machine.wording import About, clean, protected_words
from machine.wording.lists import listed

KEPT = frozenset({"quay–side", "iPhone", "sea,sky", "the the"})


def caption(text: str, language: str = "en", protected: frozenset[str] = frozenset()) -> str:
    """Return a caption after cleaning."""
    return clean(Text(caption=text, language=language), protected).text.caption


def rules(text: str, language: str = "en") -> list[str]:
    """Return the rules that changed a caption."""
    return [change.rule for change in clean(Text(caption=text, language=language), KEPT).changes]


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("spaces", " Two  cranes\nat\u00a0dusk. ", "Two cranes at dusk."),
        ("hyphens", "Two cranes – at dusk.", "Two cranes, at dusk."),
        ("hyphens", "Two cranes - at dusk.", "Two cranes, at dusk."),
        ("hyphens", "Two cranes—at dusk.", "Two cranes, at dusk."),
        ("hyphens", "A well‑known crane.", "A well-known crane."),
        ("quotes", '"Two cranes at dusk.', "Two cranes at dusk."),
        ("quotes", "Two cranes at dusk.”", "Two cranes at dusk."),
        ("quotes", "„Two cranes at dusk.", "Two cranes at dusk."),
        ("punctuation_spacing", "Two cranes , at dusk.", "Two cranes, at dusk."),
        ("punctuation_spacing", "Two cranes,at dusk.", "Two cranes, at dusk."),
        ("punctuation_spacing", "Two cranes.Dusk falls.", "Two cranes. Dusk falls."),
        ("punctuation_spacing", "Two cranes,, at dusk!!", "Two cranes, at dusk!"),
        ("punctuation_spacing", "Two cranes at dusk..", "Two cranes at dusk."),
        ("punctuation_spacing", "Two cranes at dusk,.", "Two cranes at dusk."),
        ("doubled_words", "The the cranes.", "The cranes."),
        ("doubled_words", "Two cranes cranes.", "Two cranes."),
        ("doubled_words", "By the quay by the quay.", "By the quay."),
        ("final_stop", "Two cranes at dusk", "Two cranes at dusk."),
        ("final_stop", "Two cranes at dusk,", "Two cranes at dusk."),
        ("final_stop", "Two cranes (at dusk)", "Two cranes (at dusk)."),
        ("capital", "two cranes.", "Two cranes."),
        ("capital", '"two" cranes.', '"Two" cranes.'),
    ],
)
def test_one_rule_mends(rule: str, before: str, after: str) -> None:
    """And is named."""
    assert after == caption(before)
    assert [rule] == rules(before)


@pytest.mark.parametrize(
    "text",
    [
        "Built in 1939–1945 and 1950 – 1960, at 3.5 m, at 12:30.",
        "F-16 J-015 and PH-BXA in Noord-Holland, 747-400.",
        "“Two cranes” at dusk.",
        '"Two cranes at dusk."',
        'A screen of 24".',
        "Cranes in the U.S. and e.g. ships, a.m. or p.m.",
        "Two cranes…",
        "Two cranes at dusk!",
        "Two cranes. 🌊",
        "See https://example.org/a,b.html for more.",
        "iPhone on a quay.",
        "Palms on Bora Bora.",
        "Again and again and again.",
        "Nord- und Ostsee.",
        "A crane weighs -5 t.",
    ],
)
def test_what_is_right_stays(text: str) -> None:
    """Ranges, registrations, quotes in pairs, abbreviations, names."""
    assert text == caption(text)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("ja", "港に並ぶクレーン", "港に並ぶクレーン。"),
        ("ja", "港に並ぶクレーン.", "港に並ぶクレーン。"),
        ("ja", "港に並ぶ747-400", "港に並ぶ747-400。"),
        ("zh", "港口的起重机", "港口的起重机。"),
        ("th", "ปั้นจั่นสองตัว", "ปั้นจั่นสองตัว"),
        ("hi", "दो क्रेनें।", "दो क्रेनें।"),
        ("ru", "два крана", "Два крана."),
        ("fr", "Deux grues\u00a0: au port\u00a0!", "Deux grues\u00a0: au port\u00a0!"),
        ("fr", "deux grues , au port", "Deux grues, au port."),
        ("nl", "ijsberg in zee", "IJsberg in zee."),
        ("nl", "'s avonds aan zee", "'s avonds aan zee."),
        ("tr", "iki vinç", "İki vinç."),
        ("ka", "ორი ამწე", "ორი ამწე."),
    ],
)
def test_languages_have_their_own_marks(language: str, before: str, after: str) -> None:
    """Stops, capitals, French spaces."""
    assert after == caption(before, language)


def test_an_alt_text_keeps_its_end() -> None:
    """A phrase needs no stop to be listened to."""
    for before, after in (
        ("two cranes", "Two cranes"),
        ("Cranes.", "Cranes."),
        ("Cranes,", "Cranes"),
    ):
        assert after == clean(Text(alt_text=before), frozenset()).text.alt_text


def test_keywords_are_tidied() -> None:
    """Trimmed, without empty and repeated ones."""
    words = ("#crane", " Crane. ", "", "-", "old  harbour;", "U.S.", "f.16.", "ship", "SHIP")
    text = clean(Text(keywords=words), frozenset()).text
    assert ("crane", "-", "old harbour", "U.S.", "f.16.", "ship") == text.keywords


def test_every_change_is_told() -> None:
    """In the order of the rules, with the text before and after."""
    text = Text(caption="two  cranes - at dusk", keywords=("a", "A"))
    cleaned = clean(text, frozenset(), (("mojibake", lambda each: each.replace("dusk", "dawn")),))
    assert (
        Change(
            rule="mojibake",
            field="caption",
            before="two  cranes - at dusk",
            after="two  cranes - at dawn",
        ),
        Change(
            rule="spaces",
            field="caption",
            before="two  cranes - at dawn",
            after="two cranes - at dawn",
        ),
        Change(
            rule="hyphens",
            field="caption",
            before="two cranes - at dawn",
            after="two cranes, at dawn",
        ),
        Change(
            rule="final_stop",
            field="caption",
            before="two cranes, at dawn",
            after="two cranes, at dawn.",
        ),
        Change(
            rule="capital",
            field="caption",
            before="two cranes, at dawn.",
            after="Two cranes, at dawn.",
        ),
        Change(rule="keywords_tidy", field="keywords", before="a, A", after="a"),
    ) == cleaned.changes


def test_a_first_rule_that_loses_a_protected_word_is_not_followed() -> None:
    """Ours cannot touch them; a strange one is watched."""
    text = Text(caption="Flight PH-BXA.")
    spoil = ("spoil", lambda each: each.replace("BXA", "XYZ"))
    assert text == clean(text, frozenset({"PH-BXA"}), (spoil,)).text


def test_protected_words_come_from_the_labels_and_the_configuration() -> None:
    """Those with a hyphen, a digit or a capital."""
    labels = Labels(
        subject="the F-16, at dusk", location="Noord-Holland (NL)", category="air_show B2"
    )
    words = protected_words(About(labels=labels), ("iPhone ", "", "-"))
    assert {"F-16", "Noord-Holland", "NL", "B2", "iPhone"} == words


def test_a_guess_stays_a_guess() -> None:
    """It is for the findings to refuse it."""
    assert "Possibly a crane." == caption("possibly a crane")


WORDS = st.sampled_from(
    sorted(
        listed(
            "the The quay iPhone sea–side F-16 PH-BXA 3.5 12:30 1939–1945 – - — , . ; : ! ? .. …",
            "\" “ ” „ 'n ( ) and again Bora U.S. 港 。 ij PH–BXA 5 mm #a ß ʼn ǆ a, b. http://a.b",
        )
    )
)
SPACES = st.sampled_from([" ", " ", " ", "", "  ", "\n", "\u00a0"])
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.tuples(WORDS, SPACES), max_size=14).map(
        lambda pairs: "".join(a + b for a, b in pairs)
    ),
)
LANGUAGES = st.sampled_from(["en", "nl", "de", "ja", "fr", "tr", "und", ""])
PROTECTED = st.frozensets(st.one_of(WORDS, st.text(max_size=5)), max_size=4)


def words_in(text: str, word: str) -> int:
    """Count a word where it stands alone."""
    return len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", text))


@settings(deadline=None, max_examples=150)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4), LANGUAGES, PROTECTED)
def test_cleaned_twice_is_cleaned_once(
    one: str, other: str, words: list[str], language: str, protected: frozenset[str]
) -> None:
    """Nothing is left to mend, and nothing is told the second time."""
    text = Text(caption=one, alt_text=other, keywords=tuple(words), language=language)
    cleaned = clean(text, protected).text
    assert () == clean(cleaned, protected).changes
    assert cleaned == clean(cleaned, protected).text


@settings(deadline=None, max_examples=150)
@given(TEXTS, LANGUAGES)
def test_no_digit_and_no_new_letter(text: str, language: str) -> None:
    """Digits stay in their order; letters change their case at most, or stood twice."""
    after = caption(text, language)
    assert re.sub(r"\D", "", text) == re.sub(r"\D", "", after)
    before, now = (Counter(c.upper() for c in each if c.isalpha()) for each in (text, after))
    assert set(now) <= set(before) | {"İ", "Ǆ", "ǅ"}
    assert all(now[char] <= before[char] or char in "İǄǅ" for char in now)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(WORDS, st.sampled_from([" ", "  ", " , ", " – "])), max_size=10),
    LANGUAGES,
    st.sampled_from(
        ["sea–side", "iPhone", "the", "PH–BXA", "ij", "F-16", "a,b", "x..y", "Tom–Tom"]
    ),
    st.integers(0, 10),
)
def test_protected_words_are_never_touched(
    pairs: list[tuple[str, str]], language: str, word: str, at: int
) -> None:
    """Wherever they stand."""
    pairs.insert(min(at, len(pairs)), (word, " "))
    text = "".join(a + b for a, b in pairs)
    after = caption(text, language, frozenset({word}))
    assert words_in(text, word) == words_in(after, word)
