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
_EXIF_IFD, _GPS_IFD, _XMP_TAG = 0x8769, 0x8825, 0x02BC
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_BOXES_BYTES_MAX = 1 << 20
"""Canon's boxes stand in front of the pictures."""


class Preview(Struct, frozen=True):
    """The picture inside a RAW file."""

    data: bytes
    """A JPEG, or a BMP where the camera stored bare pixels."""
    orientation: int | None
    """How it has to be turned; None: as its own EXIF says."""
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


def exif_of(photo: bytes) -> bytes:
    """
    Return the EXIF of a RAW file, with XMP as one of its tags; empty where that is not known.

    Raises:
        Whatever Pillow raises on damaged bytes (`adapters.decode.PILLOW_ERRORS`).
    """
    if photo.startswith(_TIFF_LIKE):
        return photo
    if photo[4:12] == b"ftypcrx ":
        return _canon_exif(photo)
    magic = _OWN_MAGIC.get(photo[:4])
    return magic + photo[4:] if magic else b""


def _canon_exif(photo: bytes) -> bytes:
    """Return the EXIF of a CR3, which keeps each directory in a box of its own."""
    exif = Image.Exif()
    exif.load(_box(photo, b"CMT1"))
    for name, tag in ((b"CMT2", _EXIF_IFD), (b"CMT4", _GPS_IFD)):
        inside = Image.Exif()
        inside.load(_box(photo, name))
        exif.get_ifd(tag).update(dict(inside))
    if packet := _box(photo, _XMP_BOX):
        exif[_XMP_TAG] = packet
    return exif.tobytes()


def _box(photo: bytes, name: bytes) -> bytes:
    """Return what is in the first box of that name, or `uuid` and number; empty if none is."""
    at = photo.find(name, 0, _BOXES_BYTES_MAX)
    start = at - 4 if name.startswith(b"CMT") else at - 8
    if start < 0 or at < 0:
        return b""
    size = int.from_bytes(photo[start : start + 4], "big")
    return photo[at + len(name) : start + size]
