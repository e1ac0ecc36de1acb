"""An opened incident bundle behind the page: it can be looked at, and that is all."""

import json
from pathlib import Path

from driver.workspace import INCIDENT
from tests.web.visitor import Visitor


def test_an_incident_is_looked_at_and_not_decided_about(workspace: Path) -> None:
    (workspace / INCIDENT).write_text(json.dumps({}), encoding="utf-8")
    page = Visitor(workspace)
    head = page.head()
    assert 7 == page.get("/api/rows")["total"]
    for path, body in (
        ("/api/decisions", {"rows": [1], "decision": "pick"}),
        ("/api/undo", {}),
    ):
        answer = page.send(path, body)
        assert 400 == answer.status_code
        assert "incident" in answer.json()["error"]
    page.leave()
    assert head == page.head()
