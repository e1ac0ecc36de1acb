"""What stands beside, below and over a photo that is looked at."""

import re

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


def test_the_film_strip_shows_the_neighbours_and_a_click_goes_there(page: Page) -> None:
    """At most thirteen frames exist, each with its picture; keys go on from where a click led."""
    page.keyboard.press("Enter")
    film = page.get_by_role("navigation", name="Film strip")
    frames = film.get_by_role("button")
    current = film.locator("[aria-current]")
    expect(frames).to_have_count(7)
    frames.nth(5).click()
    expect(page).to_have_url(re.compile("#/row/6$"))
    expect(frames).to_have_count(12)
    page.keyboard.press("Space")
    expect(current).to_have_accessible_name("IMG_0007.jpg, undecided")
    expect(frames).to_have_count(13)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.film img')].filter(one => one.naturalWidth).length"
        " === 13"
    )
    page.keyboard.press("X")
    expect(film.get_by_label("IMG_0007.jpg, rejected")).to_have_class(re.compile("rejected"))
    expect(current).to_have_accessible_name("IMG_0008.jpg, undecided")


def test_the_film_strip_is_hidden_by_a_key_for_good_and_on_a_phone(page: Page) -> None:
    """The browser keeps the wish; the picture takes the room."""
    page.keyboard.press("Enter")
    film = page.get_by_role("navigation", name="Film strip")
    expect(film).to_be_visible()
    expect(page.locator(".panel textarea").first).to_be_visible()
    low = page.locator(".zoom").evaluate("zoom => zoom.clientHeight")
    page.keyboard.press("F")
    expect(film).to_have_count(0)
    page.wait_for_function(f"document.querySelector('.zoom').clientHeight > {low}")
    page.reload()
    expect(page.locator(".panel textarea").first).to_be_visible()
    expect(film).to_have_count(0)
    page.get_by_role("button", name="Film strip").click()
    expect(film).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(film).to_have_count(0)
    expect(page.get_by_role("button", name="Film strip")).to_have_count(0)


def test_a_photo_is_listed_by_both_its_names_everywhere(page: Page, served: Served) -> None:
    """By the camera's and by that of its file in the gallery: in the grid, the panel and a plan."""
    (line,) = served.desk.looking().models.queue([1])
    both = f"{line['Original_File_Name']} {line['File_Name']}"
    assert line["Original_File_Name"] != line["File_Name"]
    page.locator('[role=gridcell][data-row="1"]').click()
    expect(page.locator('[role=gridcell][data-row="1"] .names')).to_have_text(both)
    expect(page.locator(".side h2 .names")).to_have_text(both)
    page.keyboard.press("A")
    expect(page.get_by_text("Approved", exact=True).first).to_be_visible()
    page.get_by_role("banner").get_by_role("button", name="Publish ...").click()
    expect(page.get_by_role("dialog").locator("tbody .names")).to_have_text([both])
