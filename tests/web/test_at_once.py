"""Two people, or two processes, on one row at the same moment: nothing of either is lost."""

from pathlib import Path

from msgspec.structs import replace

from driver.decisions import ask_one
from driver.drafts import Draft, Drafts
from driver.editing import Edit, carry_out_edit, plan_edit
from driver.program import Program
from driver.workspace import Workspace
from machine.intents import Intent, Relabel
from machine.row import Row
from tests.web.visitor import Visitor


def test_a_label_that_is_changed_at_the_same_moment_is_not_overwritten(page: Visitor) -> None:
    """By another process, after this one looked and before it appends."""
    labels = page.desk.row(1).decided.labels
    mine = Edit(subject="Mine", seen=labels)
    with page.desk.step() as shell:
        plan = plan_edit(shell, [1], mine)
        for other in (Edit(location="Delft"), Edit(subject="Theirs")):
            carry_out_edit(shell, plan_edit(shell, [1], other), other)
        (refused,) = carry_out_edit(shell, plan, mine)
    assert ("refused", "the subject of row 1 has changed since you saw it") == (
        refused.outcome,
        refused.detail,
    )
    assert "Theirs" == page.get("/api/rows/1")["labels"]["subject"]


def test_what_is_asked_is_worked_out_anew_where_another_process_was_first(page: Visitor) -> None:
    """Two labels that two people change at once are both changed."""
    calls: list[str] = []

    def intents(row: Row) -> list[Intent]:
        if not calls:
            with Program(Workspace(page.root)) as program, program.run("edit") as other:
                ask_one(other, 1, lambda now: [_relabel(now, location="Delft")])
        calls.append(row.decided.labels.location)
        return [_relabel(row, subject="Mine")]

    with page.desk.step() as shell:
        assert "done" == ask_one(shell, 1, intents).outcome
    assert 2 == len(calls)
    both = page.get("/api/rows/1")["labels"]
    assert ("Mine", "Delft") == (both["subject"], both["location"])


def _relabel(row: Row, **labels: str) -> Relabel:
    return Relabel(labels=replace(row.decided.labels, **labels))


def test_a_draft_is_not_replaced_by_an_older_one_that_comes_later(tmp_path: Path) -> None:
    """Nor dropped by a save of what was there before it: requests overtake each other."""
    drafts = Drafts(tmp_path)
    drafts.write(1, Draft(caption="The newer", at="2026-07-14T18:00:02Z"))
    drafts.write(1, Draft(caption="The", at="2026-07-14T18:00:01Z"))
    drafts.drop(1, "2026-07-14T18:00:01Z")
    kept = drafts.read(1)
    assert kept is not None
    assert "The newer" == kept.caption
    drafts.drop(1, "2026-07-14T18:00:03Z")
    drafts.write(1, Draft(caption="The newest", at="2026-07-14T18:00:02Z"))
    assert drafts.read(1) is None


def test_a_text_that_nobody_saw_is_not_approved(page: Visitor) -> None:
    """It came in between the look at the row and the key; what was seen is approved."""
    (line,) = page.get("/api/lines", ids=1)["lines"]
    edit = {"caption": "Another text that comes in at the last moment", "based_on": ""}
    page.click("/api/rows/1/edit", edit)
    page.decide("pick", 1)
    (late,) = page.decide("approve", 1, seen=[line["last_position"]])["answers"]
    assert ("refused", "row 1 has another text than the one that you saw") == (
        late["outcome"],
        late["detail"],
    )
    (line,) = page.get("/api/lines", ids=1)["lines"]
    page.decide("reject", 1)
    (done,) = page.decide("approve", 1, seen=[line["last_position"]])["answers"]
    assert "done" == done["outcome"]


def test_a_clean_row_that_changed_since_is_not_approved_with_the_others(page: Visitor) -> None:
    """The answer about clean rows says when it was true."""
    found = page.get("/api/clean")
    assert page.get("/api/rows")["position"] == found["position"]
    edit = {"caption": "Another text that comes in at the last moment", "based_on": ""}
    page.click("/api/rows/1/edit", edit)
    (late,) = page.decide("approve", 1, seen=[found["position"]])["answers"]
    assert "refused" == late["outcome"]
