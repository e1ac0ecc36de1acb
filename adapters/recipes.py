"""
Recipes of the darkroom: which renditions are made, and how large each of them comes out.

Pure: nothing is decoded and no file is read here, so that a plan can be made without the libraries.

What is left at its default is not part of a digest. So a key that comes later changes no digest of
today, and no picture is made again because of it.
"""

from typing import Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from machine.digests import digest_of
from machine.values import Rendition

VERSION = 1
"""Part of every digest: raised when the same recipe would give another picture."""

Mode = Literal["fit", "fill"]
Format = Literal["jpeg", "webp", "avif"]
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
Position = Literal[
    "top-left",
    "top",
    "top-right",
    "left",
    "center",
    "right",
    "bottom-left",
    "bottom",
    "bottom-right",
]

MEDIA_TYPES: dict[Format, str] = {
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
}

SIDE_PX_MAX = {"jpeg": 20_000, "webp": 16_383, "avif": 20_000}
"""Longest side of a rendition. WebP: what the format holds; the others: what is sensible."""


_Value = TypeVar("_Value", bound=Struct)


class Size(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rendition: its box, how it gets into the box, and how strongly it is compressed."""

    name: str
    width_px: int
    height_px: int
    quality: int
    """1 to 100, on the scale of the format's own encoder."""
    mode: Mode = "fit"
    """fit: the whole picture inside the box; fill: the box filled, the edges cut off alike."""
    format: Format = "jpeg"
    progressive: bool = True
    """JPEG only."""
    subsampling: Subsampling = "4:4:4"
    """Of colour; JPEG and AVIF. WebP is always 4:2:0."""
    sharpen: int = 0
    """Percent of an unsharp mask after the picture was reduced; 0: none."""
    watermark: bool = False


class Watermark(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is put upon renditions that want it: a text, or else an image."""

    text: str = ""
    """One or two lines."""
    image: bytes = b""
    """The bytes of a picture with transparency."""
    position: Position = "bottom-right"
    opacity: int = 60
    """Percent."""
    size: float = 5.0
    """Height of the mark, in percent of the rendition's height."""
    margin: float = 3.0
    """Distance from the edge, in percent of the rendition's height."""
    color: str = "#ffffff"
    """Of the text."""


class Recipe(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How renditions are made."""

    sizes: tuple[Size, ...]
    watermark: Watermark = Watermark()

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the pictures depend on beside the photo."""
        recipe = Recipe(sizes=tuple(map(_plain, self.sizes)), watermark=_plain(self.watermark))
        return digest_of((VERSION, "resize", msgspec.json.encode(recipe).decode()))

    def digest_of(self, size: Size) -> str:
        """Return the SHA-256 of everything that is asked of one rendition."""
        mark = _plain(self.watermark) if size.watermark else None
        return digest_of((VERSION, _plain(size), mark))


def _plain(value: _Value) -> _Value:
    """
    Return an equal value whose defaults are the very objects of its class.

    Only those does msgspec leave out; an equal text that was read from a file would be digested.
    """
    given = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    return type(value)(**{name: found for name, (found, usual) in given.items() if found != usual})


class Order(Struct, frozen=True, kw_only=True):
    """What the darkroom is asked for."""

    recipe: Recipe
    kept: tuple[Rendition, ...] = ()
    """Renditions that are as the recipe wants them already: they are not made again."""


class Frame(Struct, frozen=True):
    """How large one rendition of one photo comes out."""

    whole: tuple[int, int]
    """Width and height in pixels to which the whole photo is reduced; never larger than it is."""
    cut: tuple[int, int]
    """What is cut from the middle of that: the rendition."""


def frame(full: tuple[int, int], size: Size) -> Frame:
    """
    Return how large a rendition comes out.

    A photo that is too small for the box of `fill` gives the largest picture of the box's shape.

    Args:
        full: width and height of the photo in pixels, as displayed.
        size: the rendition.
    """
    width, height = full
    if size.mode == "fit":
        scale = min(1.0, size.width_px / width, size.height_px / height)
        whole = max(1, round(width * scale)), max(1, round(height * scale))
        return Frame(whole, whole)
    shrunk = min(1.0, width / size.width_px, height / size.height_px)
    cut = max(1, round(size.width_px * shrunk)), max(1, round(size.height_px * shrunk))
    scale = max(cut[0] / width, cut[1] / height)
    whole = max(cut[0], round(width * scale)), max(cut[1], round(height * scale))
    return Frame(whole, cut)
