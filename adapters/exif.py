"""
What a photo says about itself: the camera's facts, embedded text, and what is private.

Promises: damaged metadata never fails the photo. What is unknown stays empty and is never guessed;
what is there but can not be read is told in `Metadata.notes`, without private values. Place, serial
numbers and owner go into `PrivateMetadata` only.

EXIF counts first, then XMP's copy of it. Formats, as the predecessor published them:

    date_time     `2008:05:30 15:56:01`, when the shutter opened, else when it was digitised; the
                  file's last change only where a camera is named, with a note
    camera        `Canon EOS 40D`: the model, with the maker in front where it does not name it
    exposure      `1/250 sec`, `0.4 sec`, `2 sec`
    aperture      `f/2.8`, `f/8`
    focal_length  `35 mm`, `4.2 mm`
    iso           a whole number
"""

import math
import re
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar

from PIL import Image, ImageFile, IptcImagePlugin

from adapters import embedded, xmp
from adapters.colour import problem
from adapters.decode import (
    PILLOW_ERRORS,
    RAW_NOTE,
    check_decodable,
    displayed_size,
    opened,
    orientation,
    reason,
    sniff,
)
from machine.values import EmbeddedText, Metadata, PrivateMetadata

EXIF_NS = "http://ns.adobe.com/exif/1.0/"
EXIF_EX_NS = "http://cipa.jp/exif/1.0/"
TIFF_NS = "http://ns.adobe.com/tiff/1.0/"
AUX_NS = "http://ns.adobe.com/exif/1.0/aux/"

_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825
_MAKE, _MODEL, _DATE_TIME = 0x010F, 0x0110, 0x0132
_EXPOSURE_TIME, _F_NUMBER, _ISO, _FOCAL_LENGTH = 0x829A, 0x829D, 0x8827, 0x920A
_SENSITIVITIES = (0x8832, 0x8831)
_DATE_ORIGINAL, _DATE_DIGITISED = 0x9003, 0x9004
_OWNER, _BODY_SERIAL, _LENS_MODEL, _LENS_SERIAL = 0xA430, 0xA431, 0xA434, 0xA435
_ISO_OVERFLOW = 0xFFFF
_LEAST, _MOST = 1e-7, 1e7
"""No exposure, aperture, sensitivity or focal length lies outside."""
_SLOW_SEC = 1.0
_FRACTION_SLIP = 0.05
"""A time is written as `1/n` if that is off by less than this share, else as a decimal."""
_NO_LENS = {"", "0.0 mm f/0.0", "----", "unknown", "n/a", "none", "no lens"}
_COMPANY_WORDS = {
    "ag", "co", "company", "corp", "corporation", "electronics", "gmbh", "imaging", "inc", "ltd",
    "optical", "techwin",
}  # fmt: skip
_WITH_COMPANIONS = {"MPO"}
"""A JPEG with more pictures behind: small copies and brightness maps, nothing that is missed."""
_DATE = re.compile(r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d):(\d\d)")


def read_metadata(photo: bytes) -> tuple[Metadata, EmbeddedText, PrivateMetadata | None]:
    """
    Read what a photo says about itself. Decodes no pixels.

    Returns:
        The camera's facts, the text that came inside, and what is private (None: nothing is).

    Raises:
        AdapterError: it is no photo that can be opened here: `EmptyFile`, `NotAPhoto`,
            `RawNeedsExtra`, `ResizeTooLarge` (see `adapters.decode.check_decodable`).
    """
    check_decodable(photo)
    with opened(photo) as image:
        found = _Found(image)
        return found.metadata(sniff(photo) or ""), found.text(), found.private()


_T = TypeVar("_T")


class _Found:
    """All that is in the photo, read piece by piece, so that a bad piece spoils no other."""

    def __init__(self, image: ImageFile.ImageFile) -> None:
        self._image = image
        self._notes: list[str] = []
        exif = self._try("EXIF", image.getexif)
        self._main: Mapping[int, Any] = exif if exif is not None else {}
        self._exif = self._directory(exif, _EXIF_IFD)
        self._gps = self._directory(exif, _GPS_IFD)
        self._iptc: embedded.Iptc = self._try("IPTC", lambda: _iptc(image)) or {}
        packet = image.info.get("xmp")
        self._xmp = self._packet(packet) if isinstance(packet, bytes) and packet else {}

    def _try(self, what: str, read: Callable[[], _T]) -> _T | None:
        """Return what `read` gives; None, and a note, if it can not."""
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                value = read()
            except PILLOW_ERRORS as error:
                self._note(f"{what} cannot be read: {reason(error)}")
                return None
        for warning in heard:
            self._note(f"{what}: {str(warning.message).strip()}")
        return value

    def _note(self, note: str) -> None:
        if note not in self._notes:
            self._notes.append(note)

    def _directory(self, exif: Image.Exif | None, tag: int) -> Mapping[int, Any]:
        if exif is None:
            return {}
        return self._try("EXIF", lambda: exif.get_ifd(tag)) or {}

    def _packet(self, packet: bytes) -> xmp.Properties:
        try:
            return xmp.properties(packet)
        except xmp.Malformed as error:
            self._note(str(error))
            return {}

    # --- Values.

    def _tag(self, directory: Mapping[int, Any], tag: int) -> Any:  # noqa: ANN401  (any EXIF type)
        return self._try(f"EXIF tag {tag:#06x}", lambda: directory.get(tag))

    def _string(self, directory: Mapping[int, Any], tag: int) -> str:
        return embedded.tidy(self._tag(directory, tag))

    def _number(self, name: str, tag: int) -> float | None:
        """Return a positive number from EXIF, else from XMP; None if unknown or senseless."""
        for value in (self._tag(self._exif, tag), xmp.first(self._xmp, EXIF_NS, name)):
            if value not in {None, ""}:
                number = as_number(value)
                if number is not None and _LEAST < number < _MOST:
                    return number
                if number != 0:
                    self._note(f"{name} has no value that makes sense")
        return None

    # --- The camera's facts.

    def metadata(self, media_type: str) -> Metadata:
        """Return the camera's facts."""
        width, height = displayed_size(self._image)
        date_time, camera = self._date_time(), self._camera()
        exposure = self._number("ExposureTime", _EXPOSURE_TIME)
        aperture = self._number("FNumber", _F_NUMBER)
        focal_length = self._number("FocalLength", _FOCAL_LENGTH)
        iso, lens = self._iso(), self._lens()
        if complaint := problem(self._image.info.get("icc_profile"), self._image.mode):
            self._note(complaint)
        self._note_choice()
        return Metadata(
            date_time=date_time,
            camera=camera,
            lens_model=lens,
            width_px=width,
            height_px=height,
            exposure=exposure_text(exposure),
            aperture=f"f/{_short(aperture)}" if aperture else "",
            iso=iso,
            focal_length=f"{_short(focal_length)} mm" if focal_length else "",
            orientation=orientation(self._image),
            media_type=media_type,
            notes=tuple(self._notes),
        )

    def _note_choice(self) -> None:
        """Say which picture was taken, where the file holds more than one."""
        width, height = self._image.size
        if sensor := self._image.info.get(RAW_NOTE):
            self._note(f"the preview in the RAW file, {width} x {height}; its data has {sensor}")
        pictures = self._try("the number of pictures", lambda: getattr(self._image, "n_frames", 1))
        if pictures and pictures > 1 and self._image.format not in _WITH_COMPANIONS:
            which = "main" if self._image.format == "HEIF" else "first"
            self._note(f"the {which} one of {pictures} pictures in the file")

    def _date_time(self) -> str:
        candidates = [
            self._string(self._exif, _DATE_ORIGINAL),
            xmp.first(self._xmp, EXIF_NS, "DateTimeOriginal"),
            self._string(self._exif, _DATE_DIGITISED),
            xmp.first(self._xmp, xmp.PHOTOSHOP, "DateCreated"),
            embedded.iptc_date_time(self._iptc),
        ]
        for candidate in candidates:
            if date_time := as_date_time(candidate):
                return date_time
            if any(char in "123456789" for char in candidate):
                self._note(f"a date that is no date: {candidate[:40]}")
        changed = as_date_time(self._string(self._main, _DATE_TIME))
        if changed and self._camera():
            self._note("the date is that of the file's last change")
            return changed
        return ""

    def _camera(self) -> str:
        make = self._string(self._main, _MAKE) or xmp.first(self._xmp, TIFF_NS, "Make")
        model = self._string(self._main, _MODEL) or xmp.first(self._xmp, TIFF_NS, "Model")
        return camera_name(make, model)

    def _lens(self) -> str:
        names = (
            self._string(self._exif, _LENS_MODEL),
            xmp.first(self._xmp, EXIF_EX_NS, "LensModel"),
            xmp.first(self._xmp, AUX_NS, "Lens"),
        )
        return next((name for name in names if name.casefold() not in _NO_LENS), "")

    def _iso(self) -> int | None:
        iso = self._number("ISOSpeedRatings", _ISO)
        if iso == _ISO_OVERFLOW:
            numbers = (as_number(self._tag(self._exif, tag)) for tag in _SENSITIVITIES)
            iso = next((number for number in numbers if number), None)
        return round(iso) if iso else None

    # --- The rest.

    def text(self) -> EmbeddedText:
        """Return the text that came inside the photo."""
        return embedded.embedded_text(
            exif={**self._readable(self._main), **self._readable(self._exif)},
            iptc=self._iptc,
            packet=self._xmp,
            camera=self._camera(),
        )

    def _readable(self, directory: Mapping[int, Any]) -> dict[int, Any]:
        return {tag: self._tag(directory, tag) for tag in embedded.EXIF_TAGS if tag in directory}

    def private(self) -> PrivateMetadata | None:
        """Return place, serial numbers and owner; None if the photo names none."""
        place = self._place()
        private = PrivateMetadata(
            latitude_deg=place[0],
            longitude_deg=place[1],
            altitude_m=self._altitude() if place[0] is not None else None,
            camera_serial=self._named(_BODY_SERIAL, "SerialNumber"),
            lens_serial=self._named(_LENS_SERIAL, "LensSerialNumber"),
            owner=self._named(_OWNER, "OwnerName"),
        )
        return private if private != PrivateMetadata() else None

    def _named(self, tag: int, name: str) -> str:
        return self._string(self._exif, tag) or xmp.first(self._xmp, AUX_NS, name)

    def _place(self) -> tuple[float, float] | tuple[None, None]:
        latitude = as_degrees(self._tag(self._gps, 2), self._string(self._gps, 1), 90)
        longitude = as_degrees(self._tag(self._gps, 4), self._string(self._gps, 3), 180)
        if latitude is None or longitude is None or latitude == longitude == 0:
            return None, None
        return latitude, longitude

    def _altitude(self) -> float | None:
        altitude = as_number(self._tag(self._gps, 6))
        below = self._tag(self._gps, 5) in {1, b"\x01"}
        return None if altitude is None else round(-altitude if below else altitude, 2)


def _iptc(image: ImageFile.ImageFile) -> embedded.Iptc:
    return IptcImagePlugin.getiptcinfo(image) or {}


# --- From stored values to displayed ones.


def as_number(value: Any) -> float | None:  # noqa: ANN401  (any EXIF type)
    """Return a stored value (number, rational, "1/6", or the first of several) as a number."""
    first = value[0] if isinstance(value, tuple | list) and value else value
    try:
        number = float(Fraction(first) if isinstance(first, str) else first)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def as_date_time(value: str) -> str:
    """Return `YYYY:MM:DD HH:MM:SS`; empty if `value` is no real date with a time."""
    match = _DATE.match(value)
    if match is None:
        return ""
    try:
        datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return ""
    return "{}:{}:{} {}:{}:{}".format(*match.groups())


def as_degrees(value: Any, hemisphere: str, most: float) -> float | None:  # noqa: ANN401
    """Return degrees, minutes and seconds as degrees, south and west negative; None if unknown."""
    parts = [as_number(part) for part in value] if isinstance(value, tuple | list) else []
    known = [part for part in parts if part is not None]
    if not known or len(known) != len(parts):
        return None
    degrees = math.fsum(part / 60**power for power, part in enumerate(known))
    if not 0 <= degrees <= most:
        return None
    return round(-degrees if hemisphere.upper() in {"S", "W"} else degrees, 7)


def exposure_text(seconds: float | None) -> str:
    """Return an exposure time as `1/250 sec`, `0.4 sec` or `2 sec`; empty if unknown."""
    if not seconds:
        return ""
    if seconds < _SLOW_SEC:
        denominator = round(1 / seconds)
        if abs(1 / denominator - seconds) <= _FRACTION_SLIP * seconds:
            return f"1/{denominator} sec"
    return f"{_short(seconds)} sec"


def _short(number: float) -> str:
    """Return a number with one decimal, without it where it is zero."""
    return f"{number:.1f}".removesuffix(".0")


def camera_name(make: str, model: str) -> str:
    """Return maker and model, the maker only once and without what the company is registered as."""
    if not make or not model:
        return model or make
    brand = make.split(maxsplit=1)[0]
    if model.casefold().startswith(brand.casefold()):
        return model
    words = re.split(r"[\s,]+", make)
    kept = [word for word in words if word.strip(".()").casefold() not in _COMPANY_WORDS]
    return f"{' '.join(kept) or make} {model}"
