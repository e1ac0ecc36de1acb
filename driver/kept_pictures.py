"""
Where pictures lie that were made for looking: `data/thumbs`, by the photo's SHA-256.

Beside an opened incident bundle nothing is kept: it stays what it was when it was opened.
"""

from collections.abc import Iterator
from pathlib import Path

from driver.workspace import Workspace

FOLDER = "thumbs"
"""Below `data`; deleting it is safe at any time."""


def kept_at(folder: Path, sha256: str, name: str) -> Path:
    """Return where a picture of a photo lies or would lie below the folder of such pictures."""
    return folder / sha256[:2] / f"{sha256}-{name}.jpg"


def kept_of(workspace: Workspace, sha256: str) -> Iterator[Path]:
    """Give the pictures that are kept of a photo."""
    yield from (workspace.data / FOLDER).glob(f"{sha256[:2]}/{sha256}-*.jpg")


def all_kept(workspace: Workspace) -> list[Path]:
    """Return every picture that was made for looking, and what a dead server left half-written."""
    return [path for path in (workspace.data / FOLDER).glob("??/*") if path.is_file()]
