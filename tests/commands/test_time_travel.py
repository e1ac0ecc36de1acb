"""blame, diff, and the past of single rows, as a person types them."""

import re

import pytest

from tests.commands.cli import Terminal
from tests.commands.test_story import spoil

BLAME = """\
Workspace WORKSPACE
Row 2 Harbour_at_dusk_Rotterdam_Travel_Photography_PENTAX_K100D_Super_2009_001.JPG
Caption: A cat looks at us
  by anna
  v9 @71 TextEdited, TIME (UTC)
  run RUN-SHOWN, photojournal decide, of anna
Before that:
  Harbour at dusk, Rotterdam, 9 February 2009.
    by rule metadata 1
    v4 @30 Prefilled, TIME (UTC)
    run RUN-SHOWN, photojournal run, of anna
"""


def test_blame_tells_who_gave_a_text_and_the_ones_before(terminal: Terminal) -> None:
    """Whatever the capitals of the column; as JSON, one object."""
    for word in ("Caption", "caption", "CAPTION"):
        said = terminal.type("blame", "2", word)
        assert BLAME == _plain(said.plain(terminal.root))
    found = terminal.type("blame", "2", "alt-text", "--json").json
    assert ("alt_text", "The head of a ginger cat") == (found["column"], found["value"])
    assert ["anna", "rule metadata 1"] == [one["by"] for one in found["values"]]
    assert "human" == found["values"][0]["author"]["kind"]


def _plain(text: str) -> str:
    text = re.sub(r"\(\d\d:\d\d:\d\d UTC\)", "(UTC)", text)
    text = re.sub(r"@\d+ Prefilled", "@30 Prefilled", text)
    return re.sub(r"@\d+ TextEdited", "@71 TextEdited", text)


def test_blame_tells_why_a_row_stands_where_it_stands(terminal: Terminal) -> None:
    """The event in words beside a column that is no text."""
    said = terminal.type("blame", "4", "Review_Status").out
    assert "Review_Status: Quarantined" in said
    assert "score set aside: ScoringUnreadable, the photo cannot be decoded" in said
    assert "QR: 8.6" in terminal.type("blame", "1", "QR").out
    assert "from  brisque_score" in terminal.type("blame", "1", "QR").plain()
    assert "nima_score never had a value." in terminal.type("blame", "1", "nima_score").out


def test_blame_looks_back(terminal: Terminal) -> None:
    """As of a moment when the text was still the rule's."""
    edited = terminal.type("blame", "2", "Caption", "--json").json["values"][0]["position"]
    then = terminal.type("blame", "2", "Caption", "--at", edited - 1, "--json").json
    assert ["rule metadata 1"] == [one["by"] for one in then["values"]]


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (("2", "captoin"), "there is no column captoin", "did you mean Caption"),
        (("2", "score"), "there is no column score", "did you mean nima_score or"),
        (("2", "xyzzy"), "there is no column xyzzy", "columns: id, Folder, File_Name"),
        (("77", "Caption"), "there is no row 77", "photojournal queue"),
    ],
)
def test_blame_says_what_is_not_there(
    terminal: Terminal, words: tuple[str, ...], error: str, hint: str
) -> None:
    """With names that look alike, or all of them."""
    said = terminal.type("blame", *words)
    assert (2, "") == (said.code, "".join(said.lines[1:]))
    assert f"Error: {error}" in said.err
    assert f"Hint: {hint}" in said.err


def test_diff_shows_what_a_run_did(terminal: Terminal) -> None:
    """Before and after it: columns, texts word by word."""
    terminal.type("edit", "2", "--caption", "A ginger cat looks at us")
    for run in ("last", terminal.type("runs", "--json").json[0]["run_id"][:13]):
        said = terminal.type("diff", run)
        assert 0 == said.code
        assert "    Caption: A{+ ginger+} cat looks at us" in said.lines
        assert "1 row changed" == said.lines[-1]
    (one,) = terminal.type("diff", "last", "--json").json
    assert ([9 + 1, 9 + 2], "changed", 2) == (one["versions"], one["change"], one["id"])


def test_diff_shows_rows_that_came_in_and_what_went_to_the_gallery(terminal: Terminal) -> None:
    """From the empty journal to now; what is left out is now."""
    said = terminal.type("diff", "0")
    assert "4 rows added; in the gallery 2 files and 1 record" == said.lines[-1]
    assert any(
        line.startswith("+ 4 Harbour") and line.endswith("Quarantined") for line in said.lines
    )
    assert 2 == sum("    + in the gallery: " in line for line in said.lines)
    back = terminal.type("diff", terminal.head(), "0")
    assert "4 rows removed; in the gallery 2 files and 1 record" == back.lines[-1]
    assert [] == terminal.type("diff", terminal.head(), "--json").json
    assert "Nothing changed." == terminal.type("diff", terminal.head()).lines[-1]


def test_diff_takes_rows_and_filters(terminal: Terminal) -> None:
    """As every verb; filters are asked of the second moment."""
    head = terminal.head()
    for words in (("2", "3"), ("--status", "Approved", "--status", "Pending")):
        found = terminal.type("diff", "0", head, *words, "--json").json
        assert [2, 3] == [one["id"] for one in found]
    assert [] == terminal.type("diff", "0", "20", "--status", "Published", "--json").json


def test_diff_takes_times_and_says_both(terminal: Terminal) -> None:
    """A time without offset is local; with --json, what is meant is said beside it."""
    said = terminal.type("diff", "2020-07-04 14:30", "2020-07-05")
    assert "Nothing changed." == said.lines[-1]
    assert "2020-07-04 14:30:00 local, 2020-07-04 12:30:00 UTC (position 0)" in said.lines[1]
    assert "From before run" in terminal.type("diff", "last", "--json").err


@pytest.mark.parametrize("words", [("nope",), ("5", "nope"), ("99999",)])
def test_diff_refuses_a_moment_that_is_none(terminal: Terminal, words: tuple[str, ...]) -> None:
    """With a hint."""
    said = terminal.type("diff", *words)
    assert 2 == said.code
    assert "Error: " in said.err
    assert "Hint: photojournal " in said.err


def test_a_row_that_came_in_later_is_not_there_yet(terminal: Terminal) -> None:
    """Said so, with where its story is."""
    for verb in ("history", "show"):
        said = terminal.type(verb, "4", "--at", "7")
        assert 2 == said.code
        assert "Error: row 4 came in later than position 7" in said.err
        assert "Hint: photojournal history 4" in said.err


def test_the_past_of_one_row_needs_no_other(terminal: Terminal) -> None:
    """`history`, `blame` and `show --at` read one stream, however long or spoilt the rest is."""
    began = terminal.type("history", "3", "--json").json[0]["position"]
    spoil(terminal.root, began, "type", "FromTheFuture")
    then = began + 1
    assert 3 == terminal.type("queue", "--at", then).code
    for words in (("history", "2"), ("blame", "2", "QR"), ("show", "2")):
        said = terminal.type(*words, "--at", then)
        assert 0 == said.code, said.err


def test_a_row_is_shown_as_it_was(terminal: Terminal) -> None:
    """Its line is the one of then."""
    edited = terminal.type("blame", "2", "Caption", "--json").json["values"][0]["position"]
    then = terminal.type("show", "2", "--at", edited - 1, "--json").json
    queued = terminal.type("queue", "2", "--at", edited - 1, "--json").json[0]
    assert queued == {column: then[column] for column in queued}
