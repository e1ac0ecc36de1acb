"""The page for everybody: what axe finds, in both themes and on a telephone."""

from collections.abc import Sequence
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web.browser.conftest import PHONE, WIDE, Served, opened

Theme = Literal["dark", "light"]
VIEWS = ("#/", "#/row/3", "#/compare/28,29,30", "#/similar", "#/runs", "#/triage")


def faults(page: Page, theme: Theme = "dark") -> list[str]:
    """What axe finds fault with, as `rule: element`; of the light theme, the colours alone."""
    rules = {} if theme == "dark" else {"runOnly": ["color-contrast"]}
    found = Axe().run(page, options={"resultTypes": ["violations"], **rules})
    return [
        f"{page.url.rpartition('#')[2]} {fault['id']}: {node['html'][:160]}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]


def faults_in(page: Page, themes: Sequence[Theme]) -> list[str]:
    """What axe finds fault with in these themes, of which the person's system changes into each."""
    found = list[str]()
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        found += faults(page, theme)
    return found


@pytest.mark.parametrize(
    ("size", "themes"),
    [
        pytest.param(WIDE, ("dark", "light"), id="wide"),
        pytest.param(PHONE, ("dark",), id="phone, dark"),
        pytest.param(PHONE, ("light",), id="phone, light", marks=pytest.mark.soak),
    ],
)
def test_no_view_keeps_anybody_out(
    chromium: Browser, served: Served, size: tuple[int, int], themes: Sequence[Theme]
) -> None:
    """Names, roles, contrast, focus: nothing that axe knows is wrong on any view or in the help."""
    found = list[str]()
    for page in opened(chromium, served, size, touch=size == PHONE):
        for view in VIEWS:
            page.goto(served.url(view))
            page.locator("h1").first.wait_for(state="attached")
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
            found += faults_in(page, themes)
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()
        found += faults_in(page, themes)
    assert found == []
