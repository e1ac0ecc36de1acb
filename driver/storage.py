"""What a workspace takes on its disk, part by part, and what its objects are."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from driver import drafts, kept_pictures
from driver.named_objects import named_objects
from driver.program import Program

LOOSE = {"object": "unknown", "temporary": "temporaries", "stray": "strangers"}
"""What files in `data/objects` are called that no event is known to name."""


def sizes(program: Program) -> dict[str, Any]:
    """
    Return what the parts of the workspace take, and what is free on its disk, in bytes.

    `objects` tells of each kind how many files there are and what they take.
    """
    workspace = program.workspace
    kinds = object_kinds(program)
    return {
        "events": program.journal.head.position,
        "journal_bytes": _database_bytes(workspace.journal),
        "review_bytes": _database_bytes(workspace.review),
        "drafts_bytes": _folder_bytes(workspace.data / drafts.FOLDER),
        "thumbs_bytes": _folder_bytes(workspace.data / kept_pictures.FOLDER),
        "logs_bytes": _folder_bytes(workspace.logs),
        "site_bytes": _folder_bytes(workspace.site),
        "objects_bytes": sum(one["bytes"] for one in kinds.values()),
        "objects": kinds,
        "free_bytes": shutil.disk_usage(workspace.root).free,
    }


def object_kinds(program: Program) -> dict[str, dict[str, int]]:
    """Return number and size of the files in `data/objects` by kind, the largest kind first."""
    named = named_objects(program.journal)
    found: dict[str, dict[str, int]] = {}
    for one in program.objects.standing():
        known = named.get(one.sha256) if one.kind == "object" else None
        kind = known.kind if known else LOOSE[one.kind]
        counts = found.setdefault(kind, {"files": 0, "bytes": 0})
        counts["files"] += 1
        counts["bytes"] += one.size_bytes
    return dict(sorted(found.items(), key=lambda item: -item[1]["bytes"]))


def _database_bytes(path: Path) -> int:
    """Return the size of a database with its write-ahead log."""
    wal = path.with_name(f"{path.name}-wal")
    return sum(one.stat().st_size for one in (path, wal) if one.exists())


def _folder_bytes(folder: Path) -> int:
    """Return the size of all files below a folder; one that goes meanwhile counts for nothing."""
    return sum(_sizes_below(str(folder)))


def _sizes_below(folder: str) -> Iterator[int]:
    try:
        with os.scandir(folder) as found:
            for one in found:
                if one.is_dir(follow_symlinks=False):
                    yield from _sizes_below(one.path)
                else:
                    yield one.stat(follow_symlinks=False).st_size
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
