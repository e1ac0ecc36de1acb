"""The page while its server is away, and once it is back."""

import re

from playwright.sync_api import Page, expect

from commands.app import run
from tests.web.browser.album import ALIKE
from tests.web.browser.conftest import SOON_MS, Served
from tests.web.browser.test_review import cell, messages

expect.set_options(timeout=SOON_MS)


def test_while_the_server_is_away_nothing_is_decided_and_then_it_goes_on(
    page: Page, served: Served
) -> None:
    """A banner says so; the page connects again by itself and catches up with what it missed."""
    alike = page.context.new_page()
    alike.goto(served.url("#/runs"))
    expect(alike.locator(".runs")).to_be_visible()
    served.stop()
    banner = page.locator(".away")
    expect(banner).to_be_visible()
    alike.get_by_role("link", name="Alike").click()
    expect(alike.locator(".page-view")).to_have_text("the server cannot be reached")
    page.keyboard.press("P")
    expect(messages(page)).to_contain_text("Nothing is decided while the server is away.")
    assert run(["-w", str(served.root), "pick", "4", "--yes"]) == 0
    served.start()
    expect(banner).to_have_count(0)
    expect(cell(page, 4)).to_have_attribute("aria-label", re.compile("picked"))
    page.keyboard.press("P")
    expect(cell(page, 1)).to_have_attribute("aria-label", re.compile("picked"))
    expect(alike.get_by_role("region", name=f"Group of {ALIKE}")).to_be_visible()


def test_a_photo_opened_while_the_server_is_away_is_shown_once_it_is_back(
    page: Page, served: Served
) -> None:
    """Picture and texts; until then the page says why there are none, E too."""
    page.keyboard.press("Enter")
    expect(page.locator(".panel textarea").first).to_be_visible()
    served.stop()
    page.goto(served.url("#/row/20"))
    expect(page.locator(".panel")).to_contain_text("The server is away")
    page.keyboard.press("E")
    expect(messages(page)).to_contain_text("No text can be edited: the server is away.")
    served.start(anew=True)
    expect(page.locator(".away")).to_contain_text("The server was started again: open the link")
    page.context.new_page().goto(served.link)
    expect(page.locator(".panel textarea").first).to_be_visible()
    expect(page.locator(".no-picture")).to_have_count(0)


def test_a_refusal_is_said_once_covers_no_button_and_leaves_with_the_view(
    page: Page, served: Served
) -> None:
    """Of photos that are compared, whose buttons stand where messages are shown."""
    page.goto(served.url("#/compare/1,2"))
    page.locator(".pane").nth(1).wait_for()
    served.stop()
    expect(page.locator(".away")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("P")
    expect(page.locator(".toast")).to_have_count(1)
    toast = page.locator(".toast").bounding_box()
    foot = page.locator(".pane-foot").first.bounding_box()
    assert toast is not None
    assert foot is not None
    assert toast["y"] + toast["height"] <= foot["y"]
    page.keyboard.press("G")
    expect(page.locator(".toast")).to_have_count(0)
    served.start()
