"""The page for everybody: what axe finds, in both themes and on a telephone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web.browser.conftest import PHONE, WIDE, Served, opened

VIEWS = ("#/", "#/row/3", "#/compare/28,29,30", "#/similar", "#/runs", "#/triage")


def faults(page: Page, theme: str = "dark") -> list[str]:
    """What axe finds fault with, as `rule: element`; of the light theme, the colours alone."""
    rules = {} if theme == "dark" else {"runOnly": ["color-contrast"]}
    found = Axe().run(page, options={"resultTypes": ["violations"], **rules})
    return [
        f"{page.url.rpartition('#')[2]} {fault['id']}: {node['html'][:160]}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param(WIDE, "dark", id="wide, dark"),
        pytest.param(WIDE, "light", id="wide, light"),
        pytest.param(PHONE, "dark", id="phone, dark"),
        pytest.param(PHONE, "light", id="phone, light", marks=pytest.mark.soak),
    ],
)
def test_no_view_keeps_anybody_out(
    chromium: Browser, served: Served, size: tuple[int, int], theme: str
) -> None:
    """Names, roles, contrast, focus: nothing that axe knows is wrong on any view or in the help."""
    found = list[str]()
    for page in opened(chromium, served, size, theme=theme, touch=size == PHONE):
        for view in VIEWS:
            page.goto(served.url(view))
            page.locator("h1").first.wait_for(state="attached")
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
            found += faults(page, theme)
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()
        found += faults(page, theme)
    assert found == []
