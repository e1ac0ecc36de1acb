"""
A batch of photos on its way to a website, and the person who types: for drills of what goes wrong.

Every command is a process of its own. The captions come from a stand-in for Ollama; journal, files,
worker processes, FTP server and MariaDB are real.
"""

import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from tests.crash import workspace as ws
from tests.crash.campaign import Done, Typist, environment_of
from tests.driver.nights import LONG_SIDE_PX, MODEL, shown, tiny
from tests.servers import ftp, mariadb
from tests.servers.ftp import TroubledServer
from tests.servers.mariadb import MariaDb
from tests.standins.ollama_server import Request, StandIn, Step

LABELS = ("--category", "Travel", "--subject", "Harbour at dusk", "--location", "Rotterdam")
NIGHT = ("run", "--approve-at", "0", "--publish")
"""What is typed in the evening."""

Script = Callable[[Request], Step | None]
Settings = Mapping[str, Mapping[str, object]]


def settings(url: str) -> dict[str, dict[str, object]]:
    """Return settings with which nothing waits for long."""
    return {
        "prefill": {
            "captioner": "ollama",
            "host": url,
            "model": MODEL,
            "long_side_px": LONG_SIDE_PX,
            "attempts": 2,
            "first_token_timeout_s": 5.0,
            "idle_timeout_s": 5.0,
            "deadline_s": 15.0,
            "wait_for_service": 0.3,
            "backoff_s": 0.01,
        },
        "score": {"attempts": 2, "backoff_s": 0.01},
        "resize": {"attempts": 2, "backoff_s": 0.01, "web": "72x48", "thumb": "24x16"},
        "journal": {"min_free": "1 MiB"},
        "run": {"workers": 1},
    }


def black() -> bytes:
    """Return a photo taken with the lens cap on: nothing of it can be rated."""
    kept = io.BytesIO()
    Image.new("RGB", (LONG_SIDE_PX, 64)).save(kept, "JPEG", quality=90)
    return kept.getvalue()


class Batch:
    """A workspace with photos of which row 1 is the first; `type` is the keyboard."""

    def __init__(self, root: Path, person: Typist, server: StandIn, count: int) -> None:
        """Take a workspace that may not be there yet."""
        self.root, self.server, self.count = root, server, count
        self.photos = root / "photos"
        self.program = ""
        """The module that is typed instead of the program, where workers have to die."""
        self.running = contextlib.ExitStack()
        """What has to end after the drill."""
        self.ftp: TroubledServer | None = None
        self.maria: MariaDb | None = None
        self.environment: dict[str, str] = {}
        """On top, where `program` is typed."""
        self._person = person
        self._settings = settings(server.url)

    # --- what is prepared

    def publish_to(self, files: TroubledServer, maria: MariaDb) -> None:
        """Publish to servers from now on; the tables are made."""
        self.ftp, self.maria = files, maria
        here = {"host": "127.0.0.1", "tls": False, "timeout_s": 5.0}
        self.set(
            publish={"gallery": "ftp", "public_url_base": "https://example.org/photos"},
            publish__ftp={
                **here, "port": files.port, "user": ftp.USER, "remote_base": "/www", "in_flight": 1,
            },
            publish__mysql={
                **here, "port": maria.port, "user": mariadb.USER, "database": maria.new_database(),
            },
        )  # fmt: skip
        self.type("doctor", "--create-table")

    def begin(self, photo: bytes | None = None, *stages: str) -> "Batch":
        """Make the workspace, take its photos in, the middle one as given, and do stages."""
        self.root.mkdir(parents=True)
        self.well("init", str(self.root))
        self.photos.mkdir()
        self.set()
        for row in range(1, self.count + 1):
            self.photo(row).write_bytes(tiny(row))
        if photo is not None:
            self.photo(self.middle).write_bytes(photo)
        self.well("ingest", "photos", *LABELS)
        for stage in stages:
            self.well(stage)
        return self

    @property
    def middle(self) -> int:
        """The row in the middle."""
        return (self.count + 1) // 2

    def photo(self, row: int) -> Path:
        """Return the file of a row."""
        return self.photos / f"{row:03}.jpg"

    def set(self, **sections: Mapping[str, object]) -> None:
        """Change settings; `publish__ftp` is the section `[publish.ftp]`."""
        for name, keys in sections.items():
            section = self._settings.setdefault(name.replace("__", "."), {})
            section.update(keys)
        text = "\n".join(
            "\n".join([f"[{name}]", *(f"{key} = {json.dumps(one)}" for key, one in keys.items())])
            for name, keys in self._settings.items()
        )
        (self.root / "photojournal.toml").write_text(text + "\n", encoding="utf-8")

    def row_of(self, request: Request) -> int:
        """Return the row whose photo a model is asked about; 0: none."""
        if not hasattr(self, "_keys"):
            rows = range(1, self.count + 1)
            self._keys = {shown(tiny(row)): row for row in rows}
        return self._keys.get(request.key, 0)

    def models(self, script: Callable[[int, Request], Step | None]) -> None:
        """Let the models do as the script says, which is told the row."""
        self.server.script = lambda request: script(self.row_of(request), request)

    # --- what a person does

    def type(self, *words: str, crash_at: str = "") -> Done:
        """Type a command and wait for its end."""
        if self.program and not crash_at:
            return self._type_other(words)
        return self._person.type(self.root, *words, crash_at=crash_at)

    def _type_other(self, words: tuple[str, ...]) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", self.program, *words],
            cwd=self.root,
            env={
                **os.environ,
                **environment_of(self.root),
                **self.environment,
                "PYTHONPATH": str(ws.ROOT),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(words, done.returncode, done.stdout, done.stderr)

    def well(self, *words: str) -> Done:
        """Type what has to go well."""
        done = self.type(*words)
        assert done.code == 0, done
        return done

    def night(self) -> Done:
        """Let everything happen in one go."""
        return self.type(*NIGHT)

    def triage(self, *words: str) -> dict[str, Any]:
        """Return what `triage --json` says."""
        done = self.type("triage", "--json", *words)
        assert done.code in (0, 3), done
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def follow(self, commands: list[str], answers: Mapping[str, str] | None = None) -> list[Done]:
        """Type commands as they were named, with what a person puts in place of some words."""
        typed = []
        for command in commands:
            words = [(answers or {}).get(word, word) for word in shlex.split(command)[1:]]
            done = self.type(*words)
            if "give --yes" in done.stderr:
                done = self.type(*words, "--yes")
            typed.append(done)
        return typed

    # --- what became of it

    def queue(self) -> list[dict[str, Any]]:
        """Return the lines of the queue."""
        return ws.query(self.root / "data" / "review.db", "SELECT * FROM review_queue ORDER BY id")

    def statuses(self) -> dict[int, str]:
        """Return Review_Status by row."""
        return {line["id"]: line["Review_Status"] for line in self.queue()}
