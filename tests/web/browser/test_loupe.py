"""What stands beside, below and over a photo that is looked at."""

from playwright.sync_api import Page, expect

from tests.web.browser.conftest import SOON_MS, Served

expect.set_options(timeout=SOON_MS)


def test_e_leads_from_the_timeline_to_the_caption(page: Page) -> None:
    """In the grid and in the loupe; the tab that is chosen stays for the next photo."""
    for where in ("grid", "loupe"):
        page.get_by_role("tab", name="Timeline").click()
        expect(page.locator(".timeline li").first).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("E")
        caption = page.get_by_role("textbox", name="Caption", exact=True)
        expect(caption, where).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")


def test_on_a_phone_what_is_said_covers_no_button_of_photos_that_are_compared(
    phone: Page, served: Served
) -> None:
    """The panes make room for it, scrolled or not."""
    phone.goto(served.url("#/compare/1,2,25,26"))
    panes = phone.locator(".pane")
    expect(panes).to_have_count(4)
    for row in (25, 26):
        pane = phone.locator(f'.pane[data-row="{row}"]')
        pane.get_by_role("button", name="Approve").tap()
        expect(phone.locator(".toast", has_text=f"IMG_00{row}.jpg")).to_be_visible()
        for button in phone.locator(".pane .button, .bar .button").all():
            button.click(trial=True)
