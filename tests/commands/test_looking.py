"""queue, sets, runs, show, status, init: what people read, and what programs get."""

import json
import re
import time
from pathlib import Path

import pytest

from driver.program import Program
from driver.shell import Shell
from driver.workspace import Workspace
from machine.intents import Retry, StartAttempt
from projections.review_queue import QUEUE
from tests.commands.cli import Terminal

QUEUE_TEXT = """\
Workspace WORKSPACE
id  File_Name  Review_Status  QC_Status  QR  next_action
 1  Harbour_at_dusk_Rotterdam_Travel_Photography_001.JPG  Published  Top  8.62
 2  Harbour_at_dusk_Rotterdam_Travel_Photography_PENTAX_K100D_Super_2009_001.JPG  Approved  Top\
  8.57  photojournal publish 2
 3  Harbour_at_dusk_Rotterdam_Travel_Photography_002.JPG  Pending  Top  9.16\
  photojournal edit 3 --caption '...' --alt-text '...'
 4  Harbour_at_dusk_Rotterdam_Travel_Photography_003.JPG  Quarantined  ScoringUnreadable\
  photojournal replace 4 FILE
4 rows: 1 Published, 1 Approved, 1 Pending, 1 Quarantined
"""

SHOW_TEXT = """\
Workspace WORKSPACE
Row 2  Harbour_at_dusk_Rotterdam_Travel_Photography_PENTAX_K100D_Super_2009_001.JPG

Status  Approved
prefill  done, 1 attempt
score  done, 1 attempt
resize  done, 1 attempt
Decision  approved

Caption  A cat looks at us
Alt text  The head of a ginger cat
Keywords  Harbour at dusk, Rotterdam, Travel
Written by  anna
Finding  caption_short: 5 words, at least 7
Finding  keywords_few: 3 different, at least 6

Rating  8.57 of 10, Top (provisional)
Profile  embedded
Missing  clip_aesthetic_score, nima_score: not measured (profile embedded)

score  value  range  better  measured by  weights  device  size  time
blur_score  10  0 to 10  higher  photojournal.scorer 1  cpu  451 x 300  0 ms
brightness_score  9.3346  0 to 10  higher  photojournal.scorer 1  cpu  451 x 300  0 ms
contrast_score  5.0246  0 to 10  higher  photojournal.scorer 1  cpu  451 x 300  0 ms
brisque_score  5.4291  0 to 100  lower  photojournal.brisque 1  cd13b8274738  cpu  451 x 300  0 ms

Set  DAY-1
Folder  Travel
Subject  Harbour at dusk
Location  Rotterdam
Taken  2009:02:09 09:11:30
Camera  PENTAX K100D Super
Settings  1/6 sec, f/8, ISO 800, 55 mm
Original  TEMPLATE inbox/chelsea.jpg
Size  451 x 300 px, 53.4 kB, image/jpeg
SHA-256  SHA256
Pictures  web 300 x 200 (21.1 kB), thumb 60 x 40 (2.5 kB)

Next: photojournal publish 2
Its story: photojournal history 2
"""


def test_queue_lists_every_row_with_its_next_command(terminal: Terminal) -> None:
    """One line a row, then the counts."""
    said = terminal.type("queue")
    assert 0 == said.code
    assert QUEUE_TEXT == said.plain(terminal.root)
    assert "" == said.err


def test_queue_for_programs_has_every_column_and_nothing_else(terminal: Terminal) -> None:
    """`--json` is a list of objects with the columns of review_queue, in their order."""
    lines = terminal.type("queue", "--json").json
    assert [1, 2, 3, 4] == [line["id"] for line in lines]
    assert [list(QUEUE.names)] * 4 == [list(line) for line in lines]
    assert "photojournal publish 2" == lines[1]["next_action"]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (["2"], [2]),
        (["3", "1"], [1, 3]),
        (["china.jpg"], [3]),
        (["CHINA"], [3]),
        (["Harbour_at_dusk_Rotterdam_Travel_Photography_002"], [3]),
        (["--status", "pending"], [3]),
        (["--status", "Pending", "--status", "Published"], [1, 3]),
        (["--qc", "ScoringUnreadable"], [4]),
        (["--tier", "Top", "--status", "Approved"], [2]),
        (["--tier", "NA"], [4]),
        (["--run", "last"], [2]),
        (["--since", "2h"], [1, 2, 3, 4]),
        (["--since", "2100-01-01"], []),
        (["1", "2", "--status", "Pending"], []),
    ],
)
def test_rows_are_chosen(terminal: Terminal, words: list[str], rows: list[int]) -> None:
    """By id, by any name, by what they are; several ways together mean all of them."""
    said = terminal.type("queue", *words, "--ids")
    assert 0 == said.code
    assert rows == [int(line) for line in said.lines]


def test_ids_come_from_standard_input(terminal: Terminal) -> None:
    """`queue --ids` of one command is `-` of the next."""
    ids = terminal.type("queue", "--status", "Pending", "--ids").out
    assert ["3"] == terminal.type("queue", "-", "--ids", stdin=ids).lines
    assert [] == terminal.type("queue", "-", "--ids", stdin="").lines


def test_rows_of_a_set(terminal: Terminal) -> None:
    """`--set` takes what `sets` shows."""
    (only,) = terminal.type("sets", "--json").json
    assert 4 == len(terminal.type("queue", "--set", only["set_id"], "--ids").lines)


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["show", "nope"], "there is no row nope", "photojournal queue"),
        (["show", "99"], "there is no row 99", "photojournal queue"),
        (["queue", "--set", "x"], "there is no set x", "photojournal sets"),
        (["queue", "--run", "x"], "there is no run x", "photojournal runs"),
        (["queue", "--status", "Pendig"], "there is no status Pendig", "did you mean Pending?"),
        (["queue", "--at", "999"], "the journal ends at position 75", "photojournal events"),
        (["queue", "--at", "soon"], "there is no run soon", "photojournal runs"),
    ],
)
def test_what_is_not_there_is_said(
    terminal: Terminal, words: list[str], error: str, hint: str
) -> None:
    """A slip of the hand is exit code 2, with the next command."""
    said = terminal.type(*words)
    assert (2, f"Error: {error}\nHint: {hint}\n") == (said.code, said.err)


def test_a_name_of_several_rows_lists_them(terminal: Terminal, tmp_path: Path) -> None:
    """An original name that came in twice stands for both; neither is guessed."""
    from tests.driver.desk import Desk

    other = Desk(tmp_path / "two")
    other.ingest(other.photo("coffee", "IMG_1.jpg"))
    (other.inbox / "later").mkdir()
    later = other.photo("coffee", "later/IMG_1.jpg", ending=b"1")
    other.ingest(later)
    terminal.root = other.root
    said = terminal.type("show", "img_1.jpg")
    assert 2 == said.code
    assert "Error: img_1.jpg stands for several rows: 1 Harbour" in said.err
    assert ", 2 Harbour" in said.err
    assert "Hint: name one by its id: photojournal show 1\n" in said.err


def test_count_by(terminal: Terminal) -> None:
    """Rows are counted by any column, whatever its capitals."""
    said = terminal.type("queue", "--count-by", "quality_TIER", "--json")
    assert [
        {"quality_tier": "Top (provisional)", "rows": 3},
        {"quality_tier": "NA", "rows": 1},
    ] == (said.json)
    said = terminal.type("queue", "--count-by", "qr")
    assert "(none)  1" in said.plain()
    said = terminal.type("queue", "--count-by", "colour")
    assert 2 == said.code
    assert "Hint: columns: id, Folder," in said.err


def test_missing_scores(terminal: Terminal) -> None:
    """Rows that lack a metric of the full rating are listed, published ones too: which, and why."""
    embedded = "clip_aesthetic_score, nima_score: not measured (profile embedded)"
    failed = "failed (ScoringUnreadable: image file is truncated"
    said = terminal.type("queue", "--missing-scores", "--status", "Pending")
    assert embedded in said.out
    assert "1 row: 1 Pending" in said.out
    found = terminal.type("queue", "--missing-scores", "--json").json
    why = {one["Review_Status"]: one["metrics_missing_why"] for one in found}
    assert embedded == why["Published"] == why["Approved"] == why["Pending"]
    assert failed in why["Quarantined"]
    said = terminal.type("queue", "--missing-scores", "--count-by", "metrics_missing_why", "--json")
    assert [(3, embedded), (1, why["Quarantined"])] == [
        (one["rows"], one["metrics_missing_why"]) for one in said.json
    ]
    assert [] == terminal.type("queue", "--missing-scores", "--tier", "Good", "--json").json


def test_rows_that_lack_what_is_required_come_first(terminal: Terminal) -> None:
    """And are counted apart from those that another profile would measure more of."""
    said = terminal.type("queue", "--missing-scores")
    last = "1 row without a required score; 3 rows with all that were required when scored"
    assert last == said.lines[-1]
    assert ["4", "1", "2", "3"] == terminal.type("queue", "--missing-scores", "--ids").lines


def test_show(terminal: Terminal, template: Path) -> None:
    """Everything about a row that a person asks about."""
    said = terminal.type("show", "2")
    text = said.plain(terminal.root).replace(str(template), "TEMPLATE")
    assert SHOW_TEXT == re.sub(r"\d+ ms\b", "0 ms", text)


def test_show_of_a_row_with_a_failure_names_it(terminal: Terminal) -> None:
    """Every stage says how it stands."""
    text = terminal.type("show", "4").plain()
    assert "score  quarantined, 1 attempt, ScoringUnreadable: image file is truncated" in text
    assert "Next: photojournal replace 4 FILE" in text


def test_sets(terminal: Terminal) -> None:
    """A set with its labels, its rows, and the file that was refused."""
    (line,) = terminal.type("sets").plain(terminal.root).splitlines()[2:]
    assert (
        "DAY-1  Travel  Harbour at dusk  Rotterdam  4  1  0  TIME"
        "  1 Approved, 1 Pending, 1 Published, 1 Quarantined"
    ) == line
    (one,) = terminal.type("sets", "--json").json
    assert {"Approved": 1, "Pending": 1, "Published": 1, "Quarantined": 1} == one["by_status"]


def test_runs(terminal: Terminal) -> None:
    """Newest first; what is shown of an id is enough to choose its rows."""
    said = terminal.type("runs")
    assert "RUN-SHOWN  TIME  TIME  anna  ingest  4  12  done" == said.plain().splitlines()[-1]
    shown = said.lines[-2].split()[0]
    assert ["1", "2", "3", "4"] == terminal.type("queue", "--run", shown, "--ids").lines
    assert 2 == len(terminal.type("runs", "--limit", "2", "--json").json)
    assert "4 older ones" in terminal.type("runs", "--limit", "2").out


def test_status(terminal: Terminal) -> None:
    """The last run, the counts, what stands in the way, and one command; also without a verb."""
    said = terminal.type("status")
    lines = said.plain(terminal.root).splitlines()
    assert "Last run  photojournal decide, began TIME, ended TIME: done" == lines[1]
    assert "Rows  4: 1 Published, 1 Approved, 1 Pending, 1 Quarantined" == lines[2]
    assert "Due  1 approved row: photojournal publish" == lines[3]
    assert lines[4].startswith("Blocked  row 4 Harbour")
    assert "Next: photojournal queue --status Pending" == lines[-1]
    assert said.out.splitlines()[:3] == terminal.type().lines[:3]


def test_status_for_programs(terminal: Terminal) -> None:
    """One object."""
    found = terminal.type("status", "--json").json
    assert 4 == found["rows"]
    assert "done" == found["last_run"]["outcome"]
    assert "photojournal queue --status Pending" == found["next_command"]
    (blocked,) = found["blocked"]
    assert ("ScoringUnreadable", 1, 4) == (blocked["code"], blocked["rows"], blocked["id"])
    assert {
        *("events", "journal_bytes", "review_bytes", "logs_bytes", "site_bytes"),
        *("objects_bytes", "objects", "free_bytes", "drafts_bytes", "thumbs_bytes"),
    } == set(found["sizes"])


def test_looking_back(terminal: Terminal) -> None:
    """Position, time and run: every verb that looks shows what was then."""
    at_first = terminal.type("queue", "--at", "20")
    assert "As of position 20" == at_first.lines[1]
    assert "4 rows: 4 Queued" == at_first.lines[-1]
    assert [] == terminal.type("queue", "--at", "0", "--json").json
    runs = terminal.type("runs", "--json").json
    publish = next(one for one in runs if one["verb"] == "publish")
    then = terminal.type("show", "2", "--at", publish["run_id"], "--json")
    assert "Pending" == then.json["Review_Status"]
    assert then.err.startswith(f"As of the end of run {publish['run_id']} (position ")
    counts = terminal.type("status", "--at", publish["run_id"], "--json").json["by_status"]
    assert {"Published": 1, "Pending": 2, "Quarantined": 1} == counts
    assert 1 == len(terminal.type("sets", "--at", "20", "--json").json)
    assert 1 == len(terminal.type("runs", "--at", "20", "--json").json)
    assert 2 == len(terminal.type("history", "1", "--at", "20", "--json").json)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be set")
def test_a_time_without_offset_is_local_and_said_both_ways(terminal: Terminal) -> None:
    """Two hours ahead of UTC, in these tests."""
    said = terminal.type("queue", "--at", "2020-07-04 14:30")
    assert "As of 2020-07-04 14:30:00 local, 2020-07-04 12:30:00 UTC (position 0)" == said.lines[1]
    said = terminal.type("queue", "--at", "2020-07-04T14:30Z")
    assert "As of 2020-07-04 16:30:00 local, 2020-07-04 14:30:00 UTC (position 0)" == said.lines[1]


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["queue"],
        ["queue", "--at", "30"],
        ["show", "2"],
        ["history", "2"],
        ["blame", "2", "Caption"],
        ["diff", "20"],
        ["events"],
        ["runs"],
        ["sets"],
        ["replay"],
        ["replay", "--check"],
        ["replay", "2", "--step"],
        ["verify"],
    ],
)
def test_looking_leaves_no_trace(terminal: Terminal, words: list[str]) -> None:
    """Nothing is appended and no log, object or lock is touched."""
    before = terminal.head(), terminal.files()
    assert 0 == terminal.type(*words).code
    assert before == (terminal.head(), terminal.files())


def test_looking_works_where_the_read_models_cannot_be_written(terminal: Terminal) -> None:
    """Then they are made in a temporary place."""
    (terminal.root / "data" / "review.db").unlink()
    (terminal.root / "data" / "review.db").mkdir()
    assert 4 == len(terminal.type("queue", "--json").json)


def test_deleting_the_read_models_changes_nothing(terminal: Terminal) -> None:
    """They are made again from the journal."""
    before = terminal.type("queue", "--json").out
    for path in (terminal.root / "data").glob("review.db*"):
        path.unlink()
    assert before == terminal.type("queue", "--json").out


def test_a_new_workspace(terminal: Terminal, tmp_path: Path) -> None:
    """`init` makes it and says what comes next; a second time nothing changes."""
    new = tmp_path / "new" / "pictures"
    said = terminal.type_anywhere("init", new)
    assert 0 == said.code
    assert f"Workspace {new}" == said.lines[0]
    assert (new / "photojournal.toml").is_file()
    assert (new / "data" / "journal.db").is_file()
    assert "Nothing changed: it was one already." in terminal.type_anywhere("init", new).out
    terminal.root = new
    assert "Next: photojournal ingest FOLDER" in terminal.type("status").out
    assert "No rows." in terminal.type("queue").out
    assert "No sets yet." in terminal.type("sets").out
    assert "No runs yet." in terminal.type("runs").out
    assert [] == json.loads(terminal.type("queue", "--json").out)


def test_a_workspace_cannot_be_made_in_a_file(terminal: Terminal, tmp_path: Path) -> None:
    """Exit code 2, and nothing is made."""
    (tmp_path / "file").touch()
    said = terminal.type_anywhere("init", tmp_path / "file")
    assert 2 == said.code
    assert said.err.startswith("Error: cannot make a workspace in")


def claimed(program: Program) -> Shell:
    """Begin a run that works on the scores of row 3."""
    shell = Shell(program.workspace, program.journal, "score", ["score", "3"], effects=True)
    start = StartAttempt(stage="score", recipe_digest="x", claimed_by=shell.run_id)
    shell.ask(3, Retry(stage="score"), start)
    return shell


def test_a_run_at_work_is_shown_and_left_alone(terminal: Terminal, few_libraries: None) -> None:
    """status, runs and show say who works on what; no command would disturb it."""
    with Program(Workspace(terminal.root)) as program:
        shell = claimed(program)
        found = terminal.type("status", "--json").json
        assert [shell.run_id] == found["working"]
        assert "working" == found["last_run"]["outcome"]
        assert "photojournal repair" != found["next_command"]
        assert "At work  run RUN\n" in terminal.type("status").plain()
        assert "working" == terminal.type("runs", "--json").json[0]["outcome"]
        text = terminal.type("show", "3").out
        assert f"running, 2 attempts, claimed by run {shell.run_id}, which is at it" in text
        assert "1 at work" in terminal.type("doctor").out
        shell.release()


def test_a_run_that_died_is_shown_with_the_way_out(terminal: Terminal, few_libraries: None) -> None:
    """Looking settles nothing; it says what does."""
    with Program(Workspace(terminal.root)) as program:
        shell = claimed(program)
        shell.release()
    before = terminal.head()
    found = terminal.type("status", "--json").json
    assert ([], "died") == (found["working"], found["last_run"]["outcome"])
    assert "photojournal repair" == found["next_command"]
    assert "died without a word" in terminal.type("status").out
    assert f"claimed by run {shell.run_id}, which died" in terminal.type("show", "3").out
    doctor = terminal.type("doctor").out
    assert "1 run died without a word; something is open on 1 row" in doctor
    assert "Hint: photojournal repair" in doctor
    assert before == terminal.head()
    then = terminal.type("show", "3", "--at", str(before), "--json").json["stages"]["score"]
    assert (shell.run_id, "") == (then["claimed_by"], then["claim"])
