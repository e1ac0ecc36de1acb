"""
What a worker process can be asked to do: bytes in, bytes out.

Each task is a thin wrapper around an adapter, which it imports on its first call; the program that
asks imports only the structs here. Arguments and answers are msgspec: JSON, and msgpack where
pictures travel.
"""

import contextlib

import msgspec
from msgspec import Struct, structs

from adapters.neural import InputPicture, ModelInput
from machine.values import (
    Culling,
    EmbeddedText,
    Metadata,
    MissingScore,
    PrivateMetadata,
    Rendition,
    Score,
    Sidecar,
    Tag,
)


class PhotoFacts(Struct, frozen=True, kw_only=True):
    """Answer of `read_metadata`, as JSON."""

    metadata: Metadata
    embedded: EmbeddedText
    culling: Culling = Culling()
    tags: tuple[Tag, ...] = ()
    private: PrivateMetadata | None = None
    perceptual_hash: str = ""
    sidecar_problem: str = ""
    """Why the sidecar could not be read; empty: it was, or there is none."""
    sidecar: Sidecar | None = None
    """The file that the sidecar's bytes came from; a worker does not know it."""


class Measuring(Struct, frozen=True, kw_only=True):
    """Argument of `score`, as JSON: what is measured, and what is cut for models."""

    metrics: tuple[str, ...]
    """Those of the profile `embedded`, or some of them."""
    inputs: tuple[ModelInput, ...] = ()


class Measured(Struct, frozen=True, kw_only=True):
    """Answer of `score`, as msgpack."""

    scores: tuple[Score, ...]
    missing: tuple[MissingScore, ...] = ()
    inputs: dict[str, InputPicture] = {}
    """By the names of `Measuring.inputs`."""


class Picture(Struct, frozen=True):
    """A rendition and its bytes."""

    rendition: Rendition
    data: bytes


class Rendered(Struct, frozen=True):
    """Answer of `resize`, as msgpack."""

    pictures: tuple[Picture, ...]
    """Those that were made."""
    renditions: tuple[Rendition, ...]
    """All that were ordered, those that were kept included, in the recipe's order."""


class Preview(Struct, frozen=True, kw_only=True):
    """Argument of `prepare`, as JSON: the picture that a model is shown."""

    long_side_px: int = 1024
    """At most; a photo is never enlarged to it."""
    quality: int = 90
    """JPEG quality, 1 to 95."""


def read_metadata(photo: bytes, sidecar: bytes) -> bytes:
    """Return `PhotoFacts`; `sidecar` is empty where there is none. Raises as `exif.read_facts`."""
    from adapters import exif

    return msgspec.json.encode(exif.read_facts(photo, sidecar))


def read_photo(photo: bytes, sidecar: bytes) -> bytes:
    """Return what `read_metadata` does, with the perceptual hash where the pixels can be read."""
    from adapters import exif
    from adapters.errors import AdapterError, Unreadable
    from adapters.perceptual import perceptual_hash

    facts = exif.read_facts(photo, sidecar)
    with contextlib.suppress(Unreadable, AdapterError):  # the stages say what is wrong with them
        facts = structs.replace(facts, perceptual_hash=perceptual_hash(photo))
    return msgspec.json.encode(facts)


def score(photo: bytes, argument: bytes) -> bytes:
    """Return `Measured` for the `Measuring` that `argument` holds as JSON."""
    from adapters import scorer

    wanted = msgspec.json.decode(argument, type=Measuring)
    found = scorer.measure(photo, wanted.metrics, wanted.inputs)
    measured = Measured(scores=found.scores, missing=found.missing, inputs=found.inputs)
    return msgspec.msgpack.encode(measured)


def resize(photo: bytes, argument: bytes) -> bytes:
    """Return `Rendered` for the `recipes.Order` that `argument` holds as JSON."""
    from adapters import darkroom
    from adapters.recipes import Order

    order = msgspec.json.decode(argument, type=Order)
    made = darkroom.render(photo, order.recipe, [one.name for one in order.kept])
    pictures = tuple(Picture(facts, data) for facts, data in made)
    known = {one.name: one for one in (*order.kept, *(facts for facts, _ in made))}
    renditions = tuple(known[size.name] for size in order.recipe.sizes)
    return msgspec.msgpack.encode(Rendered(pictures, renditions))


def finish(photo: bytes, argument: bytes) -> bytes:
    """Return a copy of a rendition that carries the `packet.Packet` in `argument` (JSON)."""
    from adapters import finishing
    from adapters.packet import Packet

    return finishing.finish(photo, msgspec.json.decode(argument, type=Packet))


def prepare(photo: bytes, argument: bytes) -> bytes:
    """Return the JPEG that a model is shown, for the `Preview` that `argument` holds as JSON."""
    from adapters import preview

    return preview.prepare(photo, msgspec.json.decode(argument, type=Preview))
