"""The metadata captioner says what is known, in sentences, and nothing else."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.captioner import caption
from machine.text import ALT_TEXT_MAX
from machine.values import EmbeddedText, Labels, Metadata, Text
from machine.wording import findings

NOTHING = EmbeddedText()
MAY = Metadata(date_time="2008:05:30 15:56:01", camera="Canon EOS 40D")
DUSK = Labels(subject="harbour at dusk", location="Rotterdam", category="Cityscape Photography")


def by_rule(labels: Labels, metadata: Metadata = MAY) -> Text:
    """The text of a photo that brings none."""
    made = caption(labels, metadata, NOTHING)
    assert made.author.kind == "rule"
    assert not made.grounded
    return made.text


def test_all_that_is_known_reads_as_a_sentence() -> None:
    """Subject, place and day; the alt text does not pretend that somebody looked."""
    assert by_rule(DUSK) == Text(
        caption="Harbour at dusk, Rotterdam, 30 May 2008.",
        alt_text="Photograph: Harbour at dusk, Rotterdam, 2008",
        keywords=("harbour at dusk", "Rotterdam", "Cityscape Photography"),
    )


@pytest.mark.parametrize(
    ("labels", "metadata", "sentence", "alt_text"),
    [
        (Labels(subject="Cat"), MAY, "Cat, 30 May 2008.", "Photograph: Cat, 2008"),
        (Labels(subject="Cat"), Metadata(), "Cat.", "Photograph: Cat"),
        (Labels(location="Delft"), MAY, "Delft, 30 May 2008.", "Photograph: Delft, 2008"),
        (Labels(category="nature"), Metadata(), "Nature.", "Photograph: Nature"),
        (Labels(), MAY, "Photograph taken on 30 May 2008.", "Photograph: 2008"),
        (Labels(), Metadata(), "", ""),
        (
            Labels(subject="Rotterdam harbour", location="Rotterdam"),
            Metadata(),
            "Rotterdam harbour.",
            "Photograph: Rotterdam harbour",
        ),
        (
            Labels(subject="Grey_Heron", location="Delft_Netherlands."),
            Metadata(),
            "Grey Heron, Delft Netherlands.",
            "Photograph: Grey Heron, Delft Netherlands",
        ),
    ],
)
def test_it_reads_well_with_any_part_missing(
    labels: Labels, metadata: Metadata, sentence: str, alt_text: str
) -> None:
    """No empty places, no double commas, nothing said twice."""
    text = by_rule(labels, metadata)
    assert (sentence, alt_text) == (text.caption, text.alt_text)


@pytest.mark.parametrize("known", list(itertools.product([0, 1], repeat=3)))
def test_there_is_a_caption_whenever_anything_is_known(known: tuple[int, int, int]) -> None:
    """Quality control blocks a row only if truly nothing is known."""
    subject, location, category = (word * there for word, there in zip("abc", known, strict=True))
    text = by_rule(Labels(subject=subject, location=location, category=category), Metadata())
    blocking = [finding.code for finding in findings(text) if finding.blocking]
    assert blocking == ([] if any(known) else ["caption_empty", "alt_text_empty"])


def test_the_camera_is_no_caption() -> None:
    """Gear is in its own columns."""
    text = by_rule(DUSK)
    assert "Canon" not in f"{text.caption}{text.alt_text}{text.keywords}"


def test_text_of_the_file_is_used_as_it_stands() -> None:
    """Somebody saw the picture: their words, grounded, under their name."""
    embedded = EmbeddedText(
        caption="Cranes above the Maas.", writer="Ann", keywords=("cranes", "Rotterdam")
    )
    made = caption(DUSK, MAY, embedded)
    assert (made.author.kind, made.author.name, made.grounded) == ("file", "Ann", True)
    assert made.text.caption == "Cranes above the Maas."
    assert made.text.alt_text == "Photograph: Cranes above the Maas."
    assert made.text.keywords == (
        "cranes",
        "Rotterdam",
        "harbour at dusk",
        "Cityscape Photography",
    )


@pytest.mark.parametrize("text", ["Rotterdam", "Cranes above the Maas at low tide"])
def test_text_without_evidence_is_not_taken_for_a_persons(text: str) -> None:
    """However long it is; with evidence a single word counts, until it is discounted."""
    assert caption(DUSK, MAY, EmbeddedText(caption=text)).author.kind == "rule"
    shown = EmbeddedText(caption=text, evidence="it stands in the sidecar")
    assert caption(DUSK, MAY, shown).author.kind == "file"
    everywhere = replace(shown, discounted="14 of 20 photos of the set have this text")
    assert caption(DUSK, MAY, everywhere).author.kind == "rule"


def test_keywords_of_the_file_are_kept_even_if_its_caption_is_not_there() -> None:
    """What a person typed once is not typed again."""
    made = caption(Labels(subject="Cat"), MAY, EmbeddedText(keywords=("pet", "cat")))
    assert made.author.kind == "rule"
    assert made.text.keywords == ("pet", "cat")


def test_a_long_text_of_the_file_gives_an_alt_text_that_is_not_refused() -> None:
    """Cut at a word; a caption may be long."""
    for words in ("many words " * 60, "字" * 600):
        made = caption(DUSK, MAY, EmbeddedText(caption=words, writer="Ann"))
        assert len(made.text.alt_text) <= ALT_TEXT_MAX
        assert made.text.alt_text.endswith("…")
        assert made.text.caption == words


def test_in_another_language_no_english_is_written() -> None:
    """The labels are in the owner's language; so is then everything."""
    made = caption(DUSK, MAY, NOTHING, language="nl").text
    assert made.caption == "Harbour at dusk, Rotterdam, 2008-05-30."
    assert made.alt_text == "Harbour at dusk, Rotterdam, 2008"
    assert made.language == "nl"


WORDS = st.text(max_size=40)


@given(WORDS, WORDS, WORDS, st.sampled_from(["", "2008:05:30 15:56:01", "2008:99:99 00:00:00"]))
def test_every_word_was_known_before(subject: str, location: str, category: str, day: str) -> None:
    """Nothing is invented: beside the labels and the date, there is only 'Photograph'."""
    labels = Labels(subject=subject, location=location, category=category)
    text = by_rule(labels, Metadata(date_time=day))
    assert text == by_rule(labels, Metadata(date_time=day))
    known = f"{subject} {location} {category} Photograph taken on 30 May 2008".replace("_", " ")
    assert folded(f"{text.caption} {text.alt_text}") <= folded(known)


def folded(words: str) -> set[str]:
    """The words, whatever their case (there are letters whose capital has another small one)."""
    return {word.strip(" ,.;:").upper().casefold() for word in words.split()}
