"""What the page says is so: what was refused, what is not rated yet, and texts that are scripts."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance
from playwright.sync_api import Page, expect

from commands.app import run
from driver.taking_back import TakingBack
from tests.adapters.photos import SAMPLES
from tests.web.browser.album import PHOTOS
from tests.web.browser.conftest import SOON_MS, Served
from tests.web.browser.test_review import cell, messages

expect.set_options(timeout=SOON_MS)

SCRIPT = '"><img src=x onerror="window.ran=1"><script>window.ran=2</script>'


def test_scripts_in_texts_and_names_are_shown_as_text_and_run_nowhere(
    page: Page, served: Served, tmp_path: Path
) -> None:
    """In caption, keywords, labels, EXIF, the photo's name, a reason, its history and a diff."""
    photo = tmp_path / "a'-alert(1)-'<img src=x onerror=alert(1)>.jpg"
    exif = Image.Exif()
    exif[0x010E] = exif[0x0110] = exif[0x013B] = SCRIPT
    Image.new("RGB", (90, 60), "navy").save(photo, exif=exif)
    command = ["-w", str(served.root)]
    assert run([*command, "ingest", str(photo), "--subject", SCRIPT]) == 0
    words = ["--caption", SCRIPT, "--alt-text", SCRIPT, "--keywords", SCRIPT]
    row = PHOTOS + 1
    assert run([*command, "edit", str(row), *words, "--rating", "9", "--reason", SCRIPT]) == 0
    page.reload()
    expect(cell(page, row)).to_contain_text("onerror=alert(1)>.jpg")
    for tab in ("Texts", "Timeline"):
        page.goto(served.url(f"#/row/{row}"))
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(".side-body")).to_contain_text("<script>window.ran=2</script>")
    page.goto(served.url("#/"))
    cell(page, row).click()
    page.keyboard.press("Control+A")
    page.get_by_role("button", name="Find and replace").click()
    page.get_by_role("dialog").get_by_label("Find", exact=True).fill("window.ran")
    expect(page.get_by_role("dialog").locator("tbody tr").first).to_contain_text("<script>")
    assert page.evaluate("[window.ran ?? 0, document.querySelectorAll('[src=x]').length]") == [0, 0]


def test_an_undo_that_is_refused_for_a_row_says_so(
    page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else decided about it at the same moment."""
    cell(page, 2).click()
    cell(page, 3).click(modifiers=["Shift"])
    page.keyboard.press("X")
    expect(messages(page)).to_contain_text("Rejected: 2")
    as_planned = TakingBack.roll_back

    def overtaken(back: TakingBack, plan: Any, reason: str) -> Any:
        if plan.row == 3:
            assert run(["-w", str(served.root), "pick", "3"]) == 0
        return as_planned(back, plan, reason)

    monkeypatch.setattr(TakingBack, "roll_back", overtaken)
    page.keyboard.press("U")
    expect(messages(page)).to_contain_text("Undone: reject, IMG_0002.jpg")
    expect(messages(page).get_by_role("alert")).to_contain_text(
        "IMG_0003.jpg: decision changed since the plan was made"
    )


def test_of_photos_that_nobody_rated_yet_none_is_called_the_best(
    page: Page, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have just come in; they can be compared, and one of them kept."""
    monkeypatch.setattr("web.similar.CHECKED_EVERY_S", 0)
    with Image.open(SAMPLES / "flower.jpg") as sample:
        flower = sample.convert("RGB").crop((0, 0, 300, 200))
    for number in (1, 2):
        light = ImageEnhance.Brightness(flower).enhance(1 + number / 50)
        light.save(tmp_path / f"new{number}.jpg", quality=90)
    photos = [str(tmp_path / f"new{number}.jpg") for number in (1, 2)]
    assert run(["-w", str(served.root), "ingest", *photos]) == 0
    page.get_by_role("link", name="Alike").click()
    group = page.get_by_role("region", name="Group of 2")
    expect(group).to_contain_text("none is rated yet")
    expect(group.get_by_role("button", name="Keep the best")).to_be_disabled()
    group.get_by_role("button", name="Compare").click()
    expect(page.locator(".pane")).to_have_count(2)
    page.keyboard.press("K")
    expect(messages(page)).to_contain_text("Kept new1.jpg of 2")
