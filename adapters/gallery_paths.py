"""
Where a published photo stands: `<year>/<category>/<name>`, and its other renditions beside that.

The thumb is `<year>/thumbs/<category>/<name>`, a rendition that is called `large` is
`<year>/large/<category>/<name>`, with the ending of its format.

Pure, and the same for every gallery. Paths are safe on Linux, macOS and Windows, on FTP servers and
in URLs; a name that is safe already is never altered. Source of the layout: the predecessor's site,
whose folders are lower case, so that two spellings of one category meet in one folder everywhere.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from machine.naming import slug, year

UNDATED = "undated"
THUMBS = "thumbs"
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def paths_for(file_name: str, category: str, date_time: str) -> tuple[str, str]:
    """
    Return the paths of the web picture and of the thumb below the gallery's root.

    Args:
        file_name: the row's File_Name.
        category: the set's category; empty: that folder is left out.
        date_time: EXIF time `YYYY:MM:DD ...`; without a year the photo stands under `undated`.
    """
    first = year(date_time) or UNDATED
    folder = folder_for(category)
    name = safe_name(file_name)
    web = "/".join(part for part in (first, folder, name) if part)
    return web, beside(web, THUMBS)


def beside(web: str, folder: str, suffix: str = "") -> str:
    """
    Return the path of another rendition, given that of the web picture.

    Args:
        web: the path of the web picture.
        folder: the rendition's own, `THUMBS` or its name.
        suffix: such as `.webp`, in place of that of the web picture; empty: the same.
    """
    first, _, rest = web.partition("/")
    if suffix:
        rest = f"{rest.rpartition('.')[0] or rest}{suffix}"
    return f"{first}/{folder}/{rest}"


def web_path(paths: Iterable[str]) -> str:
    """Return the path of the web picture that the files of a published row belong to."""
    nearest = min(paths, key=lambda path: path.count("/"), default="")
    first, _, rest = nearest.partition("/")
    return f"{first}/{rest.removeprefix(f'{THUMBS}/')}" if nearest else ""


def folder_for(category: str) -> str:
    """Return the category as one folder name in lower case; empty where nothing is left of it."""
    folder = slug(category).lower()
    return f"{folder}_" if folder == THUMBS or _DEVICE.fullmatch(folder) else folder


def safe_name(file_name: str) -> str:
    """Return `file_name` as a name that every system takes: no separators, devices, end dots."""
    name = _FORBIDDEN.sub("_", file_name).rstrip(". ").lstrip(" ")
    if name.startswith("."):
        name = f"_{name[1:]}"
    stem, dot, rest = name.partition(".")
    if _DEVICE.fullmatch(stem.rstrip()):
        stem = f"{stem.rstrip()}_"
    return f"{stem}{dot}{rest}" or "_"


def aside_of(temporary: str) -> str:
    """Return where the old file waits while the new one, which travels so, takes its place."""
    folder, slash, name = temporary.rpartition("/")
    return f"{folder}{slash}.old-{name.lstrip('.')}"


def is_safe_target(target: str) -> bool:
    """
    Tell whether a gallery may touch `target`: a relative path that stays below the root.

    Temporary names may begin with a dot; `.`, `..` and empty parts may not occur.
    """
    return bool(target) and all(_is_safe_part(part) for part in target.split("/"))


def _is_safe_part(part: str) -> bool:
    if not part or part[-1] in ". " or _FORBIDDEN.search(part):
        return False
    return not _DEVICE.fullmatch(part.partition(".")[0])


def public_url(base: str, path: str) -> str:
    """Return the public URL of a path in the gallery; other signs than letters are encoded."""
    return f"{base.rstrip('/')}/{quote(path)}" if base else quote(path)


def path_of_url(base: str, url: str) -> str:
    """Return the path in the gallery that a public URL stands for; empty: it leads elsewhere."""
    prefix = f"{base.rstrip('/')}/" if base else ""
    path = unquote(url.removeprefix(prefix)) if url.startswith(prefix) else ""
    return path if is_safe_target(path) else ""
