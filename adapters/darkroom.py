"""
The darkroom: makes the pictures that are published, bytes in, bytes out.

Promises: upright, sRGB with the profile inside, inside the recipe's boxes, never enlarged; nothing
of the original's metadata is carried over (no place, no serial number, no thumbnail, no comment).
Each picture is opened again before it is handed out. The same bytes and recipe give the same bytes,
as long as Pillow and its encoders are the same.

One decode, as small as the largest rendition allows (a JPEG is decoded at 1/2, 1/4 or 1/8), then
each smaller rendition is made from the next larger one. Reduced with a Lanczos filter. Sharpening
and watermarks are put upon copies: no rendition is made from one that has them.

Not guaranteed: a photo without a profile is taken for sRGB, whatever the camera's colour space; a
profile that cannot be used likewise (`adapters.exif` notes it). With another larger rendition
beside it, a rendition comes out the same to the eye, not to the byte.
"""

import hashlib
import io
from collections.abc import Iterable
from typing import Any

from PIL import Image, ImageFilter, features

from adapters.colour import PROFILED_MODES, srgb_profile, to_srgb
from adapters.decode import (
    PILLOW_ERRORS,
    TooLarge,
    Unreadable,
    check_decodable,
    displayed_size,
    load,
    open_turn,
    opened,
    reason,
    rgb,
    sniff,
    turned,
)
from adapters.errors import AdapterError
from adapters.recipes import MEDIA_TYPES, Frame, Recipe, Size, frame
from adapters.watermark import stamped
from machine.values import Rendition

__all__ = ["RECIPE", "Recipe", "Size", "check_decodable", "render", "sniff", "unsupported"]

_LYING = 5
_REDUCING_GAP = 3.0
_SHARPEN_RADIUS_PX = 0.8
_SHARPEN_FROM = 2
"""Differences below that many levels are noise, and stay."""


RECIPE = Recipe(
    sizes=(
        Size(name="web", width_px=1500, height_px=1000, quality=92),
        Size(name="thumb", width_px=548, height_px=365, quality=88),
    )
)
"""The predecessor's sizes."""


def unsupported(formats: Iterable[str]) -> str:
    """Return the first format that the installed Pillow cannot write; empty: it writes them all."""
    return next((one for one in formats if one != "jpeg" and not features.check(one)), "")


def render(
    photo: bytes, recipe: Recipe = RECIPE, kept: Iterable[str] = ()
) -> tuple[tuple[Rendition, bytes], ...]:
    """
    Make the renditions of a photo, in the recipe's order.

    Args:
        photo: The bytes of a photo, any format and mode that `adapters.decode` reads.
        recipe: Sizes and compression.
        kept: Names of renditions that are there already: the others come out as if all were made.

    Returns:
        For each size that is not kept the facts and the bytes of a picture.

    Raises:
        AdapterError: `ResizeUnreadable` (not a photo, or damaged: permanent), `ResizeTooLarge`
            (too many pixels, told from the header: permanent), `ResizeFailed` (a picture cannot be
            written, or does not open again), `OutOfMemory`.
    """
    try:
        return _render(photo, recipe, frozenset(kept))
    except TooLarge as error:
        raise AdapterError(code="ResizeTooLarge", detail=str(error)) from error
    except Unreadable as error:
        raise AdapterError(code="ResizeUnreadable", detail=str(error)) from error
    except MemoryError as error:
        raise AdapterError(code="OutOfMemory") from error


def _render(
    photo: bytes, recipe: Recipe, kept: frozenset[str]
) -> tuple[tuple[Rendition, bytes], ...]:
    wanted = [size for size in recipe.sizes if size.name not in kept]
    if not wanted:
        return ()
    with opened(photo) as image:
        full = displayed_size(image)
        frames = {size.name: frame(full, size) for size in recipe.sizes}
        negative = developed(image, max(one.whole for one in frames.values()))
    made: dict[str, Image.Image] = {}
    for name, one in sorted(frames.items(), key=lambda item: item[1].whole, reverse=True):
        made[name] = negative = _reduced(negative, one.whole)
    return tuple(_encoded(size, made[size.name], frames[size.name], recipe) for size in wanted)


def developed(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """Return the picture at `target` size (as displayed): upright, sRGB, mode RGB."""
    turn = open_turn(image)
    stored = target[::-1] if turn >= _LYING else target
    profile = image.info.get("icc_profile")
    image.draft(None, stored)
    load(image)
    picture = image if image.mode in PROFILED_MODES and not _see_through(image) else rgb(image)
    return to_srgb(turned(_reduced(picture, stored), turn), profile)


def _see_through(image: Image.Image) -> bool:
    return image.has_transparency_data


def _reduced(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    try:
        return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    except PILLOW_ERRORS as error:
        raise Unreadable(reason(error)) from error


def _encoded(
    size: Size, whole: Image.Image, framed: Frame, recipe: Recipe
) -> tuple[Rendition, bytes]:
    picture = _cut(whole, framed.cut)
    if size.sharpen:
        picture = picture.filter(
            ImageFilter.UnsharpMask(_SHARPEN_RADIUS_PX, size.sharpen, _SHARPEN_FROM)
        )
    if size.watermark:
        picture = stamped(picture, recipe.watermark)
    data = _file(size, picture)
    _look_again(size, data, framed.cut)
    facts = Rendition(
        name=size.name,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        width_px=picture.width,
        height_px=picture.height,
        media_type=MEDIA_TYPES[size.format],
        recipe_digest=recipe.digest_of(size),
    )
    return facts, data


def _cut(whole: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return what is cut from the middle; always a copy, without anything but its pixels."""
    left, top = (whole.width - size[0]) // 2, (whole.height - size[1]) // 2
    cut = whole.crop((left, top, left + size[0], top + size[1]))
    cut.info = {}
    return cut


def _file(size: Size, picture: Image.Image) -> bytes:
    options: dict[str, Any] = {"quality": size.quality, "icc_profile": srgb_profile()}
    if size.format == "jpeg":
        options |= {"progressive": size.progressive, "subsampling": size.subsampling}
    elif size.format == "avif":
        # One thread: there is a worker for each core, and the bytes never depend on their number.
        options |= {"subsampling": size.subsampling, "max_threads": 1}
    target = io.BytesIO()
    try:
        picture.save(target, size.format, **options)
    except PILLOW_ERRORS as error:
        detail = f"{size.name} could not be written as {size.format}: {reason(error)}"
        raise AdapterError(code="ResizeFailed", detail=detail) from error
    return target.getvalue()


def _look_again(size: Size, data: bytes, expected: tuple[int, int]) -> None:
    """Open a made picture as a visitor would. Raises AdapterError `ResizeFailed`."""
    try:
        with Image.open(io.BytesIO(data), formats=[size.format]) as image:
            found = image.size, image.info.get("icc_profile") == srgb_profile()
            image.draft(None, (1, 1))  # A JPEG is read in full, and decoded at an eighth.
            image.load()
    except PILLOW_ERRORS as error:
        detail = f"{size.name} was made and does not open again: {reason(error)}"
        raise AdapterError(code="ResizeFailed", detail=detail) from error
    if found != (expected, True):
        (width, height), profile = found
        detail = f"{size.name} was made as {width} x {height}, not {expected[0]} x {expected[1]}"
        detail = detail if profile else f"{size.name} was made without its colour profile"
        raise AdapterError(code="ResizeFailed", detail=detail)
