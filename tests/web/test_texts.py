"""Texts over the API: checked, saved, kept as drafts, compared, rated, replaced, approved."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from driver.drafts import Drafts
from driver.program import Program
from driver.workspace import Workspace
from tests.commands.cli import Terminal, copied
from tests.driver.desk import Desk as Before
from web.app import create_app
from web.desk import Desk
from web.guard import Guard

PORT = 8420
LONG = "x" * 126


class Browser:
    """A page's requests, with its cookie and its headers."""

    def __init__(self, root: Path) -> None:
        """Open the page on a workspace."""
        self.root = root
        self.program = Program(Workspace(root))
        self.desk = Desk(self.program)
        guard = Guard(PORT)
        self.client = TestClient(create_app(self.desk, guard), base_url=guard.base)
        self.client.get(guard.url)

    def get(self, path: str) -> Any:
        """Return what the server says."""
        answer = self.client.get(path)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def send(self, path: str, body: Any, *, method: str = "POST", status: int = 200) -> Any:
        """Send a body, and return what the server says, with the status that is expected."""
        headers = {"X-Photojournal": "1", "Idempotency-Key": uuid.uuid4().hex}
        answer = self.client.request(method, path, json=body, headers=headers)
        assert status == answer.status_code, answer.text
        return answer.json()

    def edit(self, row: int, *, status: int = 200, **body: Any) -> Any:
        """Edit a row, based on the text that stands there unless the body says otherwise."""
        seen = {"based_on": self.get(f"/api/rows/{row}")["texts"]["based_on"]}
        return self.send(f"/api/rows/{row}/edit", seen | body, status=status)

    def texts(self, row: int) -> dict[str, Any]:
        """Return the texts of a row."""
        found: dict[str, Any] = self.get(f"/api/rows/{row}")["texts"]
        return found

    def close(self) -> None:
        """Close the page and stop the server."""
        self.desk.close()
        self.program.__exit__()


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photos: rows 1 and 2 have texts by Anna, 3 and 4 those of a rule, 4 is approved."""
    before = Before(tmp_path_factory.mktemp("four") / "work")
    before.ingest(*(before.photo(one) for one in ("coffee", "chelsea", "china", "rocket")))
    before.work()
    caption = "A cup of black coffee stands on the table of a kitchen"
    before.write(1, caption, "A cup of coffee seen from above")
    before.write(2, "A ginger cat looks at us from an old red sofa", "The head of a ginger cat")
    before.write(4, "A rocket rises above a cloud of smoke and steam", "A rocket above smoke")
    before.approve(4)
    return before.root


@pytest.fixture
def page(four: Path, tmp_path: Path) -> Iterator[Browser]:
    """The page on those."""
    browser = Browser(copied(four, tmp_path / "work"))
    yield browser
    browser.close()


def codes(found: dict[str, Any]) -> set[str]:
    return {one["code"] for one in found["finding_list"]}


# --- as it is typed


def test_a_text_is_judged_as_it_is_typed_and_nothing_is_written(page: Browser) -> None:
    """The same rules as when it is saved, each with its meaning; lengths are characters."""
    head = page.program.journal.head.position
    asked = {"row": 1, "caption": "A quay", "alt_text": f"{LONG}ö", "keywords": ["a", "A"]}
    found = page.send("/api/check-text", asked)
    assert {"caption_short", "alt_text_long", "keywords_repeated"} <= codes(found)
    assert {"caption": 6, "alt_text": 127, "alt_text_target": 125, "alt_text_max": 250} == found[
        "lengths"
    ]
    assert all(one["meaning"].endswith(".") for one in found["finding_list"])
    assert head == page.program.journal.head.position
    saved = page.edit(1, caption="A quay", alt_text=f"{LONG}ö", keywords=["a", "A"])
    assert codes(found) == codes(saved["row"])


def test_a_text_for_a_row_that_is_not_there_is_refused(page: Browser) -> None:
    """404, like everything about it."""
    page.send(
        "/api/check-text", {"row": 99, "caption": "", "alt_text": "", "keywords": []}, status=404
    )
    page.send("/api/rows/99/edit", {"caption": "x", "based_on": ""}, status=404)
    page.send("/api/rows/99/draft", {"caption": "x", "based_on": ""}, method="PUT", status=404)
    page.send("/api/rating", {"row": 99, "QR": 5, "reason": "x"}, status=404)


# --- saving


def test_an_edit_is_one_step_that_one_undo_takes_back(page: Browser) -> None:
    """Texts and labels together; the answer is the row as it is by now."""
    before = page.texts(1)
    words = {"caption": "Another caption of seven words or more", "subject": "Coffee"}
    done = page.edit(
        1,
        caption=words["caption"],
        subject=words["subject"],
        keywords=["cup", "table"],
        location="Delft",
        new=True,
    )
    assert words["caption"] == done["row"]["texts"]["caption"]
    assert ("Coffee", "Delft") == (done["row"]["Subject"], done["row"]["labels"]["location"])
    assert done["step"].endswith("#1")
    assert "Delft" in page.get("/api/words")["location"]
    page.send("/api/undo", {"expect": done["step"]})
    assert before == page.texts(1)
    assert "" == page.edit(1, caption=before["caption"], based_on=before["based_on"])["step"]


def test_who_comes_second_sees_the_conflict_and_overwrites_nothing(page: Browser) -> None:
    """The text that stands there now, who wrote it, and when."""
    seen = page.texts(1)["based_on"]
    page.edit(1, caption="The first one was quicker than the second")
    said = page.edit(1, caption="The second one", based_on=seen, status=409)
    assert "the text of row 1 has changed since you saw it" == said["error"]
    assert "The first one was quicker than the second" == said["current"]["texts"]["caption"]
    assert "The first one was quicker than the second" == page.texts(1)["caption"]
    page.edit(1, caption="The second one", based_on=said["current"]["texts"]["based_on"])
    assert "The second one" == page.texts(1)["caption"]


def test_the_command_line_is_somebody_else_too(
    page: Browser, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process, another person: the page's edit is a conflict that names them."""
    seen = page.texts(1)["based_on"]
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "bob")
    Terminal(page.root, capsys, monkeypatch).type("edit", 1, "--caption", "By Bob")
    theirs = page.edit(1, caption="Mine", based_on=seen, status=409)["current"]
    assert ("bob", "edit") == (theirs["author"], theirs["verb"])
    assert "By Bob" == theirs["texts"]["caption"]


def test_a_label_that_somebody_else_changed_is_a_conflict_too(page: Browser) -> None:
    """A label that nobody else touched is not."""
    labels = page.get("/api/rows/1")["labels"]
    page.edit(1, subject="Theirs")
    said = page.edit(1, subject="Mine", seen=labels, status=409)
    assert "the subject of row 1 has changed" in said["error"]
    assert "Theirs" == said["current"]["labels"]["subject"]
    page.edit(1, location="Delft", seen=labels, new=True)
    assert {"subject": "Theirs", "location": "Delft"}.items() <= page.get("/api/rows/1")[
        "labels"
    ].items()


def test_an_approved_row_refuses_a_text_that_blocks(page: Browser) -> None:
    """It would go out like that."""
    said = page.edit(4, caption=" ", status=400)
    assert "row 4 is approved and would go out like that: caption_empty" == said["error"]


def test_a_word_like_a_known_one_has_to_be_meant(page: Browser) -> None:
    """A slip makes no new folder."""
    page.edit(1, location="Antwerpen", new=True)
    said = page.edit(2, location="Antwerpn", status=400)
    assert "has one like it" in said["error"]
    page.edit(2, location="Antwerpn", new=True)
    assert "Antwerpn" == page.get("/api/rows/2")["Location"]


def test_the_texts_before_are_there_with_who_wrote_them(page: Browser) -> None:
    """Newest first, the rule's text last; taking one is an edit."""
    page.edit(1, caption="Newer")
    versions = page.get("/api/rows/1/versions")
    assert ["Newer", "A cup of black coffee stands on the table of a kitchen"] == [
        one["caption"] for one in versions[:2]
    ]
    assert "rule" in versions[-1]["by"]
    older = {name: versions[-1][name] for name in ("caption", "alt_text", "keywords")}
    page.edit(1, **older)
    assert older == {name: page.texts(1)[name] for name in older}


# --- drafts


DRAFT = {"caption": "Half a sen", "keywords": ["one"]}


def test_a_draft_is_kept_until_it_is_saved(page: Browser) -> None:
    """It outlives the server, stands in the row and in the grid, and is no event."""
    head = page.program.journal.head.position
    seen = page.texts(1)["based_on"]
    kept = page.send("/api/rows/1/draft", DRAFT | {"based_on": seen}, method="PUT")
    again = Browser(page.root)
    draft = again.get("/api/rows/1")["draft"]
    untouched = dict.fromkeys(("alt_text", "category", "subject", "location", "seen"))
    assert DRAFT | untouched | {"based_on": seen, "at": kept["at"]} == draft
    (line,) = again.get("/api/lines?ids=1")["lines"]
    assert (True, head) == (line["has_draft"], again.program.journal.head.position)
    again.edit(1, caption="Half a sentence became a whole one here")
    assert again.get("/api/rows/1")["draft"] is None
    again.close()


def test_a_draft_can_be_discarded_and_a_damaged_one_is_none(page: Browser) -> None:
    """Twice, too."""
    path = page.root / "data" / "drafts" / "1.json"
    page.send("/api/rows/1/draft", DRAFT | {"based_on": ""}, method="PUT")
    for _ in range(2):
        page.send("/api/rows/1/draft", {}, method="DELETE")
    assert not path.exists()
    path.write_text("{")
    assert page.get("/api/rows/1")["draft"] is None


def test_a_backup_has_the_drafts_and_a_redaction_drops_that_of_its_row(
    page: Browser, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was typed is not lost with the disk, and does not quote what is to be forgotten."""
    step = page.edit(1, caption="Something that nobody should have said")["row"]["last_position"]
    page.edit(1, caption="Something else")
    for row in (1, 2):
        page.send(f"/api/rows/{row}/draft", DRAFT | {"based_on": ""}, method="PUT")
    page.desk.close()
    terminal = Terminal(page.root, capsys, monkeypatch)
    assert 0 == terminal.type("backup", page.root.parent / "safe").code
    restored = page.root.parent / "restored"
    assert 0 == terminal.type_anywhere("restore", page.root.parent / "safe", restored).code
    assert [1, 2] == sorted(Drafts(restored / "data").rows())
    assert 0 == terminal.type("redact", f"@{step}", "--reason", "asked for", "--yes").code
    assert [2] == list(Drafts(page.root / "data").rows())


def test_an_erased_row_takes_no_draft(
    page: Browser, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the one it had is gone, with what a writer that died left of it."""
    page.send("/api/rows/1/draft", DRAFT | {"based_on": ""}, method="PUT")
    (left := page.root / "data" / "drafts" / ".photojournal-x.tmp").write_text("typed")
    os.utime(left, (1, 1))
    page.desk.close()
    terminal = Terminal(page.root, capsys, monkeypatch)
    assert 0 == terminal.type("erase", 1, "--reason", "asked for", "--yes").code
    assert [] == list((page.root / "data" / "drafts").iterdir())
    body = DRAFT | {"based_on": ""}
    said = page.send("/api/rows/1/draft", body, method="PUT", status=400)
    assert "row 1 was erased" == said["error"]
    assert [] == list(Drafts(page.root / "data").rows())


# --- rating


def test_a_persons_rating_stands_in_the_row_with_its_reason(page: Browser) -> None:
    """The tier follows; undo and taking it away bring the measured one back."""
    measured = page.get("/api/rows/1")["QR"]
    done = page.send("/api/rating", {"row": 1, "QR": 9.5, "reason": "the light"})
    rating = done["row"]["rating"]
    assert (9.5, "Top", "the light") == (rating["QR"], rating["tier"], rating["override"]["reason"])
    assert (9.5, "Top", measured) == (
        done["row"]["QR"],
        done["row"]["quality_tier"],
        rating["measured"]["QR"],
    )
    page.send("/api/undo", {"expect": done["step"]})
    assert measured == page.get("/api/rows/1")["QR"]
    page.send("/api/rating", {"row": 1, "QR": 1, "reason": "blurred"})
    done = page.send("/api/rating", {"row": 1, "QR": None})
    assert (measured, None) == (done["row"]["QR"], done["row"]["rating"]["override"])
    assert "reason" in page.send("/api/rating", {"row": 1, "QR": 2}, status=400)["error"]


# --- many rows


def test_find_and_replace_does_what_its_plan_showed(page: Browser) -> None:
    """Before and after by text; one step; one undo."""
    before = [page.texts(row) for row in (1, 2, 3)]
    asked = {
        "rows": [1, 2, 3, 4],
        "find": "ginger",
        "replace": "red",
        "fields": ["caption", "alt_text"],
    }
    plan = page.send("/api/replace", asked | {"plan": True})
    assert (2, 1) == (plan["count"], plan["rows"])
    assert ("The head of a ginger cat", "The head of a red cat") == (
        plan["items"][1]["before"],
        plan["items"][1]["after"],
    )
    done = page.send("/api/replace", asked | {"plan": False, "expect": plan["digest"]})
    assert ["done"] == [one["outcome"] for one in done["answers"]]
    assert "The head of a red cat" == page.texts(2)["alt_text"]
    page.send("/api/undo", {"expect": done["step"]})
    assert before == [page.texts(row) for row in (1, 2, 3)]


def test_a_plan_that_is_no_longer_true_is_not_carried_out(page: Browser) -> None:
    """Nor one that nobody looked at."""
    asked = {"rows": [2], "find": "cat", "replace": "dog"}
    plan = page.send("/api/replace", asked)
    page.send("/api/replace", asked | {"plan": False}, status=400)
    page.edit(2, caption="The cat has gone out for the whole of this evening")
    said = page.send("/api/replace", asked | {"plan": False, "expect": plan["digest"]}, status=409)
    assert "the texts have changed since the plan was shown" == said["error"]
    assert "dog" not in page.texts(2)["caption"]


def test_an_expression_may_name_groups_and_plain_words_mean_themselves(page: Browser) -> None:
    """Capitals count if they are said to; `.` is a full stop unless it is an expression."""

    def after(**asked: Any) -> list[str]:
        plan = page.send("/api/replace", {"rows": [2], "fields": ["caption"]} | asked)
        return [one["after"] for one in plan["items"]]

    swapped = after(find=r"(\w+) (cat)", replace=r"\2 \1", regex=True)
    assert ["A cat ginger looks at us from an old red sofa"] == swapped
    assert [] == after(find="GINGER", match_case=True)
    assert [] == after(find=".", replace="x")
    assert [r"A \1 cat looks at us from an old red sofa"] == after(find="ginger", replace=r"\1")


@pytest.mark.parametrize(
    ("find", "replace", "complaint"),
    [
        (r"^(a|aa)+$", "", "takes too long: it can match in too many ways"),
        (r"(a", "", "is no expression"),
        (r"a", r"\7", "cannot be put in"),
        (r"((a{999}){999}){999}", "", "repeats something more than 10,000 times"),
        (r"(?:)", "x" * 500, "more than 10,000 characters"),
    ],
)
def test_an_expression_that_cannot_be_meant_is_refused(
    page: Browser, find: str, replace: str, complaint: str
) -> None:
    """Also one whose search would never end: the server goes on."""
    page.edit(1, caption="a" * 90 + "!", based_on="")
    asked = {"rows": [1, 2], "find": find, "replace": replace, "regex": True}
    assert complaint in page.send("/api/replace", asked, status=400)["error"]


def test_replacing_vouches_for_no_text_that_nobody_checked(page: Browser) -> None:
    """Rows whose text a rule wrote keep their badge."""
    texts = page.texts(3)
    word = next(one for one in texts["caption"].split() if one in texts["alt_text"].split())
    asked = {"rows": [3], "find": word, "replace": "Else"}
    plan = page.send("/api/replace", asked)
    assert {"caption", "alt_text"} <= {one["field"] for one in plan["items"]}
    page.send("/api/replace", asked | {"plan": False, "expect": plan["digest"]})
    assert page.get("/api/rows/3")["grounded"] is False


def test_keywords_that_become_the_same_or_empty_are_one_or_none(page: Browser) -> None:
    """Each is replaced for itself."""
    page.edit(1, keywords=["red boat", "boat", "blue", "x"])
    asked = {"rows": [1], "find": "red |^x$", "replace": "", "fields": ["keywords"], "regex": True}
    plan = page.send("/api/replace", asked)
    assert [("red boat, boat, blue, x", "boat, blue")] == [
        (one["before"], one["after"]) for one in plan["items"]
    ]


def test_clean_rows_are_those_that_nothing_stands_against(page: Browser) -> None:
    """All of them are approved as one step; the others are counted by reason."""
    words = ["cup", "coffee", "table", "kitchen", "morning", "spoon", "saucer"]
    page.edit(1, keywords=words)
    found = page.get("/api/clean?sample=10")
    assert ([1], [1]) == (found["clean"], found["sample"])
    assert 3 == sum(found["not_clean"].values())
    assert 1 == found["not_clean"]["decided already"]
    assert 2 == found["not_clean"]["findings on its text"]
    done = page.send("/api/decisions", {"rows": found["clean"], "decision": "approve"})
    assert ["done"] == [one["outcome"] for one in done["answers"]]
    assert [] == page.get("/api/clean")["clean"]
