"""Photos are opened in one place, which is hard to hurt."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.decode import Unreadable, check_decodable, load, opened, rgb, sniff
from adapters.errors import AdapterError
from machine.failures import FAILURES
from tests.adapters.photos import SAMPLES, encoded, scene

KINDS = ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF", "GIF", "BMP"]


def bomb() -> bytes:
    """A PNG of a few hundred bytes whose header promises 30,000 x 30,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(30_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("TIFF", "image/tiff"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("BMP", "image/bmp"),
        ("AVIF", "image/avif"),
        ("HEIF", "image/heic"),
    ],
)
def test_the_bytes_tell_the_media_type(kind: str, media_type: str) -> None:
    """Whatever the file is called."""
    photo = encoded(scene(64, 48), kind)
    assert media_type == sniff(photo)
    check_decodable(photo)


@pytest.mark.parametrize(
    ("photo", "code"),
    [
        (b"", "EmptyFile"),
        (b"# a readme", "NotAPhoto"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "NotAPhoto"),
        (b"\x89PNG\r\n\x1a\n", "NotAPhoto"),
        (bomb(), "ResizeTooLarge"),
    ],
)
def test_what_is_no_photo_is_told_from_its_header(photo: bytes, code: str) -> None:
    """Permanent, with the reason; no program that runs scripts is ever started for it."""
    with pytest.raises(AdapterError) as caught:
        check_decodable(photo)
    assert code == caught.value.code
    assert caught.value.permanent


def test_a_bomb_is_refused_before_memory_is_taken_for_it() -> None:
    """30,000 x 30,000 pixels would be 2.7 GB."""
    import tracemalloc

    photo = bomb()
    tracemalloc.start()
    with pytest.raises(Unreadable), opened(photo):
        pass
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_give_a_picture_or_a_reason(data: st.DataObject) -> None:
    """Whatever Pillow raises inside, one error comes out, and it says something."""
    kind = data.draw(st.sampled_from(KINDS))
    photo = bytearray(encoded(scene(48, 40), kind))
    for _ in range(data.draw(st.integers(1, 12))):
        photo[data.draw(st.integers(0, len(photo) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(photo)))
    why = ""
    mode = ""
    try:
        with opened(bytes(photo[:cut])) as image:
            load(image)
            mode = rgb(image).mode
    except Unreadable as error:
        why = str(error)
    assert mode == "RGB" or why


def test_the_samples_decode_but_for_the_damaged_one() -> None:
    """Of the demo's photos, exactly one is damaged."""
    damaged = []
    for path in sorted(SAMPLES.glob("*.jpg")):
        try:
            with opened(path.read_bytes()) as image:
                load(image)
        except Unreadable:
            damaged.append(path.name)
    assert damaged == ["damaged_coffee.jpg"]


def test_the_reason_names_no_memory_address() -> None:
    """A reason goes into the journal: the same damage gives the same words."""
    with pytest.raises(Unreadable) as caught, opened(encoded(scene())[:3000]) as image:
        load(image)
    assert "0x" not in str(caught.value)


def test_every_adapter_error_is_a_line_of_the_table() -> None:
    """A code that nobody can look up is a bug; permanence is the table's."""
    with pytest.raises(ValueError, match="is not a failure code"):
        AdapterError(code="Whatever")
    for code, failure in FAILURES.items():
        error = AdapterError(code=code, detail="so")
        assert error.permanent == (failure.policy == "permanent")
        assert str(error) == f"{failure.meaning}: so"


def test_only_the_first_picture_of_several_counts() -> None:
    """A multi-picture file is one photo."""
    target = io.BytesIO()
    frames = [Image.new("L", (32, 32), tone) for tone in (10, 200)]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    with opened(target.getvalue()) as image:
        load(image)
        assert rgb(image).getpixel((0, 0)) == (10, 10, 10)
