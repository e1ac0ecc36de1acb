"""
The page that lists what is published, so that the folder gallery can be looked at in a browser.

Made from the read model of the published table after every run that may have changed it. A page
that does not carry our mark is somebody's own: it is left alone.
"""

import html
from pathlib import Path
from typing import Any

from adapters.files import PREFIX, SUFFIX, replace_synced, write_synced
from driver.galleries import lock_name
from driver.workspace import Workspace
from journal.locks import ProcessLock
from projections.reader import Reader

NAME = "index.html"
MARK = "<!-- made by photojournal, and made again after every publication -->"
"""Without this line in it, a page is not ours. To keep a page of your own, take it out."""

_PAGE = """\
<!doctype html>
{mark}
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gallery</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem; }}
  main {{ display: grid; gap: 1.5rem; }}
  main {{ grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }}
  figure {{ margin: 0; }}
  img {{ width: 100%; height: 12rem; object-fit: cover; }}
</style>
<h1>{title}</h1>
<main>
{figures}
</main>
"""
_FIGURE = """\
<figure><a href="{path}"><img src="{thumb}" alt="{alt}" loading="lazy"></a>
<figcaption>{caption}</figcaption></figure>"""


def write_page(workspace: Workspace, models: Reader) -> Path | None:
    """
    Make the page say what is published; one that says so already, or is not ours, stays as it is.

    Returns:
        The page, if it is there and ours.

    Raises:
        OSError: it cannot be read or written.
    """
    if workspace.config.publish.gallery != "folder":
        return None  # a website on a server has pages of its own
    page = workspace.site / NAME
    lines = models.photos_info() if workspace.site.is_dir() else []
    there = page.is_symlink() or page.exists()
    if not (there or lines):
        return None
    if there and not is_ours(page):
        return None
    data = _page(lines, workspace.config.publish.public_url_base).encode()
    temporary = page.with_name(f"{PREFIX}{NAME}{SUFFIX}")
    if not there or page.read_bytes() != data or temporary.exists():
        _write(workspace, temporary, page, data)
    return page


def _write(workspace: Workspace, temporary: Path, page: Path, data: bytes) -> None:
    """Write the page as the gallery's only writer; another one that is at work does it itself."""
    workspace.locks.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(workspace.locks / lock_name(workspace.config.publish))
    try:
        if lock.try_acquire():
            write_synced(temporary, data, where="files.write")
            replace_synced(temporary, page, where="files.write")
    finally:
        lock.close()


def is_ours(page: Path) -> bool:
    """Tell whether this program made the page. Raises OSError."""
    if page.is_symlink() or not page.is_file():
        return False
    return MARK.encode() in page.read_bytes()


def _page(lines: list[dict[str, Any]], base: str) -> str:
    number = len(lines)
    photos = "photograph" if number == 1 else "photographs"
    figures = "\n".join(
        _FIGURE.format(
            path=html.escape(_beside(line["Path"], base)),
            thumb=html.escape(_beside(line["Thumb_Path"], base)),
            alt=html.escape(line["alt_text"]),
            caption=html.escape(line["Caption"]),
        )
        for line in lines
    )
    title = f"{number:,} {photos}" if number else "Nothing is published"
    return _PAGE.format(mark=MARK, title=title, figures=figures)


def _beside(url: str, base: str) -> str:
    """Return the path as seen from the page, so that it works without the public address too."""
    return url.removeprefix(f"{base.rstrip('/')}/") if base else url
