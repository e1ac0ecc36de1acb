"""What `[resize]` may not say: renditions that cannot be made, and marks without a meaning."""

import re
from collections.abc import Iterator

from adapters.gallery_paths import THUMBS, is_safe_target
from adapters.recipes import SIDE_PX_MAX
from driver.sections import RenditionTable, Resize, WatermarkTable, box

Wrong = tuple[str, str]
"""What is wrong, and the place of the key that says it."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_JPEG_ONLY = ("web", "thumb")
_SHARPEN_MAX = 300
_TABLES = "resize.renditions"
_MARK = "resize.watermark"


def wrong_in(resize: Resize) -> Iterator[Wrong]:
    """Yield what cannot be meant, in the order in which it is written."""
    for key in ("web", "thumb"):
        if key not in resize.renditions or not resize.renditions[key].size:
            yield from _about_size(getattr(resize, key), "jpeg", f"resize.{key}")
    yield from _about_range(resize.quality, 1, 100, "resize.quality")
    for name, table in resize.renditions.items():
        yield from _about_name(name)
        yield from _about_table(name, table)
    yield from _about_mark(resize)


def _about_name(name: str) -> Iterator[Wrong]:
    if not _NAME.fullmatch(name):
        words = f"`{name}` is no name of a rendition: a-z, 0-9, _ and -, at most 32 of them"
        yield words, _TABLES
    elif name == THUMBS or not is_safe_target(name):
        yield f"`{name}` is a folder of its own: call the rendition something else", _TABLES


def _about_table(name: str, table: RenditionTable) -> Iterator[Wrong]:
    place = f"{_TABLES}.{name}"
    if name in _JPEG_ONLY and table.format != "jpeg":
        words = f"`{name}` is always a JPEG, as its file name says: make `{table.format}` another"
        yield f"{words} rendition", f"{place}.format"
    if table.size:
        yield from _about_size(table.size, table.format, f"{place}.size")
    elif name not in _JPEG_ONLY:
        yield f"`{name}` has no size such as `2048x2048`", place
    if table.quality is not None:
        yield from _about_range(table.quality, 1, 100, f"{place}.quality")
    yield from _about_range(table.sharpen, 0, _SHARPEN_MAX, f"{place}.sharpen")
    if table.progressive is not None and table.format != "jpeg":
        yield f"only a JPEG is progressive, not `{table.format}`", f"{place}.progressive"
    if table.subsampling is not None and table.format == "webp":
        yield "WebP is always 4:2:0: leave it out", f"{place}.subsampling"


def _about_size(size: str, kind: str, place: str) -> Iterator[Wrong]:
    try:
        sides = box(size)
    except ValueError as error:
        yield str(error), place
        return
    most = SIDE_PX_MAX[kind]
    if min(sides) < 1 or max(sides) > most:
        yield f"`{size}`: sides of 1 to {most:,} pixels are made as {kind}", place


def _about_range(value: float, least: float, most: float, place: str) -> Iterator[Wrong]:
    if not least <= value <= most:
        yield f"{value} is not in {least} to {most}", place


# --- The watermark.


def _about_mark(resize: Resize) -> Iterator[Wrong]:
    mark = resize.watermark
    wanted = [name for name, table in resize.renditions.items() if table.watermark]
    if mark.text and mark.image:
        yield "a text or an image, not both", f"{_MARK}.image"
    elif wanted and not (mark.text or mark.image):
        words = f"`{wanted[0]}` wants a watermark: give [{_MARK}] a text or an image"
        yield words, f"{_TABLES}.{wanted[0]}.watermark"
    elif mark != WatermarkTable() and not wanted:
        yield "no rendition has `watermark = true`", _MARK
    yield from _about_range(mark.opacity, 1, 100, f"{_MARK}.opacity")
    yield from _about_range(mark.size, 1, 100, f"{_MARK}.size")
    yield from _about_range(mark.margin, 0, 40, f"{_MARK}.margin")
    if not _COLOR.fullmatch(mark.color):
        yield f"`{mark.color}` is no colour such as `#ffffff`", f"{_MARK}.color"
