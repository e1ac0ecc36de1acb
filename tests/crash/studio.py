"""
Workspaces whose captions come from a model, to be killed while several photos are in flight.

The stand-in for the model lives in the test's process, so that it outlives every program that asks
it and can say how often it was asked about which picture.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from PIL import Image

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, environment_of
from tests.standins.ollama_server import Request, StandIn, Step

LABELS = ("--category", "Nature", "--subject", "Samples", "--location", "Rotterdam")
IN_FLIGHT = 4
"""Requests at once."""
CLAIMED = IN_FLIGHT + 1
"""Rows in flight: the picture of one more is prepared meanwhile."""


def model(*, first_s: float = 0.0, num_parallel: int = IN_FLIGHT) -> StandIn:
    """Return a stand-in that takes so long for a picture; to be entered."""

    def script(request: Request) -> Step:
        return Step(first_s=first_s, token_s=0.0) if request.key else Step(token_s=0.005)

    return StandIn(script, num_parallel=num_parallel, keep_images=False)


def configure(root: Path, url: str, *, in_flight: int = IN_FLIGHT) -> None:
    """Write settings by which the model at `url` is asked."""
    ws.configure(root, workers=2)
    path = root / "photojournal.toml"
    text = path.read_text(encoding="utf-8")
    for key, value in {
        'captioner = "metadata"': 'captioner = "ollama"',
        'host = ""': f'host = "{url}"',
        "in_flight = 1 ": f"in_flight = {in_flight} ",
        "wait_for_service = 300.0": "wait_for_service = 5.0",
    }.items():
        assert f"# {key}" in text, key
        text = text.replace(f"# {key}", value)
    path.write_text(text, encoding="utf-8")


def paint(folder: Path, count: int, endings: dict[int, bytes] | None = None) -> list[Path]:
    """Put small pictures into a folder, each of other colours; `endings` are put behind some."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(1, count + 1):
        path = folder / f"{number:03}.jpg"
        colours = random.Random(number).randbytes(8 * 6 * 3)
        picture = Image.frombytes("RGB", (8, 6), colours).resize((64, 48))
        picture.save(path, "JPEG", quality=90)
        with path.open("ab") as file:
            file.write((endings or {}).get(number, b""))
        paths.append(path)
    return paths


def furnish(
    person: Typist, root: Path, url: str, count: int, *, in_flight: int = IN_FLIGHT
) -> Path:
    """Make a workspace with photos that nobody has described yet, and return it."""
    root.mkdir(parents=True)
    assert person.type(root, "init", str(root)).code == 0
    configure(root, url, in_flight=in_flight)
    paint(root / "photos", count)
    done = person.type(root, "ingest", "photos", *LABELS)
    assert done.code == 0, done
    return root


def killer(root: Path, sha256: str, *argv: str) -> "subprocess.Popen[bytes]":
    """Start a command that dies as soon as it begins to describe one photo."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.deadly", sha256, *argv],
        cwd=root,
        env={**os.environ, **environment_of(root), "PYTHONPATH": str(ws.ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


# --- what there is


def asked(server: StandIn) -> Counter[str]:
    """Return how often the model was asked about each picture."""
    return Counter(call.key for call in server.calls if call.key)


def busy(server: StandIn) -> int:
    """Return about how many pictures the model is just being asked."""
    return sum(call.outcome == "running" and bool(call.key) for call in server.calls)


def of_rows(root: Path, kind: str) -> ws.Lines:
    """Return the rows' events of a type."""
    lines = ws.events(root)
    return [one for one in lines if one["type"] == kind and one["stream"].startswith("row/")]


def rows_with(root: Path, kind: str) -> Counter[int]:
    """Return how often each row has an event of a type."""
    return Counter(int(line["stream"].removeprefix("row/")) for line in of_rows(root, kind))


def described(root: Path) -> set[str]:
    """Return the SHA-256 of the pictures, as the model saw them, that have a text."""
    lines = of_rows(root, "Prefilled")
    return {line["payload"]["call"]["picture_digest"] for line in lines}


def replies(root: Path) -> list[str]:
    """Return the SHA-256 of the raw replies that the journal names, in order."""
    lines = of_rows(root, "Prefilled")
    return [line["payload"]["call"]["reply_digest"] for line in lines]


def kept(root: Path) -> set[str]:
    """Return the SHA-256 of everything that is kept."""
    return set(ws.files_below(root / "data" / "objects").values())


def check_unharmed(root: Path, count: int) -> None:
    """Every row has one text; nobody was charged or set aside for it."""
    assert rows_with(root, "Prefilled") == Counter(range(1, count + 1))
    assert of_rows(root, "Quarantined") == []
    assert of_rows(root, "AttemptFailed") == []
    assert set(replies(root)) <= kept(root)
    ws.check_journal(root)
    ws.check_outside(root)
