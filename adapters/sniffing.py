"""
What kind of file some bytes are: told from the bytes, never from the file's name.

A name for what the bytes claim to be; whether they can be decoded here, and whether they are whole,
is another question (`adapters.decode`). RAW files that are built like TIFF are told apart from it
by what stands in their directories: read as TIFF, they would give a picture as small as a stamp.
"""

import struct
from collections.abc import Iterator

HEIF = "image/heic"
AVIF = "image/avif"
RAW_TYPES = {
    "image/x-adobe-dng",
    "image/x-canon-cr2",
    "image/x-canon-cr3",
    "image/x-canon-crw",
    "image/x-dcraw",
    "image/x-fuji-raf",
    "image/x-minolta-mrw",
    "image/x-nikon-nef",
    "image/x-olympus-orf",
    "image/x-panasonic-rw2",
    "image/x-pentax-pef",
    "image/x-sigma-x3f",
    "image/x-sony-arw",
}
"""The media types of RAW files; `image/x-dcraw` is that of a RAW file of any other maker."""

_TIFF = "image/tiff"
_ANY_RAW = "image/x-dcraw"
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", _TIFF),
    (b"MM\x00*", _TIFF),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    (b"IIU\x00", "image/x-panasonic-rw2"),
    (b"IIRO", "image/x-olympus-orf"),
    (b"IIRS", "image/x-olympus-orf"),
    (b"MMOR", "image/x-olympus-orf"),
    (b"FOVb", "image/x-sigma-x3f"),
    (b"\x00MRM", "image/x-minolta-mrw"),
)
_OTHERS = (
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "an archive"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_CONTAINER_BRANDS = {b"mif1", b"mif2", b"msf1", b"miaf"}
_BRANDS_BYTES_MAX = 512

_SUB_DIRECTORIES, _PHOTOMETRIC, _MAKE, _DNG_VERSION = 0x014A, 0x0106, 0x010F, 0xC612
_SENSOR_DATA = {32803, 34892}
"""Photometric interpretations: a colour filter array, and linear RAW."""
_MAKERS = (
    ("nikon", "image/x-nikon-nef"),
    ("sony", "image/x-sony-arw"),
    ("pentax", "image/x-pentax-pef"),
    ("ricoh", "image/x-pentax-pef"),
)
_DIRECTORIES_MAX = 16
_ENTRIES_MAX = 512
_ENTRY_BYTES = 12
_SUB_DIRECTORIES_MAX = 8


def sniff(photo: bytes) -> str | None:
    """
    Return the media type that the bytes announce, None if they are not those of a photo.

    `image/heic` stands for every picture in HEIF that is not AVIF.
    """
    if photo[4:8] == b"ftyp":
        return _of_brands(photo)
    if photo[:4] == b"RIFF" and photo[8:12] == b"WEBP":
        return "image/webp"
    if photo[6:14] == b"HEAPCCDR":
        return "image/x-canon-crw"
    for magic, media_type in _MAGIC:
        if photo.startswith(magic):
            return _raw_in_tiff(photo) or _TIFF if media_type == _TIFF else media_type
    return None


def other_kind(photo: bytes) -> str:
    """Return what these bytes are, in words, where they are known and not those of a photo."""
    if photo[4:8] == b"ftyp":
        return "" if sniff(photo) else "a video"
    if photo[:4] == b"RIFF" and photo[8:12] == b"AVI ":
        return "a video"
    return next((words for magic, words in _OTHERS if photo.startswith(magic)), "")


def _of_brands(photo: bytes) -> str | None:
    """Tell the pictures in boxes apart by their brand; a container's, by those it fits."""
    brand = photo[8:12]
    if brand == b"crx ":
        return "image/x-canon-cr3"
    end = min(int.from_bytes(photo[:4], "big"), _BRANDS_BYTES_MAX)
    fits = {photo[at : at + 4] for at in range(16, end, 4)}
    if brand in _AVIF_BRANDS or (brand in _CONTAINER_BRANDS and fits & _AVIF_BRANDS):
        return AVIF
    return HEIF if brand in _HEVC_BRANDS | _CONTAINER_BRANDS else None


# --- RAW files that are built like TIFF.


def _raw_in_tiff(photo: bytes) -> str | None:
    """Return the media type of a RAW file; None: a TIFF, as far as can be told."""
    if photo[8:10] == b"CR":
        return "image/x-canon-cr2"
    if photo[8:12] in {b"IIII", b"MMMM"}:
        return _ANY_RAW
    maker, is_raw = "", False
    for entries in _directories(photo):
        if _DNG_VERSION in entries:
            return "image/x-adobe-dng"
        is_raw = is_raw or _number(photo, entries, _PHOTOMETRIC) in _SENSOR_DATA
        maker = maker or _words(photo, entries, _MAKE)
    if not is_raw:
        return None
    known = (kind for name, kind in _MAKERS if maker.casefold().startswith(name))
    return next(known, _ANY_RAW)


_Entries = dict[int, tuple[int, int, bytes]]
"""Of one directory: tag to type, count and the four bytes of the value or its place."""


def _order(photo: bytes) -> str:
    return "<" if photo.startswith(b"II") else ">"


def _directories(photo: bytes) -> Iterator[_Entries]:
    """Yield the first directories of a TIFF, those below others included; damage ends the walk."""
    order = _order(photo)
    places, seen = [_long(photo, 4)], set[int]()
    while places and len(seen) < _DIRECTORIES_MAX:
        place = places.pop(0)
        if place in seen or not 0 < place < len(photo):
            continue
        seen.add(place)
        try:
            (count,) = struct.unpack_from(f"{order}H", photo, place)
            size = min(count, _ENTRIES_MAX)
            read = (
                struct.unpack_from(f"{order}HHI4s", photo, place + 2 + at * _ENTRY_BYTES)
                for at in range(size)
            )
            entries = {tag: (kind, length, value) for tag, kind, length, value in read}
        except struct.error:
            continue
        yield entries
        places += _below(photo, entries)
        places.append(_long(photo, place + 2 + count * _ENTRY_BYTES))


def _below(photo: bytes, entries: _Entries) -> list[int]:
    if _SUB_DIRECTORIES not in entries:
        return []
    _, length, value = entries[_SUB_DIRECTORIES]
    (place,) = struct.unpack(f"{_order(photo)}I", value)
    if length == 1:
        return [place]
    return [_long(photo, place + 4 * at) for at in range(min(length, _SUB_DIRECTORIES_MAX))]


def _long(photo: bytes, place: int) -> int:
    """Return the number at a place; 0, which is no place, where there is none."""
    stored = photo[place : place + 4]
    return int(struct.unpack(f"{_order(photo)}I", stored)[0]) if len(stored) == 4 else 0  # noqa: PLR2004


def _number(photo: bytes, entries: _Entries, tag: int) -> int | None:
    """Return a short number."""
    if tag not in entries:
        return None
    (number,) = struct.unpack_from(f"{_order(photo)}H", entries[tag][2])
    return int(number)


def _words(photo: bytes, entries: _Entries, tag: int) -> str:
    if tag not in entries:
        return ""
    _, length, value = entries[tag]
    place = struct.unpack(f"{_order(photo)}I", value)[0]
    stored = value[:length] if length <= len(value) else photo[place : place + min(length, 64)]
    return stored.decode("latin-1").strip("\x00 ")
