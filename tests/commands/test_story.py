"""history, events, replay --step: what happened, told and as it is stored."""

import re
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from driver.word_parts import duration, shown_source
from driver.words import in_words
from journal import RedactedEvent
from machine.events import EVENTS
from machine.values import Source
from tests.commands.cli import Terminal

HISTORY = """\
Workspace WORKSPACE
Row 2 Harbour_at_dusk_Rotterdam_Travel_Photography_PENTAX_K100D_Super_2009_001.JPG
v1 @7  TIME (CLOCK UTC)  by anna, run RUN-SHOWN
    came in as Harbour_at_dusk_Rotterdam_Travel_Photography_PENTAX_K100D_Super_2009_001.JPG,\
 set DAY-1, category "Travel", subject "Harbour at dusk", location "Rotterdam";\
 original TEMPLATE inbox/chelsea.jpg, left in its place
v2 @8  TIME (CLOCK UTC)  by anna, run RUN-SHOWN
    the photo says: 2009:02:09 09:11:30, PENTAX K100D Super, 451 x 300 px
    because of v1 @7 RowIngested
"""


def test_history_tells_a_row_as_a_timeline(terminal: Terminal, template: Path) -> None:
    """Version, position, local time and UTC, who, event in words, what led to it."""
    said = terminal.type("history", "2")
    text = said.plain(terminal.root).replace(str(template), "TEMPLATE")
    text = re.sub(r"\(\d\d:\d\d:\d\d UTC\)", "(CLOCK UTC)", text)
    assert text.startswith(HISTORY)
    lines = [line.strip() for line in text.splitlines()]
    assert 'text by anna: "A cat looks at us"' in lines
    assert "pictures made: web 300 x 200, thumb 60 x 40 (DURATION)" in lines
    assert "approved" == lines[-3]
    assert "10 events. Who gave a value: photojournal blame 2 COLUMN" == lines[-1]


def test_history_tells_what_became_of_a_text_word_by_word(terminal: Terminal) -> None:
    """A text that another one took the place of."""
    terminal.type("edit", "2", "--caption", "A ginger cat looks at the camera and waits for us")
    said = terminal.type("history", "2")
    assert "Caption: A{+ ginger+} cat looks at {+the camera and waits for +}us" in said.out
    told = terminal.type("history", "2", "--json").json[-1]
    assert "A cat looks at us" == told["texts"]["Caption"]["old"]
    assert ["Caption"] == list(told["texts"])


def test_history_tells_attempts_and_what_they_cost(terminal: Terminal) -> None:
    """Which attempt an outcome ends, whether it was charged, and how long it took."""
    text = terminal.type("history", "4").plain()
    assert re.search(r"attempt 1, charged; because of v5 @\d+ AttemptStarted, .* before", text)
    told = terminal.type("history", "4", "--json").json
    failed = next(one for one in told if one["type"] == "AttemptFailed")
    began = next(one for one in told if one["position"] == failed["because_of"]["position"])
    assert ("AttemptStarted", 1, True) == (began["type"], failed["attempt"], failed["charged"])
    assert failed["elapsed_ms"] >= 0
    assert {None} == {one["charged"] for one in told} - {True}


def test_history_says_which_publication_a_file_belongs_to(terminal: Terminal) -> None:
    """Although every step is an append of its own."""
    told = terminal.type("history", "1", "--json").json
    started = next(one for one in told if one["type"] == "PublicationStarted")
    for kind in ("FileUploaded", "RecordUpserted", "Published"):
        one = next(one for one in told if one["type"] == kind)
        assert started["position"] == one["because_of"]["position"], kind


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be set")
def test_history_says_local_time_and_utc(terminal: Terminal) -> None:
    """Two hours ahead of UTC, in these tests."""
    told = terminal.type("history", "2", "--json").json[0]
    assert told["local"].endswith("+02:00")
    here, utc = datetime.fromisoformat(told["local"]), datetime.fromisoformat(told["at"])
    assert here == utc
    assert f"{here:%Y-%m-%d %H:%M:%S} (" in terminal.type("history", "2").out


def test_history_for_programs(terminal: Terminal) -> None:
    """A list of objects, with the payload."""
    told = terminal.type("history", "1", "--json").json
    assert list(range(1, 17)) == [one["version"] for one in told]
    assert ["RowIngested", "Published"] == [told[0]["type"], told[-1]["type"]]
    assert {"version", "position", "at", "run_id", "step", "actor", "type", "words", "cause"} < set(
        told[0]
    )
    assert "coffee.jpg" == told[0]["payload"]["original_name"]
    started = next(one for one in told if one["type"] == "AttemptStarted")
    outcome = next(one for one in told if one["cause"] == started["position"])
    assert outcome["type"] in ("Prefilled", "Scored", "Resized")


def test_history_of_a_damaged_photo_says_what_was_wrong(terminal: Terminal) -> None:
    """The code, its meaning and what the library said."""
    text = terminal.type("history", "4").plain()
    assert "score failed: ScoringUnreadable, the photo cannot be decoded: image file is" in text
    assert "score set aside: ScoringUnreadable, the photo cannot be decoded" in text


def test_every_event_has_words() -> None:
    """Every class that can be decoded can be told; so can one whose words were forgotten."""
    from driver import words

    assert set(EVENTS.values()) == set(vars(words)["_WORDS"])
    assert "redacted" in in_words(RedactedEvent())


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0, "0 ms"), (99, "99 ms"), (1234, "1.2 s"), (59_900, "59.9 s"), (90_000, "1.5 min")],
)
def test_durations(milliseconds: int, shown: str) -> None:
    """In the unit that a person would use."""
    assert shown == duration(milliseconds)


def test_originals_are_told_below_their_root() -> None:
    """Workspace, home, the whole disk, or a root from the configuration."""
    found = [
        shown_source(Source(root=root, path="a/b.jpg"))
        for root in ("workspace", "home", "filesystem", "nas")
    ]
    assert ["a/b.jpg", "~/a/b.jpg", "/a/b.jpg", "nas:a/b.jpg"] == found


def test_events_lists_what_is_stored(terminal: Terminal) -> None:
    """One line each: position, time, stream, version, type, actor, cause."""
    said = terminal.type("events", "--row", "2")
    lines = said.plain(terminal.root).splitlines()[1:]
    assert "      7  TIME  row/2 v1  RowIngested  by anna" == lines[0]
    assert "      8  TIME  row/2 v2  MetadataRead  by anna because of 7" == lines[1]
    assert 10 == len(lines)


def test_events_are_chosen(terminal: Terminal) -> None:
    """By stream, type, run, row and time; together they narrow."""

    def count(*words: str) -> int:
        return len(terminal.type("events", *words, "--json").json)

    assert 75 == count()
    assert 2 == count("--type", "approved")
    assert 3 == count("--type", "Approved", "--type", "Published")
    assert 1 == count("--type", "Approved", "--row", "2")
    assert 10 == count("--stream", "row/2") == count("--row", "2")
    assert 4 == count("--stream", "bytes/")
    assert 3 == count("--run", "last")
    assert 0 == count("--since", "2100-01-01")
    assert 75 == count("--since", "yesterday")
    assert 30 == count("--at", "30")
    said = terminal.type("events", "--type", "Aproved")
    assert (2, "Error: there is no event type Aproved") == (said.code, said.err.splitlines()[0])


def test_events_for_programs_have_every_column(terminal: Terminal) -> None:
    """Bytes in hex, the payload as JSON."""
    first = terminal.type("events", "--json").json[0]
    assert {
        "position", "stream", "version", "type", "schema_version", "payload", "run_id", "step",
        "cause", "actor", "at", "append_key", "digest", "hash",
    } == set(first)  # fmt: skip
    assert "ingest" == first["payload"]["verb"]
    assert 64 == len(first["hash"])


def spoil(root: Path, position: int, column: str, value: object) -> None:
    """Change a stored event as no version of the program would."""
    with closing(sqlite3.connect(root / "data" / "journal.db")) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {name}")
        # A STRICT table takes bytes that are no text as a cast only.
        mark = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
        db.execute(f"UPDATE events SET {column} = {mark} WHERE position = ?", (value, position))


@pytest.mark.parametrize(
    ("column", "value"),
    [("payload", "{"), ("payload", b"\xff\xfe"), ("type", "FromTheFuture"), ("schema_version", 9)],
)
def test_events_works_when_decoding_does_not(
    terminal: Terminal, column: str, value: object
) -> None:
    """What is stored is shown, whatever it is; the other verbs say which event is the trouble."""
    spoil(terminal.root, 8, column, value)
    said = terminal.type("events", "--row", "2", "--raw")
    assert 0 == said.code
    assert 10 == said.out.count("append_key: ")
    assert 75 == len(terminal.type("events", "--json").json)
    said = terminal.type("history", "2")
    assert 3 == said.code
    assert "Hint: " in said.err
    if not isinstance(value, bytes):
        assert "Error: event 8 (" in said.err
        assert "`photojournal events --raw`" in said.err


def test_the_queue_that_could_be_made_is_shown_with_a_warning(terminal: Terminal) -> None:
    """A read model that cannot go on says so, and what it has is still shown."""
    spoil(terminal.root, 73, "type", "FromTheFuture")
    for path in (terminal.root / "data").glob("review.db*"):
        path.unlink()
    said = terminal.type("queue", "--json")
    assert 4 == len(said.json)
    assert said.err.startswith("Warning: review_queue")
    assert "event 73 (FromTheFuture)" in said.err
    said = terminal.type("status")
    assert (
        "Behind  review_queue, photos_info, runs, site_rows: UnreadableEvent: event 73"
        in said.plain()
    )
    assert "Next: photojournal verify" == said.lines[-1]
    said = terminal.type("replay", "--check")
    assert 3 == said.code
    assert "Error: review_queue stands at position 72: UnreadableEvent: event 73" in said.err


def test_replay_steps_through_a_row(terminal: Terminal) -> None:
    """Each event with what it changed in the state."""
    said = terminal.type("replay", "2", "--step")
    lines = [line.strip() for line in said.plain(terminal.root).splitlines()]
    assert any(line.startswith("v9 @71  TIME (") for line in lines)
    assert 'TextEdited: text by anna: "A cat looks at us"' in lines
    assert "Review_Status: Pending, as before" in lines
    assert "decided.prefill.author.kind: rule -> human" in lines
    assert "decided.decision.value: undecided -> approved" in lines
    assert "Review_Status: Pending -> Approved" in lines
    assert "happened.prefill.count: 1" in lines
    then = terminal.type("replay", "2", "--step", "--until", "20").lines
    assert ["v1 @7", "v2 @8"] == [line[:5] for line in then if line[:1] == "v"]
    steps = terminal.type("replay", "2", "--step", "--json").json
    assert 10 == len(steps)
    assert ["Pending", "Approved"] == steps[-1]["changes"]["Review_Status"]
