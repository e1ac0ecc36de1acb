"""`prune objects` and the sizes in `status`, as a person meets them."""

import os
import re
import time
from pathlib import Path

from adapters.objects import Objects
from driver.pruning import GRACE_S
from tests.commands.cli import Terminal

ORPHAN = b"what a run put there and never named"


def with_orphan(root: Path) -> str:
    """Put an object there that no event names, long ago."""
    objects = Objects(root / "data" / "objects")
    sha256 = objects.put(ORPHAN)
    then = time.time() - GRACE_S - 60
    os.utime(objects.path(sha256), (then, then))
    return sha256


def test_the_plan_comes_first_and_a_yes_is_needed(terminal: Terminal) -> None:
    """A dry run changes nothing; no terminal, no yes; then it is gone and `verify` is clean."""
    with_orphan(terminal.root)
    before = terminal.head(), terminal.files()
    said = terminal.type("prune", "objects", "--dry-run")
    assert (0, "Dry run: nothing was changed.") == (said.code, said.lines[-1])
    assert "unknown  1  36 bytes  nothing refers to it" in said.plain()
    assert "To be removed: 1 file, 36 bytes." in said.lines
    said = terminal.type("prune", "objects")
    assert 2 == said.code
    assert "--yes" in said.err
    assert before == (terminal.head(), terminal.files())
    said = terminal.type("prune", "objects", "--yes")
    assert (0, "Removed 1 file, 36 bytes.") == (said.code, said.lines[-1])
    assert 0 == terminal.type("verify").code
    said = terminal.type("prune", "objects", "--yes")
    assert "Nothing changed: there is nothing that can be removed." == said.lines[-1]


def test_prune_for_programs(terminal: Terminal) -> None:
    """One object: the groups with their fates, what was meant and what was done."""
    with_orphan(terminal.root)
    planned = terminal.type("prune", "objects", "--dry-run", "--json").json
    assert (1, 36, 0) == tuple(
        planned[name] for name in ("unneeded_files", "unneeded_bytes", "removed_files")
    )
    assert {"kind": "unknown", "fate": "unneeded", "files": 1, "bytes": 36} in planned["groups"]
    done = terminal.type("prune", "objects", "--yes", "--json").json
    assert (1, 36, []) == (done["removed_files"], done["removed_bytes"], done["failed"])
    (told,) = terminal.type("events", "--type", "ObjectsPruned", "--json").json
    assert (1, 36) == (told["payload"]["objects"], told["payload"]["size_bytes"])


def test_only_objects_can_be_pruned(terminal: Terminal) -> None:
    """Another word is misuse, with the command."""
    said = terminal.type("prune", "originals")
    assert 2 == said.code
    assert "Hint: photojournal prune objects" in said.err


def test_status_tells_sizes_by_kind(terminal: Terminal) -> None:
    """The parts add up to what lies on the disk; what nothing names is pointed at."""
    found = terminal.type("status", "--json").json["sizes"]
    assert {"renditions": 6, "finished pictures": 2} == {
        kind: one["files"] for kind, one in found["objects"].items()
    }
    files = (terminal.root / "data" / "objects").rglob("*")
    total = sum(path.stat().st_size for path in files if path.is_file())
    assert total == found["objects_bytes"] == sum(one["bytes"] for one in found["objects"].values())
    assert min(found["logs_bytes"], found["site_bytes"]) > 0
    assert "prune" not in terminal.type("status").out
    with_orphan(terminal.root)
    (line,) = [one for one in terminal.type("status").lines if one.startswith("Objects")]
    assert line.endswith("1 unknown 36 bytes: photojournal prune objects")


def test_a_disk_that_is_low_can_be_pruned(terminal: Terminal) -> None:
    """Where no other verb may append, the one that makes room still may."""
    with_orphan(terminal.root)
    settings = terminal.root / "photojournal.toml"
    low = re.sub(r"min_free = .*", "min_free = '900000 GiB'", settings.read_text())
    settings.write_text(low)
    said = terminal.type("edit", "1", "--caption", "Low water")
    assert 4 == said.code
    said = terminal.type("prune", "objects", "--yes")
    assert (0, "Removed 1 file, 36 bytes.") == (said.code, said.lines[-1])
