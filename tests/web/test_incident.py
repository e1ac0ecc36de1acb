"""An opened incident bundle behind the page: it can be looked at, and that is all."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from driver.workspace import INCIDENT
from tests.web.visitor import Visitor


@pytest.fixture
def bundle(workspace: Path, workers: Workers) -> Iterator[Visitor]:
    """The page of a bundle."""
    (workspace / INCIDENT).write_text(json.dumps({}), encoding="utf-8")
    page = Visitor(workspace, workers)
    yield page
    page.leave()


def test_an_incident_is_looked_at_and_not_decided_about(bundle: Visitor) -> None:
    head = bundle.head()
    assert 7 == bundle.get("/api/rows")["total"]
    for path, body in (
        ("/api/decisions", {"rows": [1], "decision": "pick"}),
        ("/api/undo", {}),
    ):
        answer = bundle.send(path, body)
        assert 400 == answer.status_code
        assert "incident" in answer.json()["error"]
    assert head == bundle.head()


def test_looking_at_an_incident_leaves_nothing_in_it(bundle: Visitor) -> None:
    """Pictures that are made of originals are kept elsewhere; nothing to change it is offered."""
    before = sorted(bundle.root.rglob("*"))
    for _ in range(2):
        assert 200 == bundle.ask("/pictures/5/thumb").status_code
    assert 'data-readonly="yes"' in bundle.ask("/").text
    history = bundle.get("/api/rows/1/history")
    assert [] == [one for one in history if one["can_go_back"]]
    assert before == sorted(bundle.root.rglob("*"))
