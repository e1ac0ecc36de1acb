"""
The nouns for what a photo says about itself, and where it lies.

Every value of an event derives from `Value`; the other nouns are in `machine.values`, which hands
these on as well.
"""

from msgspec import Struct


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A value inside an event. An unknown field is an error: an older program drops nothing."""


class Source(Value, frozen=True, kw_only=True):
    """Where the original lies: a path below a named root, bytes that are not UTF-8 escaped."""

    root: str
    """`workspace`, `home`, `filesystem` or a name from the configuration."""
    path: str
    """With forward slashes, relative to the root."""
    copied: bool = False
    """True: the program keeps its own copy in `data/objects`; False: referenced in place."""


class Metadata(Value, frozen=True, kw_only=True):
    """
    What the camera wrote, in the formats that are published; empty or None means unknown.

    Source of the formats: the predecessor's published table.
    """

    date_time: str = ""
    """EXIF DateTimeOriginal as written, `YYYY:MM:DD HH:MM:SS`, no time zone."""
    camera: str = ""
    """Make and model without the make said twice."""
    lens_model: str = ""
    width_px: int | None = None
    """As displayed, orientation applied."""
    height_px: int | None = None
    exposure: str = ""
    """Such as `1/250 sec`."""
    aperture: str = ""
    """Such as `f/2.8`."""
    iso: int | None = None
    focal_length: str = ""
    """Such as `35 mm`, as written by the camera, not the 35 mm equivalent."""
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    media_type: str = ""
    """Such as `image/jpeg`, from the bytes, not from the name."""
    notes: tuple[str, ...] = ()
    """What could not be read, and why."""


class Corrections(Value, frozen=True, kw_only=True):
    """What a person put in the place of facts that the file has wrong; None: as the file says."""

    date_time: str | None = None
    """`YYYY:MM:DD HH:MM:SS`, no time zone."""
    camera: str | None = None
    lens_model: str | None = None


class EmbeddedText(Value, frozen=True, kw_only=True):
    """Text that came inside the photo. Camera boilerplate and blanks are not text."""

    title: str = ""
    caption: str = ""
    alt_text: str = ""
    keywords: tuple[str, ...] = ()
    writer: str = ""
    """Who wrote it, where the file says so."""
    creator: str = ""
    copyright: str = ""
    evidence: str = ""
    """What shows that a person wrote it, such as `sidecar`; empty: nothing, it does not count."""
    discounted: str = ""
    """Why it does not count in spite of its evidence."""
    boilerplate: tuple[str, ...] = ()
    """Texts that cameras and programs left there, as stored."""


class Tag(Value, frozen=True, kw_only=True):
    """One entry of a photo's metadata as stored, before anybody makes sense of it."""

    group: str
    """`EXIF`, `GPS`, `IPTC`, `XMP`, or `sidecar` for XMP beside the photo."""
    name: str
    value: str


class Culling(Value, frozen=True, kw_only=True):
    """What a person marked in another program; None and empty mean that nothing was said."""

    rating: int | None = None
    """0 to 5 stars, -1 rejected there."""
    label: str = ""
    """Of `xmp:Label`, such as `Red`, in the language of the program."""
    color_class: int | None = None
    """Of Photo Mechanic, 0 to 8."""
    tagged: bool | None = None
    """By Photo Mechanic's tag."""


class Sidecar(Value, frozen=True, kw_only=True):
    """The file beside the photo whose XMP counts before the photo's own."""

    source: Source
    sha256: str
    size_bytes: int


class PrivateMetadata(Value, frozen=True, kw_only=True):
    """What may have to be forgotten one day; kept in an event of its own."""

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    camera_serial: str = ""
    lens_serial: str = ""
    owner: str = ""
    tags: tuple[Tag, ...] = ()
    """What is private among the tags, as stored."""
