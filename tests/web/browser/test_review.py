"""The page as a person uses it: by keyboard, by mouse, by touch."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from commands.app import run
from tests.web.browser.album import ALIKE, PHOTOS, SIZE, WRITTEN
from tests.web.browser.conftest import SOON_MS, Served

LAST = PHOTOS
UNCHECKED = WRITTEN + 1
"""The first photo whose text nobody checked against the picture."""
BEST = PHOTOS - ALIKE + 1

expect.set_options(timeout=SOON_MS)


def cell(page: Page, row: int) -> Locator:
    """The cell of a row in the grid."""
    return page.locator(f'[role=gridcell][data-row="{row}"]')


def spoken(page: Page) -> Locator:
    """What a screen reader says."""
    return page.locator("#spoken")


def messages(page: Page) -> Locator:
    """The corner where the page says what came of it."""
    return page.get_by_label("Messages")


def deciding(page: Page, name: str) -> Locator:
    """The button for a decision."""
    return page.get_by_role("group", name="Decide").get_by_role("button", name=name)


def decisions(served: Served) -> dict[int, str]:
    """What is decided about each row, from the read models."""
    lines = served.desk.looking().models.queue(range(1, PHOTOS + 1))
    return {line["id"]: line["decision"] for line in lines}


def write(page: Page, caption: str, alt_text: str) -> None:
    """Write the texts of the photo in the loupe, by keyboard, and save them."""
    press = page.keyboard.press
    press("E")
    field = page.get_by_role("textbox", name="Caption", exact=True)
    expect(field).to_be_focused()
    press("Control+A")
    page.keyboard.type(caption)
    press("Tab")
    press("Control+A")
    page.keyboard.type(alt_text)
    press("Control+Enter")
    expect(page.locator(":focus:is(input, textarea)")).to_have_count(0)
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()


def undecided(served: Served) -> bool:
    """Tell whether nothing is decided about any row."""
    return set(decisions(served).values()) == {"undecided"}


def test_thirty_photos_are_culled_and_all_taken_back_by_keyboard_alone(
    page: Page, served: Served
) -> None:
    """Every decision is an event at once and shows the next photo; undo goes back through all."""
    press = page.keyboard.press
    press("Enter")
    keys = {row: "AAX"[row % 3] if row <= UNCHECKED else "P" for row in range(1, PHOTOS + 1)}
    for row, key in keys.items():
        expect(page).to_have_url(re.compile(rf"#/row/{row}$"))
        if row == UNCHECKED:
            write(
                page, "A coffee cup with its saucer on a wooden table", "A red cup, seen from above"
            )
        press(key)
    expect(spoken(page)).to_have_text("That was the last photo of the list.")
    done = {"A": "approved", "X": "rejected", "P": "picked"}
    assert decisions(served) == {row: done[key] for row, key in keys.items()}
    assert served.types(1)[-1] == "Approved"

    approve = deciding(page, "Approve")
    for row in reversed(keys):
        press("U")
        if row == UNCHECKED:
            press("U")
        expect(page).to_have_url(re.compile(rf"#/row/{row}$"))
    expect(approve).to_have_attribute("aria-pressed", "false")
    assert undecided(served)
    assert served.types(1)[-2:] == ["Approved", "RolledBack"]
    assert served.types(UNCHECKED)[-2:] == ["RolledBack", "RolledBack"]
    assert not served.desk.row(UNCHECKED).decided.prefill.grounded
    press("Shift+U")
    expect(approve).to_have_attribute("aria-pressed", "true")
    assert decisions(served)[1] == "approved"

    press("G")
    press("Control+A")
    press("A")
    expect(messages(page)).to_contain_text(f"Approved: {WRITTEN - 1}, refused: {PHOTOS - WRITTEN}")
    press("U")
    expect(messages(page)).to_contain_text(f"Undone: approve, {WRITTEN - 1} photos")
    press("Escape")
    for key in ("Home", "Space", "ArrowRight", "Space", "C"):
        press(key)
    expect(page.locator(".pane.current")).to_have_attribute("data-row", "2")
    press("K")
    expect(messages(page)).to_contain_text("Kept IMG_0002.jpg of 2")
    for told in ("Undone: pick and reject, 2 photos", "Undone: approve, IMG_0001.jpg"):
        press("U")
        expect(messages(page)).to_contain_text(told)
    assert undecided(served)


def test_keys_pressed_faster_than_the_disk_decide_about_one_photo_each(
    page: Page, served: Served
) -> None:
    """Five quick keys are five decisions in their order, and the arrow waits for its turn."""
    cell(page, 1).click()
    for key in ("P", "P", "X", "ArrowRight", "P"):
        page.keyboard.press(key)
    expect(spoken(page)).to_contain_text("IMG_0005.jpg, 5 of 30")
    assert [decisions(served)[row] for row in range(1, 7)] == [
        "picked", "picked", "rejected", "undecided", "picked", "undecided",
    ]  # fmt: skip


def test_a_text_that_nobody_checked_is_not_approved_and_the_page_says_why(
    page: Page, served: Served
) -> None:
    """The refusal has its reason and the way to the text; the photo stays where it is."""
    unchecked = cell(page, UNCHECKED)
    page.keyboard.press("End")
    unchecked.click()
    expect(unchecked.locator(".badge", has_text="nobody looked")).to_be_visible()
    page.keyboard.press("A")
    said = page.get_by_role("alert")
    expect(said).to_contain_text("nobody checked its text against the picture")
    expect(said).to_contain_text(f"photojournal edit {UNCHECKED}")
    expect(unchecked).to_have_class(re.compile("current"))
    assert undecided(served)
    said.get_by_role("button", name="Edit").click()
    expect(
        page.locator(f'.side-body[data-row="{UNCHECKED}"] :is(textarea, input)').first
    ).to_be_focused()


def test_all_are_selected_approved_and_taken_back_at_once(page: Page, served: Served) -> None:
    """A decision about many says how many were refused, and is one undo."""
    page.keyboard.press("Control+A")
    expect(page.get_by_text(f"{PHOTOS} selected", exact=True).first).to_be_visible()
    deciding(page, "Approve").click()
    expect(messages(page)).to_contain_text(f"Approved: {WRITTEN}, refused: {PHOTOS - WRITTEN}")
    assert list(decisions(served).values()).count("approved") == WRITTEN
    refused = messages(page).get_by_role("alert")
    expect(refused).to_contain_text(
        f"{PHOTOS - WRITTEN}: nobody checked its text against the picture"
    )
    refused.get_by_role("button", name="Select the refused").click()
    expect(page.get_by_text(f"{PHOTOS - WRITTEN} selected", exact=True).first).to_be_visible()
    messages(page).get_by_role("button", name="Undo").click()
    expect(messages(page)).to_contain_text(f"Undone: approve, {WRITTEN} photos")
    assert undecided(served)


def test_photos_are_selected_by_click_shift_and_control(page: Page) -> None:
    """As in every file list; Esc selects nothing."""
    cell(page, 2).click()
    cell(page, 5).click(modifiers=["Shift"])
    expect(page.get_by_text("4 selected", exact=True).first).to_be_visible()
    cell(page, 3).click(modifiers=["Control"])
    cell(page, 8).get_by_role("button", name="Select").click()
    expect(page.locator('[role=gridcell][aria-selected="true"]')).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.locator('[role=gridcell][aria-selected="true"]')).to_have_count(0)


def test_filters_narrow_the_list_and_outlast_a_reload(page: Page) -> None:
    """Search and order stand in the address."""
    page.keyboard.press("/")
    page.keyboard.type("rocket")
    expect(page.get_by_text(f"3 of {PHOTOS} photos")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Order").select_option("best")
    expect(page).to_have_url(re.compile(r"q=rocket&sort=best$"))
    expect(page.locator("[role=gridcell]").first).not_to_have_attribute("data-row", "6")
    order = page.locator("[role=gridcell]").evaluate_all(
        "cells => cells.map(one => one.dataset.row)"
    )
    page.reload()
    expect(page.get_by_text(f"3 of {PHOTOS} photos")).to_be_visible()
    again = page.locator("[role=gridcell]").evaluate_all(
        "cells => cells.map(one => one.dataset.row)"
    )
    assert again == order
    assert order != sorted(order, key=int)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_text(f"{PHOTOS} photos", exact=True)).to_be_visible()


def test_what_was_decided_stays_in_sight_until_the_list_is_made_anew(page: Page) -> None:
    """With a filter on the status, an approved photo does not vanish under one's eyes."""
    page.get_by_role("button", name=re.compile("^Pending")).click()
    expect(page).to_have_url(re.compile("status=Pending"))
    cell(page, 3).click()
    page.keyboard.press("A")
    expect(cell(page, 3)).to_have_attribute("aria-label", re.compile("approved"))
    page.reload()
    expect(cell(page, 4)).to_be_visible()
    expect(cell(page, 3)).to_have_count(0)


def test_compared_photos_zoom_and_pan_together(page: Page, served: Served) -> None:
    """At 100 % all show the same spot; K keeps one and rejects the others as one step."""
    for row in (LAST - 2, LAST - 1, LAST):
        page.keyboard.press("End")
        cell(page, row).click(modifiers=["Control"])
    page.keyboard.press("C")
    pictures = page.locator(".zoom-place")
    expect(pictures).to_have_count(3)
    page.keyboard.press("Z")
    expect(page.locator(".zoom.close-up")).to_have_count(3)
    box = page.locator(".zoom").first.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = pictures.last.get_attribute("style")
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 90, middle[1] - 40, steps=4)
    page.mouse.up()
    places = pictures.evaluate_all("all => all.map(one => Math.round(one.offsetWidth))")
    spots = pictures.evaluate_all(
        "all => all.map(one => Math.round(new DOMMatrix(one.style.transform).e))"
    )
    assert max(spots) - min(spots) <= 1
    assert places == [SIZE[0]] * 3
    assert pictures.last.get_attribute("style") != before

    page.keyboard.press("ArrowRight")
    page.keyboard.press("K")
    expect(messages(page)).to_contain_text(f"Kept IMG_00{LAST - 1}.jpg of 3")
    found = decisions(served)
    assert [found[row] for row in (LAST - 2, LAST - 1, LAST)] == ["rejected", "picked", "rejected"]
    page.keyboard.press("U")
    expect(messages(page)).to_contain_text("Undone: pick and reject, 3 photos")
    page.keyboard.press("U")
    expect(messages(page)).to_contain_text("Nothing left to undo.")
    assert undecided(served)


def test_the_best_of_photos_that_look_alike_is_kept(page: Page, served: Served) -> None:
    """The group is found; one click picks the best and rejects the others; keys decide nothing."""
    page.get_by_role("link", name="Alike").click()
    group = page.get_by_role("region", name=f"Group of {ALIKE}")
    expect(group).to_be_visible()
    page.keyboard.press("X")
    group.get_by_role("button", name="Keep the best").click()
    expect(messages(page)).to_contain_text(
        re.compile(f"Kept IMG_00...jpg of {ALIKE}, the others are rejected")
    )
    assert decisions(served)[1] == "undecided"
    assert sorted(decisions(served)[row] for row in range(BEST, LAST + 1)) == [
        "picked",
        "rejected",
        "rejected",
    ]


def test_what_the_command_line_changes_is_seen_at_once(page: Page, served: Served) -> None:
    """Nobody has to reload; what could not be fetched then is fetched as soon as it can be."""
    assert run(["-w", str(served.root), "reject", "2", "--yes"]) == 0
    expect(cell(page, 2)).to_have_attribute("aria-label", re.compile("rejected"))
    page.route("**/api/lines*", lambda asked: asked.abort())
    assert run(["-w", str(served.root), "reject", "4", "--yes"]) == 0
    expect(page.locator(".away")).to_be_visible()
    page.unroute_all()
    expect(cell(page, 4)).to_have_attribute("aria-label", re.compile("rejected"))


def test_a_click_shows_the_spot_at_full_size(page: Page) -> None:
    """The point that was clicked stays under the pointer; the neighbours are fetched beforehand."""
    page.set_viewport_size({"width": 1000, "height": 700})
    with (
        page.expect_request(re.compile("/pictures/2/web")),
        page.expect_request(re.compile("/pictures/3/web")),
    ):
        page.keyboard.press("Enter")
    picture = page.locator(".zoom-place")
    expect(picture.locator("img")).to_have_count(2)
    before = picture.bounding_box()
    assert before is not None
    spot = (before["x"] + before["width"] * 0.3, before["y"] + before["height"] * 0.4)
    page.mouse.click(*spot)
    full = picture.locator("img").last
    expect(full).to_have_attribute("src", re.compile("/full"))
    after = picture.bounding_box()
    assert after is not None
    assert after["width"] == pytest.approx(SIZE[0], abs=1)
    assert spot[0] == pytest.approx(after["x"] + after["width"] * 0.3, abs=2)


def test_on_a_phone_everything_is_in_reach(phone: Page, served: Served) -> None:
    """No sideways scrolling; a tap opens, the buttons are under the thumb, a swipe goes on."""
    cell(phone, 1).tap()
    expect(phone).to_have_url(re.compile("#/row/1$"))
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    approve = deciding(phone, "Approve")
    box = approve.bounding_box()
    assert box is not None
    assert box["y"] > 700
    assert min(box["width"], box["height"]) >= 44
    approve.tap()
    expect(phone).to_have_url(re.compile("#/row/2$"))
    expect(phone.locator(".side")).to_be_attached()
    assert decisions(served)[1] == "approved"


def test_a_photo_smaller_than_the_window_is_not_enlarged(page: Page) -> None:
    """It stands in the middle at its own size; so it does at 100 %."""
    page.keyboard.press("Enter")
    picture = page.locator(".zoom-place")
    expect(picture.locator("img")).to_have_count(2)
    room = page.locator(".zoom").bounding_box()
    assert room is not None
    assert room["width"] > SIZE[0]
    for key in ("Shift", "Z"):
        page.keyboard.press(key)
        box = picture.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == pytest.approx(SIZE, abs=1)
        assert box["x"] - room["x"] == pytest.approx((room["width"] - SIZE[0]) / 2, abs=1)


def test_on_a_phone_nothing_is_cut_off_or_covered(phone: Page) -> None:
    """The badges of a cell, the bar of a selection, the photos of a comparison."""
    whole = "all => all.every(one => one.scrollWidth <= one.clientWidth)"
    cell(phone, 1).get_by_role("button", name="Select").tap()
    cell(phone, 2).get_by_role("button", name="Select").tap()
    expect(phone.locator(".bulk")).to_contain_text("2 selected")
    assert phone.locator(".bulk, .foot .badges").evaluate_all(whole)
    phone.get_by_role("button", name="Compare").tap()
    panes = phone.locator(".pane")
    expect(panes).to_have_count(2)
    first, second = panes.first.bounding_box(), panes.last.bounding_box()
    buttons = panes.first.locator(".pane-foot").bounding_box()
    assert first is not None
    assert second is not None
    assert buttons is not None
    assert buttons["y"] + buttons["height"] <= first["y"] + first["height"] <= second["y"]


def test_the_timeline_says_in_words_what_happened_and_who_did_it(page: Page) -> None:
    """The name of the event is what the heading says when it is pointed at."""
    page.keyboard.press("P")
    expect(cell(page, 1)).to_have_attribute("aria-label", re.compile("picked"))
    cell(page, 1).click()
    page.get_by_role("tab", name="Timeline").click()
    happened = page.locator(".timeline li")
    expect(happened.last.get_by_title("RowIngested")).to_have_text("Taken in")
    expect(happened.first).to_contain_text(re.compile("Picked.*you \\("))
