"""Many rows at once, as a person sees it: find and replace, and the clean ones."""

from playwright.sync_api import Page, expect

from commands.app import run
from tests.web.browser.album import PHOTOS, WRITTEN
from tests.web.browser.conftest import SOON_MS, Served
from tests.web.browser.test_editing import caption, field, go, until

expect.set_options(timeout=SOON_MS)


def test_find_and_replace_shows_its_plan_and_is_undone_as_a_whole(
    page: Page, served: Served
) -> None:
    """A text that changed meanwhile: a new plan; in all selected rows; the toast has the undo."""
    before = [caption(served, row) for row in range(1, 31)]
    page.keyboard.press("Control+A")
    page.get_by_role("button", name="Find and replace").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Find", exact=True).fill("morning")
    dialog.get_by_label("Replace with").fill("evening")
    dialog.get_by_label("Keywords").uncheck()
    expect(dialog.get_by_role("status")).to_have_text("24 texts of 24 rows would change.")
    expect(dialog.locator("tbody tr").first.locator("ins")).to_have_text("evening")
    before[0] = "A morning of another kind, by somebody who was quicker"
    assert 0 == run(["-w", str(served.root), "edit", "1", "--caption", before[0]])
    dialog.get_by_role("button", name="Replace in 24 rows").click()
    expect(dialog.get_by_role("alert")).to_contain_text("have changed since the plan was shown")
    expect(dialog.locator("tbody tr").first).to_contain_text("of another kind")
    dialog.get_by_role("button", name="Replace in 24 rows").click()
    expect(page.locator(".toast")).to_contain_text("Replaced in 24 rows")
    assert "evening" in caption(served, 1)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast").last).to_contain_text("Undone")
    assert before == [caption(served, row) for row in range(1, 31)]


def test_the_clean_ones_are_shown_and_approved_as_one_step(page: Page, served: Served) -> None:
    """Some at random with texts, the count, why others are not among them, and who has a draft."""
    go(page, served, 7)
    field(page, "Caption").fill("Typed and not saved yet")
    until(page, lambda: list(served.desk.drafts.rows()) == [7])
    field(page, "Caption").blur()
    page.keyboard.press("g")
    page.get_by_role("button", name="Approve clean ones").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text(f"{WRITTEN} rows are clean")
    expect(dialog.locator(".sample li")).to_have_count(10)
    expect(dialog.locator(".sample li").first).to_contain_text("in the light of the morning, frame")
    expect(dialog).to_contain_text(f"Not clean: {PHOTOS - WRITTEN} (")
    dialog.get_by_role("button", name="Show 10 others").click()
    dialog.get_by_role("button", name=f"Approve all {WRITTEN}").click()
    expect(dialog).to_contain_text(f"1 of {WRITTEN} photos have unsaved drafts")
    dialog.get_by_role("button", name=f"Approve the other {WRITTEN - 1}").click()
    expect(page.locator(".toast", has_text=f"Approved: {WRITTEN - 1}")).to_be_visible()
    assert WRITTEN - 1 == [
        served.desk.row(row).decided.decision.value for row in range(1, PHOTOS + 1)
    ].count("approved")
