"""
Finishing: the packet is put into a copy of a rendition, and read back before it is handed out.

Nothing is encoded again: the pixels' bytes are copied as they are. JPEG and WebP are written by
libexiv2; into AVIF, which it does not write, exiftool copies the same blocks, where it is
installed. Whatever stood in the rendition goes, but for its colour profile. Equal input gives equal
bytes, as long as the libraries are the same. WebP and AVIF have no place for IIM.

Native code: runs in a worker (`adapters.tasks.finish`), and nothing else imports exiv2.
"""

import io
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters import packet_check
from adapters.errors import AdapterError
from adapters.packet import (
    NAMESPACES,
    ExifValue,
    Packet,
    Property,
    exif_table,
    iim_table,
    xmp_table,
)

_EXIFTOOL_LIMIT_S = 60.0
_AVIF = (b"avif", b"avis")
_EXIV2_PREFIX = {"Iptc4xmpCore": "iptc"}
"""What exiv2 calls a namespace, where it is not the usual prefix."""


def finish(picture: bytes, packet: Packet) -> bytes:
    """
    Return a copy of the picture that carries the packet, and nothing else but its colour profile.

    Args:
        picture: A JPEG, WebP or AVIF.
        packet: What it shall say; where that is nothing, it says nothing.

    Raises:
        AdapterError: `FinishingFailed` (no such picture, the texts are too large for it, or what
            was written does not read back as it should), `ExiftoolMissing`.
    """
    if picture[4:8] == b"ftyp" and picture[8:12] in _AVIF:
        finished = _by_exiftool(picture, packet)
    else:
        finished = _by_exiv2(picture, packet)
    try:
        packet_check.check(picture, finished, packet)
    except packet_check.Differs as error:
        raise AdapterError("FinishingFailed", f"read back after writing: {error}") from error
    return finished


def _by_exiv2(picture: bytes, packet: Packet) -> bytes:
    import exiv2

    exiv2.LogMsg.setLevel(exiv2.LogMsg.Level.mute)
    try:
        image = exiv2.ImageFactory.open(picture)
        image.readMetadata()
        image.clearComment()
        image.setExifData(_exif(packet))
        image.setIptcData(_iim(packet) if image.mimeType() == "image/jpeg" else exiv2.IptcData())
        image.setXmpPacket(xmp_packet(packet))
        image.writeXmpFromPacket(True)
        image.writeMetadata()
        file = image.io()
        file.open()
        return bytes(file.mmap())
    except exiv2.Exiv2Error as error:
        raise AdapterError("FinishingFailed", f"exiv2: {error.message}") from error


def xmp_packet(packet: Packet) -> str:
    """Return the packet as XML; empty where there is nothing to say. No room is left to edit it."""
    import exiv2

    table = xmp_table(packet)
    if not table:
        return ""
    exiv2.XmpProperties.registerNs(NAMESPACES["cc"], "cc")
    properties = exiv2.XmpData()
    for name, one in table.items():
        prefix, _, local = name.partition(":")
        properties[f"Xmp.{_EXIV2_PREFIX.get(prefix, prefix)}.{local}"] = _xmp(one)
    flags = exiv2.XmpParser.XmpFormatFlags
    wanted = flags.useCompactFormat | flags.omitAllFormatting | flags.readOnlyPacket
    problem, written = exiv2.XmpParser.encode(properties, wanted)
    if problem:
        raise AdapterError("FinishingFailed", f"exiv2: the texts are no XMP ({problem})")
    return str(written)


def _xmp(one: Property) -> Any:  # noqa: ANN401  (exiv2's own values)
    import exiv2

    if one.kind == "Alt":
        return exiv2.LangAltValue(dict(one.items))
    texts = [text for _, text in one.items]
    if one.kind == "text":
        value = exiv2.XmpTextValue()
        value.read(texts[0])
        return value
    kinds = {"Bag": exiv2.TypeId.xmpBag, "Seq": exiv2.TypeId.xmpSeq}
    return exiv2.XmpArrayValue(texts, kinds[one.kind])


def _iim(packet: Packet) -> Any:  # noqa: ANN401  (exiv2's own values)
    import exiv2

    records = {1: "Envelope", 2: "Application2"}
    written = exiv2.IptcData()
    for (record, dataset), values in iim_table(packet).items():
        key = exiv2.IptcKey(f"Iptc.{records[record]}.0x{dataset:04x}")
        for value in values:
            written.add(exiv2.Iptcdatum(key, exiv2.StringValue(value.decode())))
    return written


def _exif(packet: Packet) -> Any:  # noqa: ANN401  (exiv2's own values)
    import exiv2

    written = exiv2.ExifData()
    for (directory, tag), value in exif_table(packet).items():
        written[f"Exif.{directory}.0x{tag:04x}"] = _exif_value(value)
    return written


def _exif_value(value: ExifValue) -> Any:  # noqa: ANN401  (exiv2's own values)
    import exiv2

    match value:
        case str():
            return exiv2.AsciiValue(value)
        case bytes():
            return exiv2.DataValue(
                value, exiv2.ByteOrder.invalidByteOrder, exiv2.TypeId.unsignedByte
            )
        case int():
            return exiv2.UShortValue([value])
        case _:
            return exiv2.URationalValue([_pair(one) for one in value])


def _pair(number: Fraction) -> tuple[int, int]:
    return number.numerator, number.denominator


def _by_exiftool(picture: bytes, packet: Packet) -> bytes:
    """Have exiftool copy the blocks of a carrier, an empty JPEG that exiv2 wrote them into."""
    from PIL import Image

    exiftool = shutil.which("exiftool")
    if exiftool is None:
        raise AdapterError("ExiftoolMissing", "it is not on the PATH")
    empty = io.BytesIO()
    Image.new("RGB", (1, 1)).save(empty, "JPEG")
    with TemporaryDirectory(prefix="photojournal-") as folder:
        carrier = Path(folder) / "carrier.jpg"
        carrier.write_bytes(_by_exiv2(empty.getvalue(), packet))
        removed = ("-XMP:all=", "-EXIF:all=")
        copied = ("-tagsFromFile", str(carrier), "-XMP", "-EXIF")
        command = [exiftool, "-q", "-o", "-", *removed, *copied, "-"]
        try:
            done = subprocess.run(  # noqa: S603  (fixed words, and a name of our own)
                command, input=picture, capture_output=True, timeout=_EXIFTOOL_LIMIT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AdapterError("FinishingFailed", f"exiftool: {error}") from error
    if done.returncode or not done.stdout:
        words = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise AdapterError("FinishingFailed", f"exiftool: {words or 'wrote nothing'}")
    return done.stdout
