"""
From the bytes of a photo to its pixels: the one place where photos are opened.

Promises: only formats of photos are tried (no PostScript, no video); a picture with more than
`PIXELS_MAX` pixels is refused from its header, before any memory is taken for it; what Pillow
raises on damaged bytes, which is a dozen different exceptions, comes out as `Unreadable` with the
reason. Of several pictures in a file the first one counts, in HEIC the one that the file calls its
main one. Runs in workers: a native crash in a decoder is the supervisor's business.

HEIC is read with pillow-heif, RAW files by their preview (`adapters.raw`), all else with Pillow.

Not guaranteed: a JPEG that is damaged in the middle but not cut short decodes, with grey or shifted
parts; the library says nothing about it.

    Unreadable              these bytes give no picture
    ├── TooLarge            they would give one with too many pixels
    └── NeedsExtra          a library that is not installed could read them
    AdapterError OutOfMemory   the host's fault, not the photo's
"""

import contextlib
import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

from adapters import raw
from adapters.errors import AdapterError, NeedsExtra
from adapters.errors import TooLarge as TooLarge
from adapters.errors import Unreadable as Unreadable
from adapters.sniffing import AVIF, HEIF, RAW_TYPES, other_kind
from adapters.sniffing import sniff as sniff

PIXELS_MAX = 178_956_970
"""Pillow's own hard limit: 13,400 x 13,400 pixels, 0.5 GB as RGB."""

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF", "BMP")
"""As Pillow calls them; multi-picture JPEG (MPO) is a JPEG, of which the first picture counts."""

PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
)
"""What Pillow has been seen to raise on damaged bytes. MemoryError is none of them."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION_TAG = 0x0112
_XMP_TAG = 0x02BC
_UPRIGHT = 1
_LYING = 5
"""From this orientation on, width and height are exchanged."""

_ISPE = re.compile(rb"\x00\x00\x00\x14ispe\x00{4}(.{8})", re.DOTALL)
"""
The boxes of HEIF that say how large the coded pictures are (ISO/IEC 23008-12, 6.5.3). Each of them
counts: the displayed size is cut out of them only after decoding.
"""

RAW_NOTE = "photojournal raw"
"""Where an opened preview keeps the size of the RAW file's own data (`Image.info`)."""


def check_decodable(photo: bytes) -> None:
    """
    Look at the header: is this a photo that can be opened here? Decodes nothing.

    Raises:
        AdapterError: `EmptyFile`; `NotAPhoto`, with the reason; `RawNeedsExtra`; `ResizeTooLarge`,
            a picture with more than `PIXELS_MAX` pixels. All permanent.
    """
    if not photo:
        raise AdapterError(code="EmptyFile")
    try:
        with opened(photo):
            pass
    except TooLarge as error:
        raise AdapterError(code="ResizeTooLarge", detail=str(error)) from error
    except NeedsExtra as error:
        raise AdapterError(code="RawNeedsExtra", detail=str(error)) from error
    except Unreadable as error:
        raise AdapterError(code="NotAPhoto", detail=str(error)) from error


@contextlib.contextmanager
def opened(photo: bytes) -> Iterator[ImageFile.ImageFile]:
    """
    Open a photo and read its header; its pixels are decoded by `load`.

    Raises:
        Unreadable: not a photo, or one that can not be opened here.
        TooLarge: too many pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = _open(photo)
        with image:
            _check_size(*image.size)
            yield image


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS_MAX:
        msg = f"{width} x {height} pixels, at most {PIXELS_MAX:,} are read"
        raise TooLarge(msg)


@cache
def _formats() -> tuple[str, ...]:
    """Return the formats that this Pillow knows (AVIF came late)."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _open(photo: bytes) -> ImageFile.ImageFile:
    if not photo:
        msg = "the file has no bytes"
        raise Unreadable(msg)
    media_type = sniff(photo)
    if media_type in RAW_TYPES:
        return _open_preview(photo)
    if media_type in {HEIF, AVIF}:
        for box in _ISPE.finditer(photo):
            _check_size(*struct.unpack(">II", box[1]))
    try:
        if media_type == HEIF:
            return _open_heif(photo)
        return Image.open(io.BytesIO(photo), formats=_formats())
    except Image.DecompressionBombError as error:
        msg = f"more than {PIXELS_MAX:,} pixels"
        raise TooLarge(msg) from error
    except UnidentifiedImageError as error:
        raise Unreadable(_not_identified(photo)) from error
    except MemoryError as error:
        raise AdapterError(code="OutOfMemory") from error
    except PILLOW_ERRORS as error:
        raise Unreadable(reason(error)) from error


def _open_heif(photo: bytes) -> ImageFile.ImageFile:
    """
    Open a HEIC; it comes out turned as its boxes demand, which is all the turning it needs.

    The small pictures inside are not looked at: they would be taken for the large one.
    """
    import pillow_heif

    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = False
    try:
        return pillow_heif.HeifImageFile(io.BytesIO(photo))  # type: ignore[no-untyped-call]
    except PILLOW_ERRORS as error:
        msg = f"the HEIC cannot be read: {reason(error)}"
        raise Unreadable(msg) from error


def _open_preview(photo: bytes) -> ImageFile.ImageFile:
    """Open the preview of a RAW file, with the EXIF and XMP of that file."""
    found = raw.preview(photo)
    image = _open(found.data)
    turn = orientation(image) if found.orientation is None else found.orientation
    with contextlib.suppress(*PILLOW_ERRORS):
        _take_over(image, raw.exif_of(photo))
    image.getexif()[_ORIENTATION_TAG] = turn
    image.info[RAW_NOTE] = f"{found.width_px} x {found.height_px}"
    return image


def _take_over(image: Image.Image, exif: bytes) -> None:
    """Give a preview the EXIF and XMP of its RAW file; its own stays where that is damaged."""
    if not exif:
        return
    found = Image.Exif()
    found.load(exif)
    packet = found.get(_XMP_TAG)
    image.info["xmp"] = packet if isinstance(packet, bytes) else b""
    image.getexif().load(exif)


def _not_identified(photo: bytes) -> str:
    media_type = sniff(photo)
    if media_type:
        return f"the file begins like {media_type}, but its header is damaged"
    if kind := other_kind(photo):
        return f"this is {kind}, which is not read"
    return "the bytes are not those of a photo"


def load(image: Image.Image) -> None:
    """
    Decode the pixels.

    Raises:
        Unreadable: cut short or damaged.
        AdapterError: `OutOfMemory`.
    """
    try:
        image.load()
    except MemoryError as error:
        raise AdapterError(code="OutOfMemory", detail=_size(image)) from error
    except PILLOW_ERRORS as error:
        raise Unreadable(reason(error)) from error


def _size(image: Image.Image) -> str:
    width, height = image.size
    return f"{width} x {height} pixels"


def reason(error: BaseException) -> str:
    """Return what a library said, without memory addresses; the error's kind where it is mute."""
    said = str(error).split("<_io.", maxsplit=1)[0].strip()
    return said or type(error).__name__


# --- Which way is up.


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none or it can not be read."""
    try:
        value = image.info.get("original_orientation") or image.getexif().get(_ORIENTATION_TAG)
    except PILLOW_ERRORS:
        return _UPRIGHT
    return value if value in _TURNS else _UPRIGHT


def open_turn(image: Image.Image) -> int:
    """Return the orientation that is left to us: TIFF and HEIF come out of `load` turned."""
    return _UPRIGHT if image.format in {"TIFF", "HEIF"} else orientation(image)


def displayed_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height in pixels as a person sees the picture."""
    width, height = image.size
    return (height, width) if open_turn(image) >= _LYING else (width, height)


def turned(image: Image.Image, turn: int) -> Image.Image:
    """Return the picture turned (and mirrored) as orientation `turn` demands."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


# --- Which mode.


def rgb(image: Image.Image) -> Image.Image:
    """
    Return the decoded picture as 8-bit RGB.

    What is transparent becomes white, as on a page; 16-bit grey keeps its upper 8 bits; CMYK is
    converted without its profile.

    Raises:
        Unreadable: a mode whose range is not known (32-bit float, LAB).
    """
    mode = image.mode
    if mode == "RGB":
        return image
    if mode.startswith("I"):
        return _eight_bits(image).convert("RGB")
    if mode in {"F", "LAB"}:
        msg = f"pictures of mode {mode} are not read"
        raise Unreadable(msg)
    try:
        if image.has_transparency_data:
            return _on_white(image.convert("RGBA"))
        return image.convert("RGB")
    except PILLOW_ERRORS as error:
        raise Unreadable(reason(error)) from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return 16-bit grey as 8-bit grey, rounded."""
    values = np.clip(np.asarray(image).astype(np.int64), 0, 0xFFFF)
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page
