"""
The incident page as one page of HTML, to send to somebody: nothing is loaded from elsewhere.

Its policy forbids the browser any request and any script; every text is escaped. A page that this
program did not make is not written over.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.files import write_atomically
from driver.errors import Misused
from driver.report_page import environment, is_ours
from machine.text import in_ranges

MARK = '<meta name="generator" content="photojournal triage">'
"""In the head of every incident page; without it, a page is somebody else's."""


def render(found: Mapping[str, Any], fitting: Callable[[str], str] = str) -> bytes:
    """Return the page on what `driver.triage.triage_of` found; `fitting` as of the workspace."""
    made = environment()
    made.filters["local"] = _local
    made.filters["ranges"] = in_ranges
    made.filters["fitting"] = fitting
    made_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    page = made.get_template("triage.html").render(found, mark=MARK, made_at=made_at)
    return page.encode("utf-8", "backslashreplace")


def _local(at: str) -> str:
    """Return a time of the journal as local time, with its offset for who reads it elsewhere."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S %z") if at else ""


def write(path: Path, page: bytes) -> None:
    """
    Write the page, whole or not at all.

    Raises:
        Misused: the folder is not there, or the file is no incident page of ours.
        AdapterError: it cannot be written.
    """
    if not path.parent.is_dir():
        msg = f"there is no folder {path.parent}"
        raise Misused(msg, "choose another place: photojournal triage --html FILE")
    if path.is_symlink() or (path.exists() and not is_ours(path, MARK)):
        msg = f"{path} exists and is no incident page of photojournal"
        raise Misused(msg, "choose another name: photojournal triage --html FILE")
    write_atomically(path, page)
