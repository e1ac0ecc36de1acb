"""RAW files made by hand: built like a camera's, with a preview and sensor data of a few pixels."""

import struct
from typing import Any

_SHORT, _LONG, _BYTE, _ASCII, _RATIONAL = 3, 4, 1, 2, 5
_FORMATS = {_SHORT: "H", _LONG: "I", _BYTE: "B"}
SENSOR = (64, 48)

Tags = dict[int, tuple[int, Any]]


def _packed(kind: int, value: Any) -> tuple[int, bytes]:
    """Count and bytes of a value."""
    if kind == _ASCII:
        text = value.encode() + b"\0"
        return len(text), text
    values = value if isinstance(value, tuple) else (value,)
    if kind == _RATIONAL:
        return len(values), b"".join(struct.pack("<II", *pair) for pair in values)
    return len(values), struct.pack(f"<{len(values)}{_FORMATS[kind]}", *values)


def _directory(tags: Tags, place: int, following: int = 0) -> bytes:
    """A directory that stands at `place`, its long values behind it."""
    entries, behind = b"", b""
    end = place + 2 + 12 * len(tags) + 4
    for tag, (kind, value) in sorted(tags.items()):
        count, stored = _packed(kind, value)
        if len(stored) > 4:
            stored, spot = struct.pack("<I", end + len(behind)), stored
            behind += spot + b"\0" * (len(spot) % 2)
        entries += struct.pack("<HHI4s", tag, kind, count, stored.ljust(4, b"\0"))
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + behind


def dng(
    preview: bytes, size: tuple[int, int], orientation: int = 1, packet: bytes = b"", **more: Any
) -> bytes:
    """A DNG with a JPEG preview, EXIF, and a sensor of `SENSOR` pixels."""
    main: Tags = {
        0x00FE: (_LONG, 1),
        0x0100: (_LONG, size[0]),
        0x0101: (_LONG, size[1]),
        0x0102: (_SHORT, (8, 8, 8)),
        0x0103: (_SHORT, 7),
        0x0106: (_SHORT, 6),
        0x010F: (_ASCII, more.get("make", "Pentax")),
        0x0110: (_ASCII, more.get("model", "K-3 Mark III")),
        0x0112: (_SHORT, orientation),
        0x0115: (_SHORT, 3),
        0x0117: (_LONG, len(preview)),
        0xC612: (_BYTE, (1, 4, 0, 0)),
        0xC613: (_BYTE, (1, 1, 0, 0)),
        0xC614: (_ASCII, "Pentax K-3 Mark III"),
    }
    if not more.get("dng", True):
        del main[0xC612], main[0xC613], main[0xC614]
    if packet:
        main[0x02BC] = (_BYTE, tuple(packet))
    exif: Tags = {
        0x829A: (_RATIONAL, ((1, 250),)),
        0x829D: (_RATIONAL, ((28, 10),)),
        0x8827: (_SHORT, 200),
        0x9003: (_ASCII, "2024:05:30 15:56:01"),
        0xA431: (_ASCII, "SN-12345"),
    }
    width, height = SENSOR
    sensor: Tags = {
        0x00FE: (_LONG, 0),
        0x0100: (_LONG, width),
        0x0101: (_LONG, height),
        0x0102: (_SHORT, 16),
        0x0103: (_SHORT, 1),
        0x0106: (_SHORT, 32803),
        0x0115: (_SHORT, 1),
        0x0116: (_LONG, height),
        0x0117: (_LONG, width * height * 2),
        0x828D: (_SHORT, (2, 2)),
        0x828E: (_BYTE, (0, 1, 1, 2)),
    }
    for link in (0x014A, 0x8769, 0x0111):
        main[link] = (_LONG, 0)
    sensor[0x0111] = (_LONG, 0)
    exif_at = 8 + len(_directory(main, 8))
    sensor_at = exif_at + len(_directory(exif, exif_at))
    preview_at = sensor_at + len(_directory(sensor, sensor_at))
    data_at = preview_at + len(preview) + len(preview) % 2
    main |= {0x014A: (_LONG, sensor_at), 0x8769: (_LONG, exif_at), 0x0111: (_LONG, preview_at)}
    sensor[0x0111] = (_LONG, data_at)
    data = struct.pack("<H", 1000) * (width * height)
    return (
        b"II*\0\x08\0\0\0"
        + _directory(main, 8)
        + _directory(exif, exif_at)
        + _directory(sensor, sensor_at)
        + preview.ljust(data_at - preview_at, b"\0")
        + data
    )
