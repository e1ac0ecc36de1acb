"""A browser before the page, in the test's own process: its cookie, its headers, its clicks."""

import uuid
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from adapters.workers import Workers
from driver.program import Program
from driver.workspace import Workspace
from journal import Journal, Recorded
from web.app import create_app
from web.desk import Desk
from web.guard import Guard

PORT = 8420
HOST = f"127.0.0.1:{PORT}"


def head_of(root: Path) -> int:
    """Return the journal's last position."""
    with Journal.open(root / "data" / "journal.db", readonly=True) as journal:
        return journal.head.position


def events_of(root: Path, stream: str) -> list[Recorded]:
    """Return the events of a stream."""
    with Journal.open(root / "data" / "journal.db", readonly=True) as journal:
        return journal.read_stream(stream)


class Visitor:
    """A page that is open on a workspace, and the server behind it."""

    def __init__(self, root: Path, workers: Workers | None = None) -> None:
        """Start the server and open its link."""
        self.root = root
        workspace = Workspace(root)
        self.program = Program(workspace, readonly=workspace.is_incident)
        if workers is not None:
            vars(self.program)["workers"] = workers
        self.desk = Desk(self.program, ["review"])
        self.guard = Guard(PORT)
        self.app = create_app(self.desk, self.guard)
        self.link = self.guard.url
        self.client = TestClient(self.app, base_url=self.guard.base)
        self.client.get(self.link)

    def ask(self, path: str, **params: Any) -> Any:
        """Ask for something, as the page does."""
        return self.client.get(path, params=params or None)  # else those in the path are lost

    def get(self, path: str, **params: Any) -> Any:
        """Return what the server says, which has to be well."""
        answer = self.ask(path, **params)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def send(self, path: str, body: Any, *, key: str = "", method: str = "POST") -> Any:
        """Send a click."""
        headers = {"X-Photojournal": "1", "Idempotency-Key": key or uuid.uuid4().hex}
        return self.client.request(method, path, json=body, headers=headers)

    def click(self, path: str, body: Any, *, key: str = "") -> Any:
        """Send a click that has to be answered, and return the answer."""
        answer = self.send(path, body, key=key)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def decide(self, decision: str, *rows: int, **more: Any) -> Any:
        """Decide about rows."""
        return self.click("/api/decisions", {"rows": rows, "decision": decision, **more})

    def decisions(self, *rows: int) -> list[str]:
        """Return what is decided about rows."""
        return [one["decision"] for one in self.get("/api/lines", ids=rows)["lines"]]

    def head(self) -> int:
        """Return the journal's last position."""
        return head_of(self.root)

    def leave(self) -> None:
        """Stop the server."""
        self.app.state.jobs.close(lambda _words: None)
        self.desk.close()
        self.program.__exit__()
