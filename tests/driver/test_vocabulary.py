"""Known words: what is refused, what is taken in which spelling, and how a file is added to."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.errors import Misused, Unreachable
from driver.vocabulary import FILE, OPTION, TEMPLATE, Spelt, Vocabulary, Word, add, load, spell
from machine.values import Labels

KNOWN = Vocabulary(folders={"Nature": "", "Harbours": "Port"}, locations={"Den Haag": ""})


def typed(category: str = "", location: str = "", *, new: bool = False) -> Spelt:
    labels = Labels(category=category, subject="nature", location=location)
    return spell(KNOWN, labels, new=new)


@pytest.mark.parametrize("category", ["nature", "NATURE", " Nature ", "na ture"])
def test_another_case_or_blank_is_the_known_word(category: str) -> None:
    """And it is said; the subject is free text."""
    found = typed(category)
    assert Labels(category="Nature", subject="nature") == found.labels
    assert (f"The category `{category}` is written Nature",) == found.said
    assert () == found.added


def test_what_is_known_is_taken_without_a_word() -> None:
    """Nothing typed is nothing known."""
    assert Spelt(labels=Labels(category="Nature", subject="nature")) == typed("Nature")
    assert Spelt(labels=Labels(subject="nature")) == typed()
    assert "Den Haag" == typed(location="den_haag").labels.location


def test_a_word_near_a_known_one_is_refused_with_that_one() -> None:
    """A slip of the finger makes no folder."""
    with pytest.raises(Misused, match=r"the category `Natuer` is not in vocabulary.toml") as caught:
        typed("Natuer")
    assert "did you mean --category Nature? Or else --new, which adds it" == caught.value.hint
    with pytest.raises(Misused) as caught:
        typed(location="Den Hag")
    assert caught.value.hint.startswith("did you mean --location 'Den Haag'?")


def test_another_word_is_added() -> None:
    """One that is like a known word only if that is asked for."""
    found = typed("Weddings", "Reykjavik")
    assert (Word("folders", "Weddings"), Word("locations", "Reykjavik")) == found.added
    found = typed("Weddings", "Den  Hague", new=True)
    assert (Word("folders", "Weddings"), Word("locations", "Den Hague")) == found.added
    assert ("Weddings", "Den Hague") == (found.labels.category, found.labels.location)


def test_the_first_word_is_taken() -> None:
    """An empty table knows nothing better."""
    found = spell(Vocabulary(), Labels(category="Nature"), new=False)
    assert (Word("folders", "Nature"),) == found.added


@pytest.mark.parametrize("word", ["a\x1bb", "lat\udce9", "\x7f"])
def test_what_cannot_be_printed_is_no_word(word: str) -> None:
    """Not even a new one."""
    with pytest.raises(Misused, match="cannot be printed"):
        typed(word, new=True)


def test_names_say_the_form_that_stands_behind_a_word() -> None:
    """Whatever its case; without one, the word itself."""
    labels = Labels(category="harbours", subject="Dawn", location="Delft")
    assert Labels(category="Port", subject="Dawn", location="Delft") == KNOWN.in_names(labels)


# --- the file


def test_the_template_knows_no_word(tmp_path: Path) -> None:
    """It explains itself, and its examples can be taken as they are."""
    path = tmp_path / FILE
    path.write_text(TEMPLATE, "utf-8")
    assert Vocabulary() == load(path) == load(tmp_path / "nothing.toml")
    path.write_text(TEMPLATE.replace('# "', '"'), "utf-8")
    assert "Harbour" == load(path).folders["Harbours and ships"]
    assert "Den Bosch" == load(path).locations["'s-Hertogenbosch"]


OWN = '# mine\r\n[folders]\r\nNature = "" # green\r\n\r\n# the coast\r\n[locations]\r\nTexel = ""'


def test_a_word_is_one_more_line_and_all_else_stays(tmp_path: Path) -> None:
    """Comments, order, line ends; a last line without an end gets one."""
    path = tmp_path / FILE
    path.write_bytes(OWN.encode())
    words = [Word("folders", "Weddings"), Word("locations", 'The "Hague"')]
    assert words == add(path, words, tmp_path / "locks")
    after = '# mine\r\n[folders]\r\nNature = "" # green\r\n\r\n# the coast\r\n"Weddings" = ""\r\n'
    after += '[locations]\r\nTexel = ""\r\n"The \\"Hague\\"" = ""\r\n'
    assert after == path.read_bytes().decode()
    assert [] == add(path, [Word("folders", "WEDDINGS")], tmp_path / "locks")
    assert after == path.read_bytes().decode()


def test_a_file_of_an_editor_that_marks_utf_8_is_read_and_stays_marked(tmp_path: Path) -> None:
    """Notepad writes a byte order mark at its beginning."""
    path = tmp_path / FILE
    path.write_bytes(b'\xef\xbb\xbf[folders]\n"Nature" = ""\n')
    assert ["Nature"] == [*load(path).folders]
    add(path, [Word("folders", "Weddings")], tmp_path / "locks")
    assert b'\xef\xbb\xbf[folders]\n"Nature" = ""\n"Weddings" = ""\n' == path.read_bytes()


@pytest.mark.parametrize("text", ["", "# nothing", "[locations]\nA = ''\n", "[ folders ] # x"])
def test_a_table_that_is_not_there_is_made(tmp_path: Path, text: str) -> None:
    """At the end, or where its header stands."""
    path = tmp_path / FILE
    path.write_text(text, "utf-8")
    add(path, [Word("folders", "Nature")], tmp_path / "locks")
    assert {"Nature": ""} == load(path).folders
    assert path.read_text("utf-8").startswith(text)


WORDS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.isprintable))


@given(words=WORDS)
def test_any_words_can_be_added_and_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    """Quotes, emoji and other scripts; the same word once."""
    folder = tmp_path_factory.mktemp("words")
    path = folder / FILE
    path.write_text(TEMPLATE, "utf-8")
    added = add(path, [Word("locations", word) for word in words], folder / "locks")
    assert [one.word for one in added] == [*load(path).locations]
    assert all(load(path).spelling("locations", word) for word in words)
    assert {"folders", "locations"} == set(tomllib.loads(path.read_text("utf-8"))) == set(OPTION)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[folder]\n", "unknown field `folder`"),
        ("[folders]\nNature = 3\n", "Expected `str`, got `int` - at `$.folders[...]`"),
        ("[folders\n", "line 1"),
        ("[folders]\nNature = ''\nnature = ''\n", "`Nature` and `nature` in [folders] are one"),
        ("[locations]\nTexel = '🌊'\n", "`🌊`, for `Texel` in [locations], leaves nothing"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    """With what is wrong, and nothing is added to it."""
    path = tmp_path / FILE
    path.write_text(text, "utf-8")
    for doing in (load, lambda path: add(path, [Word("folders", "A")], tmp_path / "locks")):
        with pytest.raises(Misused) as caught:
            doing(path)
        assert str(path) in str(caught.value)
        assert words in str(caught.value)
    assert text == path.read_text("utf-8")


def test_a_table_in_one_line_is_left_to_its_owner(tmp_path: Path) -> None:
    """A line cannot be added to it; the line is named."""
    path = tmp_path / FILE
    path.write_text("folders = { Nature = '' }\n", "utf-8")
    with pytest.raises(Misused, match=FILE):
        add(path, [Word("folders", "Travel")], tmp_path / "locks")
    assert "folders = { Nature = '' }\n" == path.read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Exit code 4, like every disk."""
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(Unreachable):
        add(tmp_path / FILE, [Word("folders", "A")], tmp_path / "file" / "locks")
