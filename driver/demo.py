"""
The demo: free photographs through the whole pipeline, one of them damaged.

It works in a workspace of its own and refuses one that holds other photos. What it says about the
photos is what `samples/README.md` says; nobody looked at the pictures for the captions, so the
demo's workspace allows such texts, and each approval records that it did.
"""

import hashlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from msgspec import Struct

from driver import pipeline, publishing, taking_in, workspace
from driver.decisions import ask_each
from driver.errors import Misused
from driver.pipeline import Worked
from driver.program import Program, create_journal
from driver.taking_in import Ingested
from driver.template import TEMPLATE
from driver.workspace import Workspace
from machine.intents import Approve
from machine.values import STAGES, Labels

FOLDER = "photojournal-demo"
"""Made in the current folder where that is no clone."""

SETS: tuple[tuple[Labels, tuple[str, ...]], ...] = (
    (Labels(category="People", subject="Eileen Collins, astronaut"), ("astronaut.jpg",)),
    (Labels(category="Animals", subject="Chelsea, a cat"), ("chelsea.jpg",)),
    (Labels(category="Travel", subject="A temple roof", location="China"), ("china.jpg",)),
    (
        Labels(category="Food", subject="A cup of espresso", location="Pikolo Espresso Bar"),
        ("coffee.jpg", "damaged_coffee.jpg"),
    ),
    (Labels(category="Nature", subject="A flower"), ("flower.jpg",)),
    (Labels(category="Space", subject="Hubble eXtreme Deep Field"), ("hubble_deep_field.jpg",)),
    (Labels(category="Space", subject="Falcon 9 taking DSCOVR up"), ("rocket.jpg",)),
)
"""Labels and files of each set, as `samples/README.md` tells of them."""

ALLOWED = "allow_ungrounded = true     # the demo's choice: nobody looked at the pictures"


class Shown(Struct, frozen=True, kw_only=True):
    """What the demo came to."""

    ingested: list[Ingested]
    worked: Worked
    approved: int
    sent: list[publishing.Sent]
    lines: list[dict[str, Any]]
    """The queue afterwards."""
    page: Path | None
    """The page that lists what is published; None where nothing is."""
    changed: bool


def samples() -> Path:
    """Return the folder of the photographs."""
    return Path(str(resources.files("samples")))


def folder_for(given: Path | None) -> Path:
    """Return where the demo works: the folder named, a clone, or a new folder here."""
    here = Path.cwd()
    if given is not None:
        return given
    return here if (here / "samples" / "README.md").is_file() else here / FOLDER


def open_workspace(folder: Path) -> tuple[Workspace, bool]:
    """
    Return the demo's workspace, and whether it was made just now.

    Raises:
        Misused: it cannot be made, or publishes to a server.
    """
    marker = folder / workspace.MARKER
    made = not marker.exists()
    if made:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = TEMPLATE.replace("# allow_ungrounded = false", f"{ALLOWED}\n# was: false")
            marker.write_text(text, encoding="utf-8")
        except OSError as error:
            msg = f"cannot make a workspace in {folder}: {error.strerror or error}"
            raise Misused(msg, "photojournal -w FOLDER demo") from error
    found = workspace.create(folder)
    if found.config.publish.gallery != "folder":
        msg = "the demo publishes into a folder, and this workspace to a server"
        raise Misused(msg, f"photojournal -w {FOLDER} demo")
    create_journal(found)
    return found, made


def refuse_other_photos(program: Program) -> None:
    """
    Refuse a workspace that holds photos of somebody.

    Raises:
        Misused: with what to type instead.
    """
    ours = {hashlib.sha256(path.read_bytes()).hexdigest() for path in samples().glob("*.jpg")}
    strangers = [line for line in program.models.queue() if line["sha256"] not in ours]
    if strangers:
        msg = f"this workspace holds other photos, such as {strangers[0]['File_Name']}"
        raise Misused(msg, f"photojournal -w {FOLDER} demo")


Said = Callable[[str], None]


def show(program: Program, argv: tuple[str, ...], say: Said) -> Shown:
    """Take the samples through the pipeline; each part is a run of its own, as if it were typed."""
    before = program.journal.head.position
    ingested = [_ingest(program, argv, labels, files) for labels, files in SETS]
    came = sum(len(one.rows()) for one in ingested)
    say(f"ingest: {came} photos in {len(SETS)} sets")
    numbers = [line["id"] for line in program.models.queue()]
    with program.run("run", argv, effects=True):
        worked = pipeline.work(program, numbers, STAGES, lambda _tallies: None)
    good = sum(not line["failure"] for line in program.models.queue(numbers))
    say(f"prefill, score, resize: {good} of {len(numbers)} rows")
    pending = [line["id"] for line in program.models.queue() if line["Review_Status"] == "Pending"]
    with program.run("approve", argv) as shell:
        answers = ask_each(shell, pending, lambda _row: [Approve(allow_ungrounded=True)])
    approved = sum(one.outcome == "done" for one in answers)
    say(f"approve: {approved} rows")
    sent = _publish(program, argv, numbers)
    say(f"publish: {len(sent)} rows")
    return Shown(
        ingested=ingested,
        worked=worked,
        approved=approved,
        sent=sent,
        lines=program.models.queue(),
        page=program.list_published(),
        changed=program.journal.head.position != before,
    )


def _ingest(
    program: Program, argv: tuple[str, ...], labels: Labels, files: tuple[str, ...]
) -> Ingested:
    with program.run("ingest", argv, effects=True):
        paths = [samples() / name for name in files]
        got = taking_in.ingest(
            program, paths, labels, recursive=False, progress=lambda _done, _all: None
        )
    if got.stopped:
        raise got.stopped
    return got


def _publish(program: Program, argv: tuple[str, ...], numbers: list[int]) -> list[publishing.Sent]:
    due = [one.row for one in publishing.plan_publication(program, numbers) if one.due]
    if not due:
        return []
    with program.run("publish", argv, effects=True):
        sent, stopped = publishing.publish(program, due, lambda _uploads: None)
        if stopped:
            raise stopped
    return sent
