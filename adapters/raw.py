"""
RAW files: the preview that the camera put inside, with what the file says about the photo.

The sensor's data is not developed. The preview is the largest picture inside that is ready to look
at: with most cameras a JPEG in full size, with some a small one. Read with LibRaw through `rawpy`,
an optional library (the extra `raw`).
"""

import io
from typing import Any

from msgspec import Struct
from PIL import Image

from adapters.errors import AdapterError, NeedsExtra, Unreadable

_TIFF_LIKE = (b"II*\x00", b"MM\x00*")
_OWN_MAGIC = {b"IIU\x00": b"II*\x00", b"IIRO": b"II*\x00", b"IIRS": b"II*\x00", b"MMOR": b"MM\x00*"}
"""TIFF under another name: Panasonic's and Olympus' files."""
_ORIENTATIONS = (1, 2, 4, 3, 5, 8, 6, 7)
"""EXIF's number for what LibRaw calls `flip`."""


class Preview(Struct, frozen=True):
    """The picture inside a RAW file."""

    data: bytes
    """A JPEG, or a BMP where the camera stored bare pixels."""
    orientation: int | None
    """How it has to be turned; None: as its own EXIF says."""
    exif: bytes
    """EXIF of the RAW file, as a TIFF; empty: that of the preview counts."""
    width_px: int
    height_px: int
    """Of the sensor's data, lying as it is stored."""


def preview(photo: bytes) -> Preview:
    """
    Take the preview out of a RAW file.

    Raises:
        NeedsExtra: `rawpy` is not installed.
        Unreadable: damaged, of a camera that LibRaw does not know, or without a preview.
        AdapterError: `OutOfMemory`.
    """
    rawpy = _library()
    try:
        with rawpy.imread(io.BytesIO(photo)) as raw:
            found, sizes = raw.extract_thumb(), raw.sizes
    except rawpy.LibRawNoThumbnailError as error:
        msg = "the RAW file holds no preview"
        raise Unreadable(msg) from error
    except (MemoryError, rawpy.LibRawUnsufficientMemoryError) as error:
        raise AdapterError(code="OutOfMemory") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, OSError, ValueError) as error:
        said = error.args[0] if error.args else ""
        words = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
        msg = f"the RAW file cannot be read: {words or type(error).__name__}"
        raise Unreadable(msg) from error
    is_jpeg = found.format == rawpy.ThumbFormat.JPEG
    return Preview(
        data=found.data if is_jpeg else _bitmap(found.data),
        orientation=None if is_jpeg else _ORIENTATIONS[sizes.flip & 7],
        exif=_exif(photo),
        width_px=sizes.width,
        height_px=sizes.height,
    )


def _library() -> Any:  # noqa: ANN401  (a module that need not be there)
    try:
        import rawpy
    except ImportError as error:
        msg = "RAW files are read with the extra `raw`, which is not installed"
        raise NeedsExtra(msg) from error
    return rawpy


def _bitmap(pixels: Any) -> bytes:  # noqa: ANN401  (a numpy array)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "BMP")
    return target.getvalue()


def _exif(photo: bytes) -> bytes:
    """Return the EXIF of the RAW file, where it is built like TIFF."""
    if photo.startswith(_TIFF_LIKE):
        return photo
    magic = _OWN_MAGIC.get(photo[:4])
    return magic + photo[4:] if magic else b""
