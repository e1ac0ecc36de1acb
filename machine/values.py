"""
The nouns that events are made of.

Frozen msgspec structs without behaviour. Units stand last in a name (`size_bytes`, `width_px`,
`duration_ms`). Tuples instead of lists, so that a value can be shared by every version of a row.
Constructors do not check types; the journal's codec does, by decoding what it is about to write.
"""

from typing import Literal

from machine.photo_values import Corrections as Corrections
from machine.photo_values import Culling as Culling
from machine.photo_values import EmbeddedText as EmbeddedText
from machine.photo_values import Metadata as Metadata
from machine.photo_values import PrivateMetadata as PrivateMetadata
from machine.photo_values import Sidecar as Sidecar
from machine.photo_values import Source as Source
from machine.photo_values import Tag as Tag
from machine.photo_values import Value as Value

Stage = Literal["prefill", "score", "resize"]
"""The three stages of a row. Independent of each other; each has a status of its own."""

TextField = Literal["caption", "alt_text", "keywords"]
STAGES: tuple[Stage, ...] = ("prefill", "score", "resize")

Applied = Literal["applied", "suggested", "superseded"]
"""What became of a stage's outcome: it counts, lies beside the row's text, or came too late."""


class Labels(Value, frozen=True, kw_only=True):
    """What a person said about a set of photos; empty means unknown."""

    category: str = ""
    """The website's folder ("Folder" in `review_queue`)."""
    subject: str = ""
    location: str = ""


class Text(Value, frozen=True, kw_only=True):
    """The three texts of a photo."""

    caption: str = ""
    alt_text: str = ""
    keywords: tuple[str, ...] = ()
    language: str = "en"


class Author(Value, frozen=True, kw_only=True):
    """Who wrote a text. A model is named with everything that made it say what it said."""

    kind: Literal["human", "file", "model", "rule"]
    name: str = ""
    """A person's name, the field in the file, the model's name, or the rule's name."""
    version: str = ""
    """The rule's version, or the program that asked the model."""
    model_digest: str = ""
    prompt_digest: str = ""
    reply_digest: str = ""
    """SHA-256 of the raw reply in `data/objects`."""
    options: dict[str, str | int | float | bool] = {}
    """What the model was asked with, and how it answered (tokens, share of VRAM)."""


class Finding(Value, frozen=True, kw_only=True):
    """Something that quality control has to say about a text."""

    code: str
    detail: str = ""
    blocking: bool = False
    """True: the row cannot be approved until it is mended."""


class Change(Value, frozen=True, kw_only=True):
    """What one cleaning rule did to one field of a text."""

    rule: str
    """The rule's name, such as `final_stop`."""
    field: TextField
    before: str
    """Keywords are joined with `, `."""
    after: str


class ModelCall(Value, frozen=True, kw_only=True):
    """
    One request to a model: what it was asked with, and how it answered.

    Where the request failed, what was not learned is empty or None.
    """

    model: str
    model_digest: str = ""
    """As the service names the model's bytes."""
    host: str = ""
    """Where the service is, without login, such as `http://127.0.0.1:11434`."""
    prompt_digest: str = ""
    """SHA-256 of all texts that were sent."""
    picture_digest: str = ""
    """SHA-256 of the JPEG that was sent."""
    reply_digest: str = ""
    """SHA-256 of the raw reply, kept in `data/objects`; empty: nothing came."""
    options: dict[str, str | int | float | bool] = {}
    done_reason: str = ""
    prompt_tokens: int | None = None
    reply_tokens: int | None = None
    first_token_ms: int | None = None
    """From the request to the first piece of the answer: queueing, loading, looking."""
    load_ms: int | None = None
    prompt_ms: int | None = None
    reply_ms: int | None = None
    total_ms: int | None = None
    """From the request to the end of the answer, measured here."""
    vram_share: float | None = None
    """0 to 1: how much of the model lay in the memory of a GPU when last looked at."""


class TextLimits(Value, frozen=True, kw_only=True):
    """
    How long texts may be: the configurable part of the rules.

    Words are counted in scripts with spaces; elsewhere two characters count as a word.
    """

    caption_words_min: int = 7
    caption_words_max: int = 40
    alt_text_words_min: int = 3
    alt_text_words_max: int = 30
    keywords_min: int = 6
    """Distinct keywords."""
    keywords_max: int = 15


class Score(Value, frozen=True, kw_only=True):
    """One metric of one photo, with what measured it."""

    metric: str
    """A column of `review_queue`, such as `brisque_score`."""
    value: float
    implementation: str = ""
    """Package or module and version."""
    weights_sha256: str = ""
    device: str = "cpu"
    """Of a model with its precision, such as `cpu fp32`."""
    width_px: int | None = None
    """Size of the picture that was measured."""
    height_px: int | None = None
    duration_ms: int | None = None


class Past(Value, frozen=True, kw_only=True):
    """What another program's queue said about a photo before it came in here."""

    row: int
    """Its id there; another photo may have the same id here."""
    status: str
    """Its Review_Status there. An `Approved` is told, it is no approval here."""
    text: Text | None = None
    """None: there was none, or one that nobody wrote, such as a placeholder."""
    author: Author | None = None
    grounded: bool = False
    scores: tuple[Score, ...] = ()
    qr: float | None = None
    """The rating as it stood there, 0 to 10; a person may have set it."""
    notes: tuple[str, ...] = ()
    """What was left out, and why."""


class MissingScore(Value, frozen=True, kw_only=True):
    """A metric that could not be measured, and why. Never replaced by a stand-in number."""

    metric: str
    code: str
    detail: str = ""


class Embedding(Value, frozen=True, kw_only=True):
    """Where CLIP puts a photo: numbers kept in `data/objects`; photos that look alike lie close."""

    sha256: str
    """Of the bytes: float32 little-endian, L2-normalised."""
    dimensions: int
    weights_sha256: str
    """Of the CLIP that made it; those of another one can not be compared."""
    implementation: str = ""


class Rendition(Value, frozen=True, kw_only=True):
    """A made picture: its bytes lie in `data/objects` under their SHA-256."""

    name: str
    """`web` or `thumb` by default; the configuration may name more."""
    sha256: str
    size_bytes: int
    width_px: int
    height_px: int
    media_type: str = "image/jpeg"
    recipe_digest: str = ""
    """SHA-256 of all that was asked of this one picture; empty: not noted, so made anew."""


class Pins(Value, frozen=True, kw_only=True):
    """Digests of what a person approved, or of what was published. Equal pins: nothing is due."""

    text: str
    renditions: str
    labels: str
    name: str = ""
    """The file name without its folder."""
    facts: str = ""
    """Of the corrected facts; empty: the file's own stand."""
    rating: str = ""
    """The rating that a person gave, with two decimals; empty: what was measured counts."""


class Record(
    Value,
    frozen=True,
    kw_only=True,
    rename={
        "folder": "Folder",
        "file_name": "File_Name",
        "path": "Path",
        "thumb_path": "Thumb_Path",
        "date_time": "DateTime",
        "camera": "Camera",
        "lens_model": "Lens_model",
        "width": "Width",
        "height": "Height",
        "exposure": "Exposure",
        "aperture": "Aperture",
        "iso": "ISO",
        "focal_length": "Focal_length",
        "keywords": "Keywords",
        "caption": "Caption",
        "location": "Location",
        "subject": "Subject",
        "qr": "QR",
        "qc_status": "QC_Status",
    },
):
    """
    The row of the published table: its 26 columns, in their order and formats.

    Source: the predecessor's `photos_info_revamp`; `Path` and `Thumb_Path` are public URLs.
    """

    folder: str
    file_name: str
    path: str
    thumb_path: str
    date_time: str | None
    camera: str | None
    lens_model: str | None
    width: int | None
    height: int | None
    exposure: str | None
    aperture: str | None
    iso: int | None
    focal_length: str | None
    keywords: str
    caption: str
    alt_text: str
    location: str
    subject: str
    nima_score: float | None
    blur_score: float | None
    brightness_score: float | None
    contrast_score: float | None
    brisque_score: float | None
    clip_aesthetic_score: float | None
    qr: float | None
    qc_status: str


class PublishedFile(Value, frozen=True, kw_only=True):
    """A file as it was seen in the gallery."""

    target: str
    """The path below the gallery's root."""
    size_bytes: int


class Step(Value, frozen=True, kw_only=True):
    """
    One change outside the journal, planned before it is done.

    A step says what will stand at the target and what is expected to stand there now, so that it
    can be done twice with the result of once, and so that it never destroys what is not ours.
    """

    action: Literal["put_file", "remove_file", "put_record", "remove_record"]
    target: str
    """The path in the gallery, or the key (File_Name) of the record."""
    sha256: str = ""
    """put_file: the bytes that will stand there, kept in `data/objects`."""
    size_bytes: int = 0
    temporary: str = ""
    """
    put_file: the name under which the bytes travel, derived from the saga's id. remove_file: where
    a put that is taken back may have left them; empty: nowhere.
    """
    record: Record | None = None
    """put_record: the row that will stand there."""
    expected: str = ""
    """SHA-256 of the file, or digest of the record, that may stand there now; empty: nothing."""


class ObservedFile(Value, frozen=True, kw_only=True):
    """What was found at a path of the gallery that is the row's."""

    path: str
    sha256: str = ""
    """Empty: nothing stands there."""
    size_bytes: int = 0


Outcome = Literal["done", "already", "changed", "impossible"]
"""
How a step ended, read back from the target.

done: it stands as planned. already: it stood so before we came. changed: somebody else's bytes or
row stand there; left alone. impossible: it cannot be done, see the detail.
"""


class StepReport(Value, frozen=True, kw_only=True):
    """A step that could not be done: what stands in the way."""

    action: str
    target: str
    outcome: Outcome
    detail: str = ""
