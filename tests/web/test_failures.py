"""A handler that fails: kept with run and row, told without a traceback, and nothing else stops."""

from pathlib import Path

import pytest
from fastapi import APIRouter

from driver.crash_files import RUNTIME, crashes
from tests.web.visitor import Visitor
from web.desk import DeskDep

router = APIRouter()


@router.get("/api/rows/{row}/boom")
def boom(desk: DeskDep, row: int) -> None:
    """Fail as nobody foresaw."""
    with desk.step() as shell:
        shell.append([])
        msg = f"sesame-4711 {row}"
        raise ZeroDivisionError(msg)


def test_a_crash_is_kept_with_run_and_row(page: Visitor) -> None:
    page.app.include_router(router)
    answer = page.ask("/api/rows/3/boom")
    assert 500 == answer.status_code
    assert {"error", "hint", "row"} == set(answer.json())
    assert "Traceback" not in answer.text
    assert "sesame" not in answer.text
    (crash,) = crashes(page.root, RUNTIME)
    assert (page.program.run_id, 3) == (crash.run, crash.row)
    assert crash.error.startswith("ZeroDivisionError")
    page.decide("pick", 1)
    assert ["picked"] == page.decisions(1)


def test_a_password_does_not_reach_the_crash_file(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", "sesame-4711")
    page = Visitor(workspace)
    page.app.include_router(router)
    page.ask("/api/rows/3/boom")
    page.leave()
    assert "sesame-4711" not in (page.root / RUNTIME).read_text(encoding="utf-8")


def test_unknown_addresses_and_malformed_requests_say_where_to_look(page: Visitor) -> None:
    for path, status in (("/api/nothing", 404), ("/api/rows?sort=x", 422), ("/api/rows/x", 422)):
        answer = page.ask(path)
        assert status == answer.status_code, path
        assert "/api/openapi.json" in answer.json()["hint"]
