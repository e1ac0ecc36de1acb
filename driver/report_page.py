"""
The report as one page of HTML: pictures, styles and charts inside, nothing loaded from elsewhere.

Its policy forbids the browser any request and any script. Every text is escaped by the template
engine; a page that this program did not make is not written over.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.errors import AdapterError
from adapters.files import write_atomically
from adapters.objects import Objects
from driver.errors import Misused
from driver.word_parts import duration

if TYPE_CHECKING:
    from jinja2 import Environment

MARK = '<meta name="generator" content="photojournal report">'
"""In the head of every report; without it, a page is somebody else's."""

_HEAD_BYTES = 2_000
_TEMPLATES = Path(__file__).parent / "templates"
_BAR_PX = 48
_CHART_PX = 140


def render(facts: dict[str, Any], objects: Objects | None) -> bytes:
    """
    Return the page.

    Args:
        facts: what `driver.report.facts_of` gives.
        objects: where the pictures lie; None: they are left out.
    """
    template = environment().get_template("report.html")
    page = template.render(
        facts, bars=bars(facts["histogram"]), picture=_picture_from(objects), mark=MARK
    )
    return page.encode("utf-8", "backslashreplace")


def environment() -> "Environment":
    """Return what makes pages of the templates: every text is escaped, nothing may be missing."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(duration=duration, utc=_utc)
    return made


def _utc(at: str) -> str:
    """Return a time of the journal to the second."""
    return f"{at[:10]} {at[11:19]} UTC" if at else ""


def _picture_from(objects: Objects | None) -> Callable[[dict[str, Any]], tuple[str, str]]:
    """Return what gives a photo's picture as a URL, or why there is none."""

    def picture(photo: dict[str, Any]) -> tuple[str, str]:
        if not photo["picture"]:
            return "", f"no picture: resize is {photo['resize_status']}"
        if objects is None:
            return "", "pictures were left out"
        try:
            shown = base64.b64encode(objects.get(photo["picture"])).decode()
        except AdapterError as error:
            return "", f"no picture: {error.detail}"
        return f"data:{photo['media_type']};base64,{shown}", ""

    return picture


def bars(histogram: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bars of the chart: where each stands, how high it is, what it says."""
    counts = [*histogram["rated"], histogram["unrated"]]
    names = [f"{low}–{low + 1}" for low in range(len(counts) - 1)] + ["none"]
    highest = max(*counts, 1)
    return [
        {
            "x": place * _BAR_PX + (_BAR_PX // 4 if name == "none" else 0),
            "height": round(_CHART_PX * number / highest, 1),
            "rows": number,
            "name": name,
        }
        for place, (name, number) in enumerate(zip(names, counts, strict=True))
    ]


def check_target(path: Path, *, force: bool) -> None:
    """
    Make sure that nothing of somebody else's is written over.

    Raises:
        Misused: the folder is not there, or the file is not a report of ours.
    """
    if not path.parent.is_dir():
        msg = f"there is no folder {path.parent}"
        raise Misused(msg, "choose another place: photojournal report --out FILE")
    if force or not (path.exists() or path.is_symlink()):
        return
    if path.is_symlink() or not is_ours(path):
        msg = f"{path} exists and is no report of photojournal"
        raise Misused(msg, "choose another name with --out, or replace it with --force")


def is_ours(path: Path, mark: str = MARK) -> bool:
    """Tell whether a file bears the mark of a page that this program made."""
    try:
        with path.open("rb") as file:
            return mark.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False


def write(path: Path, page: bytes) -> None:
    """Write the page whole or not at all. Raises AdapterError."""
    write_atomically(path, page)
