"""The verbs that do something, as they are typed: words, exit codes, and what stands afterwards."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.commands.cli import Said, Terminal
from tests.driver.desk import SAMPLES


def statuses(terminal: Terminal) -> dict[int, str]:
    lines = terminal.type("queue", "--json").json
    return {line["id"]: line["Review_Status"] for line in lines}


def line(terminal: Terminal, row: int) -> dict[str, Any]:
    found: dict[str, Any] = terminal.type("queue", row, "--json").json[0]
    return found


def way_back(said: Said) -> list[str]:
    """Return the command that a verb printed to bring everything back, as it is typed."""
    (command,) = re.findall(r"^The way back: photojournal (.*)$", said.out, re.MULTILINE)
    return shlex.split(command)


def newest(terminal: Terminal, verb: str) -> str:
    runs = terminal.type("runs", "--json").json
    found: str = next(run["run_id"] for run in runs if run["verb"] == verb)
    return found


# --- ingest and run


def test_ingest_says_what_became_of_each_file(terminal: Terminal, tmp_path: Path) -> None:
    """Refused ones with their reason, exit code 10; the next command is named."""
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "good.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    (folder / "twin.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    (folder / "text.jpg").write_text("no photo", "utf-8")
    said = terminal.type("ingest", folder, "--subject", "Rocket", "--category", "Space")
    assert 10 == said.code
    assert re.search(r"good\.jpg +ingested +5 +Rocket_Space_Photography_001\.JPG", said.out)
    assert re.search(r"twin\.jpg +skipped +5 .*the same bytes as row 5", said.out)
    assert re.search(r"text\.jpg +refused .*the bytes are not those of a photo", said.out)
    assert "3 files: 1 ingested, 1 refused, 1 skipped" in said.out
    assert "Next: photojournal run --set " in said.out
    again = terminal.type("ingest", folder / "good.jpg")
    assert (0, "Nothing changed.") == (again.code, again.lines[-1])


def test_ingest_of_nothing_is_a_mistake(terminal: Terminal, tmp_path: Path) -> None:
    """A path that is not there begins nothing."""
    said = terminal.type("ingest", tmp_path / "misspelt")
    assert (2, True) == (said.code, "Error: there is nothing at" in said.err)


def test_run_goes_from_the_folder_to_the_review(terminal: Terminal) -> None:
    """And says at the end how many rows are where, with the command for each group."""
    said = terminal.type("run", SAMPLES / "rocket.jpg", "--subject", "Rocket")
    assert 0 == said.code, said.out + said.err
    assert "Pending" == statuses(terminal)[5]
    assert re.search(r"Pending +1  photojournal edit 5 ", said.out)
    again = terminal.type("run", SAMPLES / "rocket.jpg", "--subject", "Rocket")
    assert 0 == again.code
    assert "Nothing changed." in again.lines


def test_run_approves_and_publishes_only_where_it_is_told(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that nobody checked need the owner's setting, and the approval records it."""
    said = terminal.type("run", "--approve-at", "0", "--publish")
    assert 0 == said.code, said.out
    assert "Left for the review: row 3 cannot be approved" in said.out
    assert {1: "Published", 2: "Published", 3: "Pending", 4: "Quarantined"} == statuses(terminal)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_ALLOW_UNGROUNDED", "true")
    assert 0 == terminal.type("run", "--approve-at", "9.9", "--publish").code
    assert "Pending" == statuses(terminal)[3]
    assert 0 == terminal.type("run", "--approve-at", "5", "--publish").code
    assert "Published" == statuses(terminal)[3]
    story = terminal.type("history", "3").out
    assert "unchecked text let through by the owner's setting" in story


def test_run_counts_the_failures_that_are_allowed(terminal: Terminal) -> None:
    """A damaged photo costs exit code 10, unless so many may fail."""
    terminal.type("release", "4", "--reason", "again")
    assert 0 == terminal.type("run", "--allow-failed", "1").code
    terminal.type("release", "4", "--reason", "again")
    said = terminal.type("run")
    assert 10 == said.code
    assert "Error: row 4 " in said.err
    assert "Hint: Put a mended copy in its place: photojournal replace 4 FILE" in said.err


def test_run_does_so_many_rows_and_stops_in_time(terminal: Terminal, tmp_path: Path) -> None:
    """`--limit` counts rows with something to do; `--until` begins nothing after its time."""
    photos = tmp_path / "more"
    photos.mkdir()
    for number in range(3):
        (photos / f"{number}.jpg").write_bytes(
            (SAMPLES / "coffee.jpg").read_bytes() + b"%d" % number
        )
    terminal.type("ingest", photos)
    assert 0 == terminal.type("run", "--limit", "2").code
    assert ["Pending", "Pending", "Queued"] == [statuses(terminal)[row] for row in (5, 6, 7)]
    said = terminal.type("run", "--until", "nine")
    assert (2, True) == (said.code, "Error: `nine` is no time of day" in said.err)
    said = terminal.type("run", photos, "--status", "Pending")
    assert (2, True) == (said.code, "either photos to take in, or rows to choose" in said.err)


@pytest.mark.parametrize("verb", ["prefill", "score", "resize"])
def test_a_stage_that_is_done_is_not_done_again(verb: str, terminal: Terminal) -> None:
    """Nothing changed, exit code 0, and the journal is as long as before."""
    head = terminal.head()
    said = terminal.type(verb)
    assert (0, "Nothing changed.", head) == (said.code, said.lines[-1], terminal.head())
    terminal.type("retry", "3", "--stage", verb)
    said = terminal.type(verb, "3")
    assert re.search(rf"^{verb} +1 +1 +0 +0$", said.out, re.MULTILINE), said.out


# --- decisions


def test_approve_refuses_a_text_that_nobody_checked(terminal: Terminal) -> None:
    """With the two ways out; what is not ready says what to type."""
    said = terminal.type("approve", "3", "4")
    assert 2 == said.code
    assert "Error: row 3 " in said.err
    assert "row 3 cannot be approved: nobody checked its text against the picture" in said.err
    assert "(or set [publish] allow_ungrounded = true)" in said.err
    assert "Hint: photojournal replace 4 FILE" in said.err
    terminal.type("edit", "3", "--caption", "A roof", "--alt-text", "A temple's roof in the sun")
    said = terminal.type("approve", "3", "4")
    assert 10 == said.code
    assert "Approved: 1 row (3 " in said.out


def test_reject_needs_the_row_to_be_down(terminal: Terminal) -> None:
    """A published row has to be withdrawn first; a rejected one can be brought back."""
    said = terminal.type("reject", "1", "--reason", "no")
    assert (2, True) == (said.code, "Hint: photojournal withdraw 1" in said.err)
    assert 0 == terminal.type("withdraw", "1").code
    assert 0 == terminal.type("reject", "1", "--reason", "no").code
    assert "Rejected" == statuses(terminal)[1]
    again = terminal.type("reject", "1")
    assert (0, "Nothing changed.") == (again.code, again.lines[-1])
    assert 0 == terminal.type("pick", "1").code


def test_rows_that_a_filter_found_are_counted_and_confirmed(terminal: Terminal) -> None:
    """Without a terminal nobody can answer, so nothing is done."""
    head = terminal.head()
    said = terminal.type("pick", "--tier", "Top")
    assert (2, head) == (said.code, terminal.head())
    assert "Pick 3 rows: 1 " in said.out
    assert "Hint: look at it with --dry-run, then give --yes" in said.err
    assert 0 == terminal.type("pick", "--tier", "Top", "--yes").code
    assert 0 == terminal.type("pick", "-", stdin="").code


def test_a_dry_run_says_what_would_be_refused(terminal: Terminal) -> None:
    """And changes nothing."""
    head = terminal.head()
    said = terminal.type("reject", "1", "2", "--dry-run")
    assert (10, head) == (said.code, terminal.head())
    assert "Would be rejected: 1 row (2 " in said.out
    assert "row 1 is published: take it down first" in said.err
    assert "Dry run: nothing was changed." == said.lines[-1]


def test_editing_a_set_gives_its_rows_other_names(terminal: Terminal) -> None:
    """The plan first; what was published keeps its name; the set has the new label, too."""
    set_id = line(terminal, 3)["set_id"]
    head = terminal.head()
    said = terminal.type("edit", "--set", set_id, "--location", "Delft", "--dry-run")
    assert (0, head) == (said.code, terminal.head())
    assert re.search(r"3 +Harbour_at_dusk_Rotterdam_\S+ +Harbour_at_dusk_Delft_\S+", said.out)
    assert "Row 1 keeps the name" in said.out
    former = line(terminal, 3)["File_Name"]
    assert 0 == terminal.type("edit", "--set", set_id, "--location", "Delft", "--yes").code
    assert line(terminal, 3)["File_Name"].startswith("Harbour_at_dusk_Delft_Travel")
    assert "Rotterdam" in line(terminal, 1)["File_Name"]
    assert "Delft" == line(terminal, 1)["Location"]
    assert "photojournal publish 1" == line(terminal, 1)["next_action"]
    (only,) = terminal.type("sets", "--json").json
    assert "Delft" == only["Location"]
    assert 3 == line(terminal, former)["id"]
    assert (terminal.root / "data" / "prefill_qc_last.json").is_file()
    assert 0 == terminal.type("undo", "--yes").code
    assert "Rotterdam" == line(terminal, 1)["Location"]
    assert "Rotterdam" == terminal.type("sets", "--json").json[0]["Location"]
    assert 0 == terminal.type("redo", "--yes").code
    assert "Delft" == terminal.type("sets", "--json").json[0]["Location"]


def test_edit_wants_something_to_change(terminal: Terminal) -> None:
    """And says nothing changed where it is so already."""
    said = terminal.type("edit", "2")
    assert (2, True) == (said.code, "Error: say what to change" in said.err)
    said = terminal.type("edit", "2", "--caption", "A cat looks at us")
    assert (0, "Nothing changed.") == (said.code, said.lines[-1])
    said = terminal.type("edit", "2", "--keywords", " cat, , ginger,cat ", "--json")
    assert ["done"] == [one["outcome"] for one in said.json]
    assert "cat, ginger" == line(terminal, 2)["Keywords"]


def test_rename_keeps_names_apart(terminal: Terminal) -> None:
    """Taken names are refused, former ones come back, several rows are numbered."""
    former = line(terminal, 3)["File_Name"]
    assert 0 == terminal.type("rename", "3", "--to", "Temple roof").code
    assert "Temple_roof.JPG" == line(terminal, 3)["File_Name"]
    said = terminal.type("rename", "2", "--to", "temple_ROOF")
    assert (2, True) == (said.code, "is taken by another row" in said.err)
    said = terminal.type("rename", "1", "--to", "New")
    assert (2, True) == (said.code, "its name stays" in said.err)
    assert 0 == terminal.type("rename", "3", "--to", former).code
    assert former == line(terminal, 3)["File_Name"]
    assert 0 == terminal.type("rename", "2", "3", "--to", "Series").code
    names = [line(terminal, row)["File_Name"] for row in (2, 3)]
    assert ["Series_001.JPG", "Series_002.JPG"] == names
    assert 2 == terminal.type("rename", "3", "--to", "...").code


def test_release_needs_a_reason(terminal: Terminal) -> None:
    """The reason is what helps when it happens again."""
    assert 2 == terminal.type("release", "4").code
    said = terminal.type("release", "4", "--reason", "file mended")
    assert (0, "Queued") == (said.code, statuses(terminal)[4])
    said = terminal.type("release", "3", "--reason", "x")
    assert (0, "Nothing changed.") == (said.code, said.lines[-1])


# --- publishing and going back


def test_publish_says_why_a_row_is_due_or_not(terminal: Terminal) -> None:
    """The dry run lists files; a row that is not ready says what to type."""
    said = terminal.type("publish", "--dry-run")
    files = r"2009/travel/\S+ 2009/thumbs/travel/\S+"
    assert re.search(rf"2 +\S+ +yes  approved +\d[\d.]* kB +{files}", said.out)
    assert re.search(r"^1 row due: 2 files, about \d[\d.]* kB\.$", said.out, re.MULTILINE)
    assert ["Into: 2009/thumbs/travel, 2009/travel"] == said.lines[-3:-2]
    said = terminal.type("publish", "1", "3", "--dry-run")
    assert re.search(r"1 +\S+ +no +published as approved", said.out)
    assert re.search(r"3 +\S+ +no +it is Pending", said.out)
    said = terminal.type("publish")
    assert (0, "1 row published.") == (said.code, said.lines[-2])
    assert f"Look at it: {terminal.root / 'site' / 'index.html'}" == said.lines[-1]
    said = terminal.type("publish")
    why = "Nothing changed: every approved row is published as it was approved."
    assert (0, why) == (said.code, said.lines[-2])
    assert said.lines[-1].endswith("pending review: photojournal queue --status Pending")
    said = terminal.type("publish", "3")
    assert (10, True) == (said.code, "Hint: photojournal edit 3" in said.err)


def test_withdraw_takes_down_and_can_be_taken_back(terminal: Terminal) -> None:
    """The printed way back leads back."""
    terminal.type("publish")
    files = sorted(terminal.files())
    said = terminal.type("withdraw", "1", "2")
    assert (2, files) == (said.code, sorted(terminal.files()))
    said = terminal.type("withdraw", "1", "2", "--yes", "--reason", "rights")
    assert 0 == said.code, said.out + said.err
    assert ["Withdrawn", "Withdrawn"] == [statuses(terminal)[row] for row in (1, 2)]
    assert [] == [path for path in terminal.files() if path.startswith("site/2009")]
    back = terminal.type(*way_back(said), "--yes")
    assert 0 == back.code, back.out + back.err
    assert ["Published", "Published"] == [statuses(terminal)[row] for row in (1, 2)]
    again = terminal.type("withdraw", "3")
    assert (0, "Nothing changed.") == (again.code, again.lines[-1])


def test_rollback_of_a_row_names_what_is_lost_and_the_way_back(terminal: Terminal) -> None:
    """A text of a person is shown in full before it stops counting."""
    said = terminal.type("rollback", "2", "--to", "6")
    assert 2 == said.code
    for words in ("caption: A cat looks at us", "alt text: The head of a ginger cat"):
        assert f"  {words}" in said.lines
    said = terminal.type("rollback", "2", "--to", "6", "--yes")
    assert 0 == said.code
    assert "rule:metadata" == line(terminal, 2)["text_author"]
    back = terminal.type(*way_back(said), "--yes")
    assert 0 == back.code
    assert ("Approved", "human:anna") == (
        statuses(terminal)[2],
        line(terminal, 2)["text_author"],
    )


def test_rollback_of_a_run_keeps_rows_that_were_worked_on_later(terminal: Terminal) -> None:
    """They are listed, exit code 10; `--including-later` takes them and names lost texts."""
    run = newest(terminal, "run")
    said = terminal.type("rollback", "--run", run, "--yes")
    assert 10 == said.code, said.out + said.err
    assert "Kept: row 2 " in said.out
    assert "prefill changed later" in said.out
    assert {1: "Published", 2: "Approved", 3: "Queued", 4: "Quarantined"} == statuses(terminal)
    said = terminal.type("rollback", "--run", run, "--including-later", "--dry-run")
    assert "Row 2 loses a text that a person wrote:" in said.lines
    said = terminal.type("rollback", "2", "--run", run, "--including-later", "--yes")
    assert 0 == said.code
    assert "" == line(terminal, 2)["Caption"]


def test_rollback_of_a_set_needs_to_know_where_to(terminal: Terminal) -> None:
    """To a status, or to a moment."""
    set_id = line(terminal, 3)["set_id"]
    said = terminal.type("rollback", "--set", set_id, "--yes")
    assert (2, True) == (said.code, "--set SET with --to-status or --to-position" in said.err)
    said = terminal.type("rollback", "--set", set_id, "--to-status", "Queued", "--yes")
    assert 0 == said.code, said.out + said.err
    assert ["Queued"] * 3 == [statuses(terminal)[row] for row in (1, 2, 3)]
    assert "Quarantined" == statuses(terminal)[4], "a quarantine is a fact"
    assert [] == [path for path in terminal.files() if path.startswith("site/undated")]
    back = terminal.type(*way_back(said), "--yes")
    assert 0 == back.code, back.out + back.err
    assert "Published" == statuses(terminal)[1]
    said = terminal.type("rollback", "--set", set_id, "--to-position", "5", "--yes")
    assert "Rejected" == statuses(terminal)[4]
    assert 2 == terminal.type("rollback", "1", "--to", "3", "--to-status", "Queued").code
    assert 2 == terminal.type("rollback", "1", "2", "--to", "3", "--yes").code
    said = terminal.type("rollback", "1", "--to", "4711")
    assert (2, True) == (said.code, "Hint: photojournal history 1" in said.err)


def test_undo_and_redo_are_typed_without_thinking(terminal: Terminal) -> None:
    """They say which step it was, and what brings it back."""
    said = terminal.type("undo")
    assert 0 == said.code, said.out + said.err
    assert said.lines[1].startswith("The newest step: photojournal decide, ")
    assert "Pending" == statuses(terminal)[2]
    assert ["redo"] == way_back(said)
    assert 0 == terminal.type("redo").code
    assert "Approved" == statuses(terminal)[2]
    said = terminal.type("redo")
    assert (0, "Nothing changed: there is no undo to take back.") == (said.code, said.lines[-1])
    terminal.type("undo")
    assert 0 == terminal.type("undo", "--yes").code
    said = terminal.type("undo", "1")
    assert 2 == said.code
    assert "Error: undo stops at a publication" in said.err
    assert "Hint: photojournal withdraw 1 (or: photojournal rollback --run " in said.err


def test_undo_names_the_newer_steps_that_left_nothing_to_take_back(terminal: Terminal) -> None:
    """A wish that was typed changes no part of a row; nobody wonders why something else goes."""
    assert 0 == terminal.type("retry", "2", "--stage", "resize", "--yes").code
    said = terminal.type("undo", "--dry-run")
    assert said.lines[1].startswith("Passed over: photojournal retry, ")
    assert said.lines[1].endswith(": nothing of it is left to take back")
    assert said.lines[2].startswith("The step before: photojournal decide, ")


def test_repair_has_nothing_to_do_on_a_good_day(terminal: Terminal) -> None:
    """And appends nothing."""
    head = terminal.head()
    said = terminal.type("repair")
    assert (0, "Nothing changed.", head) == (said.code, said.lines[-1], terminal.head())
    assert "Nothing is open." == terminal.type("repair", "--dry-run").lines[-1]


def test_the_doing_verbs_tell_programs_what_became_of_each_row(terminal: Terminal) -> None:
    """A list of objects, one for each row, file or stage."""
    assert [{"row": 3, "outcome": "done"}] == [
        {"row": one["row"], "outcome": one["outcome"]}
        for one in terminal.type("pick", "3", "--json").json
    ]
    said = terminal.type("ingest", SAMPLES / "rocket.jpg", "--json")
    assert [("ingested", 5)] == [(one["outcome"], one["row"]) for one in said.json]
    said = terminal.type("score", "5", "--json")
    assert [("score", 1, 0)] == [(one["stage"], one["done"], one["failed"]) for one in said.json]
    said = terminal.type("publish", "--json")
    assert [(2, "published")] == [(one["row"], one["outcome"]) for one in said.json]
    said = terminal.type("withdraw", "1", "--json")
    assert [(1, "done")] == [(one["row"], one["outcome"]) for one in said.json]
    said = terminal.type("undo", "3", "--json")
    assert [(3, "done")] == [(one["row"], one["outcome"]) for one in said.json]
    said = terminal.type("run", "--json")
    assert ["prefill", "score", "resize"] == [one["stage"] for one in said.json[0]["stages"]]


def test_undo_says_that_a_name_stays(terminal: Terminal) -> None:
    """Names belong to their rows; how the former one comes back is said, not done in silence."""
    former = line(terminal, 3)["File_Name"]
    assert 0 == terminal.type("edit", "3", "--caption", "A temple at dawn").code
    assert 0 == terminal.type("rename", "3", "--to", "Wrong").code
    said = terminal.type("undo", "--yes")
    back = f"photojournal rename 3 --to {former}"
    assert f"Row 3 keeps the name Wrong.JPG: the former one comes back by {back}" in said.out
    assert "Wrong.JPG" == line(terminal, 3)["File_Name"]
