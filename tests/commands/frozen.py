"""
Freezes a small workspace: every later version has to open it, go on with it and take things back.

    python -m tests.commands.frozen

makes `tests/golden/workspace-VERSION.tar.xz` once for each release; what exists is never made
again. In it: `workspace/` (row 1 published and edited since, 2 approved with a text by Anna, 3 to
be reviewed with a redacted file fact, 4 a damaged photo and set aside), and beside it what had left
it, `head.jsonl` (`verify --head`), `journal.jsonl` (`journal export`) and `queue.json`. The private
key stays out.
"""

import contextlib
import io
import json
import os
import sys
import tarfile
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from commands.app import run
from tests.crash.workspace import small
from tests.driver.desk import CONFIG, Desk

FOLDER = Path(__file__).resolve().parents[1] / "golden"
SETTINGS = f"{CONFIG}[ingest]\ncopy = true\n"
LEFT_OUT = (".key", ".reserve", ".db-wal", ".db-shm")
"""The secret, a megabyte of nothing, and what is empty after a checkpoint."""


def frozen_workspaces() -> list[Path]:
    """Return the archive of every release, in the order of their names."""
    return sorted(FOLDER.glob("workspace-*.tar.xz"))


def thaw(archive: Path, target: Path) -> Path:
    """Unpack an archive and return its workspace."""
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    return target / "workspace"


def said(root: Path, *words: str) -> str:
    """Return what a command says."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run(["-w", str(root), *words])
    assert code == 0, (words, code)
    return out.getvalue()


def live(root: Path) -> None:
    """Do some evenings' work in a new workspace."""
    desk = Desk(root, config=SETTINGS)
    photos = []
    for name in ("coffee.jpg", "chelsea.jpg", "flower.jpg"):
        photos.append(desk.inbox / name)
        photos[-1].write_bytes(small(name))
    damaged = desk.inbox / "damaged.jpg"
    damaged.write_bytes(small("coffee.jpg", side_px=128)[:1500])
    desk.ingest(*photos, damaged)
    desk.work()
    desk.approve(1)
    desk.publish(1)
    desk.write(1, "A cup of coffee in the evening")
    desk.write(2, "A cat looks at us", "The head of a ginger cat")
    desk.approve(2)
    with desk.program("redact", effects=False) as program:
        line = next(
            one for one in program.journal.read_stream("row/3") if one.type == "MetadataRead"
        )
        program.journal.redact(
            line.position,
            "asked for",
            key="frozen/1",
            run_id=program.shell.run_id,
            step=1,
            actor=program.shell.actor,
        )


def freeze(target: Path) -> None:
    """Make the archive of this version."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ |= {"PHOTOJOURNAL_ACTOR": "anna", "XDG_STATE_HOME": folder}
        root = place / "workspace"
        live(root)
        (place / "queue.json").write_text(said(root, "queue", "--json"), "utf-8")
        (place / "head.jsonl").write_text(said(root, "verify", "--head"), "utf-8")
        said(root, "journal", "export", str(place / "journal.jsonl"))
        assert json.loads(said(root, "verify", "--json"))["problems"] == []
        with tarfile.open(target, "x:xz") as packed:
            for name in ("workspace", "head.jsonl", "journal.jsonl", "queue.json"):
                packed.add(place / name, name, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out some files, and who made the others."""
    if member.name.endswith(LEFT_OUT):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    path = FOLDER / f"workspace-{metadata.version('photojournal')}.tar.xz"
    if path.exists():
        sys.exit(f"{path} exists and is never made again")
    freeze(path)
