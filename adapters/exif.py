"""
What a photo and its sidecar say: the camera's facts, text, marks, all tags, and what is private.

Promises: damaged metadata never fails the photo. What is unknown stays empty and is never guessed;
what is there but can not be read is told in `Metadata.notes`, without private values. Place, serial
numbers and owner go into `PrivateMetadata` only.

EXIF counts first, then XMP's copy of it, a sidecar's before the photo's own; date and place count
first where a sidecar says them. Formats, as the predecessor published them:

    date_time     `2008:05:30 15:56:01`, when the shutter opened, else when it was digitised; the
                  file's last change only where a camera is named, with a note
    camera        `Canon EOS 40D`: the model, with the maker in front where it does not name it
    exposure      `1/250 sec`, `0.4 sec`, `2 sec`
    aperture      `f/2.8`, `f/8`
    focal_length  `35 mm`, `4.2 mm`
    iso           a whole number
"""

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace
from PIL import Image, ImageFile, IptcImagePlugin

from adapters import culling, embedded, stored_tags, xmp
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
from adapters.displayed import (
    as_coordinate,
    as_date_time,
    as_degrees,
    as_number,
    camera_name,
    exposure_text,
    short,
)
from adapters.tasks import PhotoFacts
from machine.values import Culling, EmbeddedText, Metadata, PrivateMetadata, Tag

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
_SOFTWARE, _PROCESSING_SOFTWARE, _PROGRAM_IIM = 0x0131, 0x000B, (2, 65)
_ISO_OVERFLOW = 0xFFFF
_LEAST, _MOST = 1e-7, 1e7
"""No exposure, aperture, sensitivity or focal length lies outside."""
_NO_LENS = {"", "0.0 mm f/0.0", "----", "unknown", "n/a", "none", "no lens"}
_WITH_COMPANIONS = {"MPO"}
"""A JPEG with more pictures behind: small copies and brightness maps, nothing that is missed."""


def read_facts(photo: bytes, sidecar: bytes = b"") -> PhotoFacts:
    """
    Read what a photo and its sidecar say. Decodes no pixels.

    A sidecar that can not be read is told in `PhotoFacts.sidecar_problem` and spoils nothing.

    Raises:
        AdapterError: it is no photo that can be opened here: `EmptyFile`, `NotAPhoto`,
            `RawNeedsExtra`, `ResizeTooLarge` (see `adapters.decode.check_decodable`).
    """
    check_decodable(photo)
    beside: xmp.Properties = {}
    problem_beside = ""
    if sidecar:
        try:
            beside = xmp.properties(sidecar)
        except xmp.Malformed as error:
            problem_beside = str(error)
    with opened(photo) as image:
        found = _Found(image, beside)
        private = found.private()
        tags, hidden = found.tags(private)
        if hidden:
            private = replace(private or PrivateMetadata(), tags=hidden)
        marks = found.culling()
        return PhotoFacts(
            metadata=found.metadata(sniff(photo) or ""),
            embedded=found.text(),
            culling=marks,
            tags=tags,
            private=private,
            sidecar_problem=problem_beside,
        )


def read_metadata(photo: bytes) -> tuple[Metadata, EmbeddedText, PrivateMetadata | None]:
    """Return of `read_facts`: the camera's facts, the text, what is private (None: nothing)."""
    facts = read_facts(photo)
    return facts.metadata, facts.embedded, facts.private


_T = TypeVar("_T")


class _Found:
    """All that is in the photo, read piece by piece, so that a bad piece spoils no other."""

    def __init__(self, image: ImageFile.ImageFile, sidecar: xmp.Properties) -> None:
        self._image = image
        self._notes: list[str] = []
        exif = self._try("EXIF", image.getexif)
        self._main: Mapping[int, Any] = exif if exif is not None else {}
        self._exif = self._directory(exif, _EXIF_IFD)
        self._gps = self._directory(exif, _GPS_IFD)
        self._iptc: embedded.Iptc = self._try("IPTC", lambda: _iptc(image)) or {}
        packet = image.info.get("xmp")
        self._packet = self._properties(packet) if isinstance(packet, bytes) and packet else {}
        self._sidecar = sidecar
        self._xmp = {**self._packet, **sidecar}

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

    def _properties(self, packet: bytes) -> xmp.Properties:
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
            aperture=f"f/{short(aperture)}" if aperture else "",
            iso=iso,
            focal_length=f"{short(focal_length)} mm" if focal_length else "",
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
            xmp.first(self._sidecar, EXIF_NS, "DateTimeOriginal"),
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
            sidecar=self._sidecar,
            programs=self._programs(),
        )

    def _programs(self) -> tuple[str, ...]:
        """Return what the file calls the programs that made and changed it."""
        return (
            xmp.first(self._xmp, xmp.BASIC, "CreatorTool"),
            *xmp.every(self._xmp, xmp.HISTORY, "softwareAgent"),
            xmp.first(self._xmp, TIFF_NS, "Software"),
            self._string(self._main, _SOFTWARE),
            self._string(self._main, _PROCESSING_SOFTWARE),
            *embedded.iim_values(self._iptc, _PROGRAM_IIM),
        )

    def culling(self) -> Culling:
        """Return what a person marked."""
        prefs = embedded.iim_values(self._iptc, culling.PREFS_IIM)[0]
        tags = (culling.RATING_EXIF, culling.PERCENT_EXIF)
        stars, share = (self._tag(self._main, tag) for tag in tags)
        return culling.culling_of(self._xmp, prefs, (stars, share), self._note)

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

    def tags(self, private: PrivateMetadata | None) -> tuple[tuple[Tag, ...], tuple[Tag, ...]]:
        """Return all that is there as stored: what is public, and what is private."""
        known = private or PrivateMetadata()
        secrets = (known.camera_serial, known.lens_serial, known.owner)
        public, hidden, left_out = stored_tags.parted(self._all_tags(), secrets)
        if left_out:
            self._note(f"{left_out} more tags than are kept as stored")
        return public, hidden

    def _all_tags(self) -> Iterator[tuple[Tag, bool]]:
        for group, directory in (("EXIF", self._main), ("EXIF", self._exif), ("GPS", self._gps)):
            yield from stored_tags.exif_tags(
                group, directory, functools.partial(self._tag, directory)
            )
        yield from stored_tags.iptc_tags(self._iptc)
        yield from stored_tags.xmp_tags("sidecar", self._sidecar)
        yield from stored_tags.xmp_tags("XMP", self._packet)

    def _named(self, tag: int, name: str) -> str:
        return self._string(self._exif, tag) or xmp.first(self._xmp, AUX_NS, name)

    def _place(self) -> tuple[float, float] | tuple[None, None]:
        """Return where the photo was taken: by the sidecar, by EXIF, or by the packet."""
        in_exif = (
            as_degrees(self._tag(self._gps, 2), self._string(self._gps, 1), 90),
            as_degrees(self._tag(self._gps, 4), self._string(self._gps, 3), 180),
        )
        for latitude, longitude in (_place_of(self._sidecar), in_exif, _place_of(self._packet)):
            if latitude is None or longitude is None or latitude == longitude == 0:
                continue
            return latitude, longitude
        return None, None

    def _altitude(self) -> float | None:
        altitude = as_number(self._tag(self._gps, 6))
        below = self._tag(self._gps, 5) in {1, b"\x01"}
        return None if altitude is None else round(-altitude if below else altitude, 2)


def _place_of(found: xmp.Properties) -> tuple[float | None, float | None]:
    return (
        as_coordinate(xmp.first(found, EXIF_NS, "GPSLatitude"), 90),
        as_coordinate(xmp.first(found, EXIF_NS, "GPSLongitude"), 180),
    )


def _iptc(image: ImageFile.ImageFile) -> embedded.Iptc:
    return IptcImagePlugin.getiptcinfo(image) or {}
