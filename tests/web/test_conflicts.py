"""Somebody else was quicker: what a draft began with, and who it was."""

from typing import Any

from tests.web.visitor import Visitor, events_of


def refused(page: Visitor, row: int, **body: Any) -> Any:
    """Edit a row for which somebody else was quicker, and return what the page is told."""
    answer = page.send(f"/api/rows/{row}/edit", body)
    assert 409 == answer.status_code, answer.text
    return answer.json()


def test_a_draft_of_a_label_says_which_labels_were_seen(page: Visitor) -> None:
    """Opened after somebody else changed one, it is a conflict, not an edit."""
    row = page.get("/api/rows/1")
    based_on = row["texts"]["based_on"]
    typed = {"subject": "Mine", "based_on": based_on, "seen": row["labels"]}
    page.click("/api/rows/1/edit", {"subject": "Theirs", "based_on": based_on})
    assert 200 == page.send("/api/rows/1/draft", typed, method="PUT").status_code
    draft = page.get("/api/rows/1")["draft"]
    assert typed == {name: draft[name] for name in typed}
    said = refused(page, 1, **typed)
    assert "the subject of row 1 has changed since you saw it" == said["error"]
    assert "Theirs" == page.get("/api/rows/1")["Subject"]


def test_a_conflict_names_who_changed_what_it_is_about(page: Visitor) -> None:
    """The label's change, not the text's, which is newer; asked for or in the way."""
    row = page.get("/api/rows/1")
    based_on = row["texts"]["based_on"]
    page.click("/api/rows/1/edit", {"subject": "Theirs", "based_on": based_on})
    changed = page.get("/api/rows/1")["last_position"]
    page.click("/api/rows/1/edit", {"caption": "A newer text", "based_on": based_on})
    said = refused(page, 1, subject="Mine", based_on=based_on, seen=row["labels"])["current"]
    assert ("anna", "review") == (said["author"], said["verb"])
    assert [said["at"]] == [
        one.at for one in events_of(page.root, "row/1") if one.position == changed
    ]
    assert said == page.get("/api/rows/1/current", field="subject")
    assert "" == page.get("/api/rows/7/current", field="text")["verb"]
