"""The panel as a person uses it: edited by keyboard, two at once, a tab that dies, many rows."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from commands.app import run
from tests.web.browser.album import PHOTOS, WRITTEN
from tests.web.browser.conftest import SOON_MS, Served
from tests.web.browser.test_access import faults

expect.set_options(timeout=SOON_MS)

WORDS = "A cat sleeps on the warm roof of a harbour shed"


def field(page: Page, label: str) -> Locator:
    """A field of the panel."""
    return page.locator(".panel").get_by_label(label, exact=True)


def go(page: Page, served: Served, row: int) -> None:
    """Show a row in the loupe, its panel ready."""
    page.goto(served.url(f"#/row/{row}"))
    expect(page.locator(f'.panel[data-row="{row}"] textarea').first).to_be_visible()


def caption(served: Served, row: int) -> str:
    """Return the caption of a row, from its events."""
    return served.desk.row(row).decided.prefill.text.caption


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait for something outside the page."""
    for _ in range(SOON_MS // 50):
        if is_so():
            return
        page.wait_for_timeout(50)
    pytest.fail("it did not come to that")


def test_texts_keywords_and_labels_are_edited_by_keyboard_alone(page: Page, served: Served) -> None:
    """E, the fields one after the other, Ctrl+Enter; the next key decides; one undo."""
    before = caption(served, 1)
    page.keyboard.press("Enter")
    page.keyboard.press("e")
    expect(field(page, "Caption")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(WORDS)
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("x" * 126)
    expect(page.locator(".length")).to_have_text("126 of 250: best up to 125")
    expect(page.locator(".hints").filter(has_text="takes long to listen to")).to_be_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type("A cat on a roof")
    expect(page.locator(".length")).to_have_text("15 of 125")
    page.keyboard.press("Tab")
    expect(field(page, "Add a keyword")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("pax")
    expect(field(page, "Add a keyword")).to_have_value("pax")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    for _ in range(3):
        page.keyboard.press("Backspace")
        page.keyboard.press("End")
    page.keyboard.type("cat,roof,")
    page.keyboard.type("harbour")
    page.keyboard.press("Enter")
    page.keyboard.type("half typed")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Saved")
    text = served.desk.row(1).decided.prefill.text
    assert (WORDS, "A cat on a roof") == (text.caption, text.alt_text)
    assert ("cat", "roof", "harbour", "half typed") == text.keywords[-4:]
    page.keyboard.press("a")
    expect(page).to_have_url(re.compile(r"#/row/2"))
    assert "approved" == served.desk.row(1).decided.decision.value
    page.keyboard.press("u")
    page.keyboard.press("u")
    until(page, lambda: caption(served, 1) == before)


def test_what_is_typed_right_behind_the_key_that_edits_is_text(page: Page, served: Served) -> None:
    """However long the fields take to come: no letter of it decides."""
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("e")
    page.keyboard.type("x axis p ")
    expect(field(page, "Caption")).to_have_value(re.compile("x axis p "))
    expect(page).to_have_url(re.compile("#/row/2"))
    assert "undecided" == served.desk.row(2).decided.decision.value


def test_keywords_are_pasted_as_a_list_and_removed_by_arrow_and_delete(
    page: Page, served: Served
) -> None:
    """A word that is there is not added twice."""
    go(page, served, 1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    known = page.locator(".chip").count()
    page.evaluate("navigator.clipboard.writeText('one; two\\nMORNING, three')")
    field(page, "Add a keyword").focus()
    page.keyboard.press("Control+V")
    expect(page.locator(".chip")).to_have_count(known + 3)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Remove keyword two")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator(".chip")).to_have_count(known + 2)
    expect(page.get_by_role("button", name="Remove keyword three")).to_be_focused()


def test_of_two_people_the_second_sees_both_texts_and_nothing_is_overwritten(
    page: Page, served: Served
) -> None:
    """Compared word by word, merged by hand, saved as the merge; the rest stays theirs."""
    go(page, served, 2)
    field(page, "Caption").fill("The second one says this")
    expect(page.locator(".saving")).to_contain_text("Draft kept")
    other = page.context.new_page()
    go(other, served, 2)
    field(other, "Caption").fill("The first one says that")
    field(other, "Alt text").fill("By the first one")
    other.keyboard.press("Control+Enter")
    expect(other.locator(".toast")).to_contain_text("Saved")
    expect(page.locator(".notice.warn")).to_contain_text("has changed since you began")
    until(page, lambda: list(served.desk.drafts.rows()) == [2])
    page.locator(".saving").get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"by you \(\w+\) in another tab"))
    expect(dialog.locator("del").first).to_contain_text("first")
    expect(dialog.locator("ins").first).to_contain_text("second")
    assert faults(page) == []
    assert "The first one says that" == caption(served, 2)
    expect(dialog.get_by_label("Alt text to save")).to_have_count(0)
    dialog.get_by_label("Caption to save").fill("Both of them say this")
    served.stop()
    dialog.get_by_role("button", name="like this").click()
    expect(field(page, "Caption")).to_have_value("Both of them say this")
    served.start()
    expect(page.locator(".saving")).to_contain_text("Draft kept")
    page.locator(".saving").get_by_role("button", name="Save").click()
    expect(page.locator(".toast", has_text="Saved")).to_be_visible()
    assert "Both of them say this" == caption(served, 2)
    assert "By the first one" == served.desk.row(2).decided.prefill.text.alt_text


def test_a_draft_of_a_label_that_was_changed_elsewhere_overwrites_nothing(
    page: Page, served: Served
) -> None:
    """Opened later, it says so, and by whom and with what it was changed."""
    go(page, served, 2)
    field(page, "Subject").fill("Mine")
    expect(page.locator(".saving")).to_contain_text("Draft kept")
    go(page, served, 3)
    assert 0 == run(["-w", str(served.root), "edit", "2", "--subject", "Theirs"])
    go(page, served, 2)
    expect(page.locator(".notice.warn")).to_contain_text("The subject has changed since you began")
    expect(field(page, "Subject")).to_have_value("Mine")
    page.locator(".notice").get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"by you \(\w+\) with photojournal edit, 20"))
    expect(dialog.get_by_label("Subject to save")).to_have_value("Mine")
    assert "Theirs" == served.desk.row(2).decided.labels.subject


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
def test_a_tab_that_is_killed_while_typing_has_its_draft_back(page: Page, served: Served) -> None:
    """A second after the last keystroke, in a keyword that is half typed; the tab dies for real."""
    before = caption(served, 3)
    go(page, served, 3)
    field(page, "Caption").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Typed and never saved", delay=20)
    field(page, "Add a keyword").focus()
    page.keyboard.type("half a keyword")
    page.wait_for_timeout(1000)
    assert page.context.browser is not None
    session = page.context.browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    for process in processes:
        if process["type"] == "renderer":
            os.kill(process["id"], getattr(signal, "SIGKILL", signal.SIGTERM))
    time.sleep(0.5)  # until the browser knows that its spare process is gone, too
    tab = page.context.new_page()
    go(tab, served, 3)
    expect(field(tab, "Caption")).to_have_value("Typed and never saved")
    expect(tab.get_by_role("button", name="Remove keyword half a keyword")).to_be_visible()
    expect(tab.locator(".notice")).to_contain_text(re.compile(r"Draft of .*, not saved\."))
    assert before == caption(served, 3)
    tab.get_by_role("button", name="Discard").first.click()
    expect(field(tab, "Caption")).to_have_value(before)
    expect(tab.locator(".toast")).to_contain_text("Bring it back")
    tab.get_by_role("button", name="Bring it back").click()
    expect(field(tab, "Caption")).to_have_value("Typed and never saved")


def type_while_away(page: Page, served: Served) -> None:
    """Type a caption of row 3 while no server is there."""
    go(page, served, 3)
    served.stop()
    field(page, "Caption").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Typed for nobody")
    expect(page.locator(".saving")).to_contain_text("kept in this browser")


def test_what_was_typed_while_the_server_was_away_is_sent_once_it_is_back(
    page: Page, served: Served
) -> None:
    """Also where it was started anew; before that, the browser asks before it closes the tab."""
    type_while_away(page, served)
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    asked.value.dismiss()
    served.start(anew=True)
    other = page.context.new_page()
    other.goto(served.link)
    expect(page.locator(".saving")).to_contain_text("Draft kept")
    page.evaluate("localStorage.clear()")
    go(other, served, 3)
    expect(field(other, "Caption")).to_have_value("Typed for nobody")


def test_what_was_typed_while_the_server_was_away_outlives_its_tab(
    page: Page, served: Served
) -> None:
    """The browser offers its copy like a draft, until somebody discards it; an approval asks."""
    before = caption(served, 3)
    type_while_away(page, served)
    tab = page.context.new_page()
    page.close()
    served.start(anew=True)
    tab.goto(served.link)
    tab.locator("[role=gridcell]").first.wait_for()
    tab.keyboard.press("Control+A")
    tab.keyboard.press("a")
    asked = tab.get_by_role("dialog", name="Unsaved drafts")
    expect(asked).to_contain_text(f"1 of {PHOTOS} photos have unsaved drafts")
    expect(asked).to_contain_text("IMG_0003.jpg")
    asked.get_by_role("button", name="Cancel").click()
    assert list(served.desk.drafts.rows()) == []
    go(tab, served, 3)
    expect(field(tab, "Caption")).to_have_value("Typed for nobody")
    expect(tab.locator(".notice")).to_contain_text(re.compile(r"Draft of .*, not saved\."))
    expect(tab.locator(".saving")).to_contain_text("Draft kept")
    tab.get_by_role("button", name="Discard").first.click()
    tab.reload()
    expect(field(tab, "Caption")).to_have_value(before)


def test_what_is_not_saved_stays_a_draft_on_leaving_and_the_page_says_so(
    page: Page, served: Served
) -> None:
    """Unless the person chose to save on leaving: then that is said, and can be undone."""
    before = caption(served, 4)
    go(page, served, 4)
    field(page, "Caption").fill("Not saved yet")
    field(page, "Caption").blur()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".toast")).to_contain_text("a draft is kept, not saved")
    assert before == caption(served, 4)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".toast").last).to_contain_text("Saved")
    assert "Not saved yet" == caption(served, 4)
    page.get_by_label("save when I go to another photo").check()
    row = int(re.findall(r"row/(\d+)", page.url)[0])
    field(page, "Caption").fill("Saved on leaving")
    field(page, "Caption").blur()
    page.keyboard.press("ArrowRight")
    until(page, lambda: caption(served, row) == "Saved on leaving")
    row += 1
    assert 0 == run(["-w", str(served.root), "approve", str(row), "--yes"])
    field(page, "Caption").fill(" ")
    field(page, "Caption").blur()
    page.keyboard.press("ArrowRight")
    refused = page.locator(".toast.bad")
    expect(refused).to_contain_text(f"not saved: row {row} is approved and would go out like that")
    assert " " != caption(served, row)


def test_an_approval_asks_first_what_becomes_of_a_draft(page: Page, served: Served) -> None:
    """Esc approves nothing, Enter saves and approves; of many, those with drafts are named."""
    before = caption(served, 7)
    go(page, served, 7)
    field(page, "Caption").fill("Typed and not saved yet")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="A draft is not saved")
    expect(dialog).to_contain_text("Not saved: caption.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert ("undecided", before) == (
        served.desk.row(7).decided.decision.value,
        caption(served, 7),
    )
    until(page, lambda: list(served.desk.drafts.rows()) == [7])

    page.keyboard.press("g")
    page.keyboard.press("Control+A")
    page.keyboard.press("a")
    many = page.get_by_role("dialog", name="Unsaved drafts")
    expect(many).to_contain_text(f"1 of {PHOTOS} photos have unsaved drafts")
    expect(many).to_contain_text("IMG_0007.jpg")
    many.get_by_role("button", name=f"Approve the other {PHOTOS - 1}").click()
    expect(page.locator(".toast", has_text=f"Approved: {WRITTEN - 1}")).to_be_visible()
    assert "undecided" == served.desk.row(7).decided.decision.value

    go(page, served, 7)
    page.keyboard.press("a")
    expect(dialog).to_be_visible()
    page.keyboard.press("Enter")
    until(page, lambda: served.desk.row(7).decided.decision.value == "approved")
    assert "Typed and not saved yet" == caption(served, 7)


def test_a_draft_that_is_refused_before_an_approval_is_told_once(
    page: Page, served: Served
) -> None:
    """Where no panel is shown, by a message that names the photo."""
    assert 0 == run(["-w", str(served.root), "approve", "9", "--yes"])
    go(page, served, 9)
    field(page, "Caption").fill(" ")
    expect(page.locator(".saving")).to_contain_text("Draft kept")
    page.goto(served.url("#/compare/9,10"))
    page.locator(".pane").nth(1).wait_for()
    page.keyboard.press("a")
    page.get_by_role("button", name="Save and approve").click()
    refused = page.locator(".toast.bad")
    expect(refused).to_contain_text("IMG_0009.jpg: not saved: row 9 is approved and would go out")
    expect(refused).to_have_count(1)


def test_a_text_that_cannot_be_approved_as_saved_points_to_its_draft(
    page: Page, served: Served
) -> None:
    """Nobody looked at the saved text; the draft is by a person."""
    go(page, served, WRITTEN + 1)
    field(page, "Caption").fill(WORDS)
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_contain_text("Draft kept")
    page.keyboard.press("a")
    page.get_by_role("button", name="Approve the saved text").click()
    expect(page.locator(".toast.bad")).to_contain_text("Your draft is not saved: Ctrl+S")


def test_a_suggestion_is_shown_word_by_word_and_taken_with_a_click(
    page: Page, served: Served
) -> None:
    """The text before is among the earlier ones, and comes back with a click, too."""
    before = WORDS
    for words in (
        ("edit", "5", "--caption", before),
        ("retry", "5", "--stage", "prefill"),
        ("prefill", "5"),
    ):
        assert 0 == run(["-w", str(served.root), *words])
    go(page, served, 5)
    suggestion = page.get_by_label("Suggestions by models").locator(".other").first
    expect(suggestion.locator("del").first).to_be_visible()
    suggestion.get_by_role("button", name="Take").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    expect(suggestion).to_contain_text("as in the fields")
    assert before != caption(served, 5)
    page.locator("summary").click()
    page.locator("details .other").first.get_by_role("button", name="Take").click()
    expect(field(page, "Caption")).to_have_value(before)


def test_a_rating_is_given_with_its_reason_and_taken_away(page: Page, served: Served) -> None:
    """The page says whose it is and what was measured."""
    go(page, served, 6)
    page.get_by_role("button", name="Rate it yourself").click()
    expect(page.get_by_label("0 to 10")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("9.5")
    page.get_by_label("Why").fill("the light")
    page.keyboard.press("Enter")
    expect(page.locator(".rating")).to_contain_text("9.50 Top")
    expect(page.locator(".rating")).to_contain_text("the light (measured: ")
    page.get_by_role("button", name="Let the scores count again").click()
    expect(page.locator(".rating")).not_to_contain_text("the light")
