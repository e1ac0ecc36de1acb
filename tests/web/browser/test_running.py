"""Rows from the page: published to real servers, taken down, brought back, run and stopped."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from commands.app import run
from driver.errors import ROWS_FAILED
from tests.driver.desk import SAMPLES
from tests.driver.desk import Desk as Before
from tests.driver.site_kinds import website_on
from tests.driver.taken_in import photographed, take_in
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb
from tests.web.browser.album import PHOTOS
from tests.web.browser.conftest import WIDE, Served, opened
from tests.web.browser.test_access import faults

DONE_MS = 60_000
"""A job is a process that starts, works and ends, on a machine that may be busy."""
DAMAGED = PHOTOS + 1


@pytest.fixture
def website(tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> Iterator[Website]:
    """An FTP server and MariaDB, and a workspace with two photos that are approved."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)
    desk = Before(tmp_path / "studio")
    with website_on("pyftpdlib", desk, mariadb, tmp_path) as website:
        website.create_table()
        take_in(desk, [photographed(1), photographed(2)])
        yield website


@pytest.fixture
def studio(website: Website) -> Iterator[Served]:
    """Its page."""
    serving = Served(website.desk.root)
    try:
        yield serving
    finally:
        serving.stop()


@pytest.fixture
def tab(chromium: Browser, studio: Served) -> Iterator[Page]:
    """A tab on it."""
    yield from opened(chromium, studio, WIDE)


@pytest.fixture
def damaged(served: Served, tmp_path: Path) -> Served:
    """The thirty photos and one that breaks off: set aside by two stages."""
    photo = tmp_path / "half.jpg"
    photo.write_bytes((SAMPLES / "rocket.jpg").read_bytes()[:20_000])
    assert run(["-w", str(served.root), "run", str(photo)]) == ROWS_FAILED
    return served


def wait_for(page: Page, heading: str) -> None:
    """Wait until a dialog says how its job ended."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=DONE_MS)


def test_photos_go_to_a_real_website_come_down_and_are_brought_back(
    tab: Page, studio: Served, website: Website
) -> None:
    """Each time the plan first, then what became of each row; the servers have it so."""
    tab.get_by_role("banner").get_by_role("button", name="Publish ...").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("2 rows: 4 files")
    expect(dialog).to_contain_text(f"@127.0.0.1:{website.ftp.port}")
    assert website.files() == []
    assert faults(tab) == []
    dialog.get_by_role("button", name="Publish 2 rows").click()
    wait_for(tab, "Publishing: done")
    expect(dialog.locator(".row-results .badge.good")).to_have_text(["published", "published"])
    assert (len(website.files()), len(website.rows())) == (4, 2)
    assert ftp.PASSWORD not in tab.content()
    assert faults(tab) == []
    dialog.get_by_role("button", name="Close", exact=True).click()

    tab.goto(studio.url("#/row/1"))
    tab.get_by_role("button", name="Withdraw ...").click()
    expect(dialog).to_contain_text("removes the record, removes 2 files")
    dialog.get_by_label("Why").fill("--not an option")
    dialog.get_by_role("button", name="Take down 1 row").click()
    wait_for(tab, "Taking down: done")
    assert (len(website.files()), len(website.rows())) == (2, 1)
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(tab.locator(".side .badge").first).to_have_text("Withdrawn")
    expect(tab.locator(".side .ways").get_by_role("button", name="Approve")).to_be_visible()

    tab.get_by_role("tab", name="Timeline").click()
    published = tab.locator(".timeline li", has=tab.get_by_text("Published", exact=True))
    published.get_by_role("button", name="Go back").click()
    expect(dialog).to_contain_text("puts 2 files back, sets the record")
    assert faults(tab) == []
    dialog.get_by_role("button", name="Go back", exact=True).click()
    wait_for(tab, "Going back: done")
    assert (len(website.files()), len(website.rows())) == (4, 2)
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(tab.locator(".side .badge").first).to_have_text("Published")
    assert "RolledBack" in studio.types(1)

    tab.get_by_role("tab", name="Texts").click()
    tab.locator(".panel").get_by_label("Caption", exact=True).fill("Other words than visitors see")
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_label("Messages")).to_contain_text("Visitors see the former version")
    expect(tab.locator(".side .badges")).to_contain_text("changed since")
    tab.goto(studio.url("#/?due=publish"))
    expect(tab.locator("[role=gridcell]")).to_have_count(1)
    expect(tab.locator("[role=gridcell]")).to_contain_text("changed since")


def test_a_dialog_says_that_the_server_is_away_and_what_it_does_not_know_of_its_job(
    page: Page, served: Served
) -> None:
    """The plan comes back with the server; a job of the server before is not at work for ever."""
    assert run(["-w", str(served.root), "approve", "1", "--yes"]) == 0
    served.stop()
    page.get_by_role("banner").get_by_role("button", name="Publish ...").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("The server is away")
    served.start()
    dialog.get_by_role("button", name="Publish 1 row").click()
    expect(dialog).to_contain_text("running")
    served.stop()
    expect(dialog.get_by_role("alert")).to_contain_text("Whether the job goes on")
    served.start()
    wait_for(page, "Publishing: not followed to its end")
    expect(page.locator(".jobs-badge")).to_have_text("Jobs")


def test_a_row_that_was_set_aside_is_released_and_tried_again_at_once(
    page: Page, damaged: Served
) -> None:
    """The page says why it is set aside; the reason that a person gives is kept."""
    page.goto(damaged.url(f"#/row/{DAMAGED}"))
    side = page.locator(".side")
    expect(side.locator(".cause")).to_contain_text(
        "the photo cannot be decoded (ScoringUnreadable)"
    )
    expect(side.locator(".cause")).to_contain_text("tried: prefill 1, score 1, resize 1")
    page.keyboard.press("a")
    refused = page.get_by_role("alert")
    expect(refused).to_contain_text(f"photojournal replace {DAMAGED} FILE (or reject it)")
    expect(refused.get_by_role("button", name="Reject")).to_be_visible()
    expect(side.locator(".ways").get_by_role("button")).to_have_text(
        ["Reject", "Release ...", f"photojournal replace {DAMAGED} FILE"]
    )
    expect(side.locator(".ways .primary")).to_have_count(0)
    side.get_by_role("button", name="Release ...").click()
    page.get_by_label("What was done about the cause?").fill("--reason: copied again from the card")
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_label("Messages")).to_contain_text("photojournal resize", timeout=DONE_MS)
    types = damaged.types(DAMAGED)
    assert types.count("Released") == 2
    later = types[types.index("Released") :]
    assert (later.count("AttemptStarted"), later.count("Quarantined")) == (2, 2)
    expect(side.locator(".badge").first).to_have_text("Quarantined")


def test_a_run_is_followed_live_and_what_failed_is_explained(page: Page, damaged: Served) -> None:
    """Nothing is reloaded: what is shown comes by itself; triage leads to the row."""
    page.goto(damaged.url("#/runs"))
    page.get_by_role("button", name="Run what is due").click()
    expect(page.get_by_label("Messages")).to_contain_text("photojournal run: done", timeout=DONE_MS)
    page.locator(".runs a").nth(0).wait_for()
    (found,) = damaged.desk.models.query("SELECT run_id FROM runs WHERE verb = 'run' AND rows = 1")
    page.goto(damaged.url(f"#/runs/{found['run_id']}"))
    expect(page.locator("[data-stage=score]")).to_have_text("1 of 1, 1 failed")
    expect(page.locator(".row-results li").first).to_contain_text("the photo cannot be decoded")
    expect(page.locator(".log .bad").first).to_contain_text(f"id={DAMAGED}")
    assert faults(page) == []
    page.get_by_role("button", name="What went wrong").click()
    expect(page.get_by_role("region", name="First failure")).to_contain_text("cannot be decoded")
    expect(page.get_by_role("region", name="Next")).to_contain_text("photojournal replace 31 FILE")
    assert faults(page) == []
    page.get_by_role("region", name="First failure").get_by_role(
        "link", name=str(DAMAGED)
    ).first.click()
    expect(page).to_have_url(re.compile(rf"#/row/{DAMAGED}"))


def test_a_run_that_waits_is_stopped_from_the_page(
    page: Page, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its service is away: the run page says for what it waits, and Stop ends it as Ctrl+C does."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv(
            "PHOTOJOURNAL_PREFILL_HOST", f"http://127.0.0.1:{taken.getsockname()[1]}"
        )
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_CAPTIONER", "ollama")
    photo = tmp_path / "new.jpg"
    photo.write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    assert run(["-w", str(served.root), "ingest", str(photo)]) == 0
    page.goto(served.url("#/runs"))
    page.get_by_role("button", name="Run what is due").click()
    page.locator(".runs tr", has=page.get_by_text("working")).get_by_role("link").click(
        timeout=DONE_MS
    )
    expect(page.locator("[data-stage=prefill]")).to_contain_text(
        "waits: the caption service does not answer", timeout=DONE_MS
    )
    page.get_by_role("button", name="Stop").click()
    outcome = page.locator(".view-head .badge")
    expect(outcome).to_have_text("interrupted", timeout=DONE_MS)
    expect(page.locator(".job")).to_contain_text("Stopped because somebody asked")
    page.get_by_role("button", name="Jobs", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("To go on: photojournal")
    assert faults(page) == []


@pytest.mark.soak
def test_a_run_at_work_says_how_far_it_is_and_how_long_the_rest_takes(
    page: Page, served: Served
) -> None:
    """Without a reload: rows as they come through, the rate, the time that is left, the end."""
    rows = [str(row) for row in range(1, PHOTOS + 1)]
    assert 0 == run(["-w", str(served.root), "retry", *rows, "--stage", "score", "--yes"])
    page.goto(served.url("#/runs"))
    page.get_by_role("button", name="Run what is due").click()
    page.locator(".runs tr", has=page.get_by_text("working")).get_by_role("link").click(
        timeout=DONE_MS
    )
    stage = page.locator("[data-stage=score]")
    expect(stage).to_contain_text("a second, less than a minute left", timeout=DONE_MS)
    expect(stage).to_have_text(f"{PHOTOS} of {PHOTOS}", timeout=DONE_MS)
    expect(page.locator(".view-head .badge")).to_have_text("done", timeout=DONE_MS)
