"""A perceptual hash knows a copy again and tells photos apart; figures stand in docs/similar.md."""

import io
import itertools
from pathlib import Path

import pytest
from PIL import Image

from adapters import tasks
from adapters.errors import Unreadable
from adapters.perceptual import perceptual_hash
from driver.lookalikes import LIMIT_BITS
from tests.adapters.photos import encoded, scene
from tests.driver.desk import SAMPLES

PHOTOS = sorted(path for path in SAMPLES.glob("*.jpg") if not path.stem.startswith("damaged"))


def apart(one: str, other: str) -> int:
    """Bits in which two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    target = io.BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=quality)
    return target.getvalue()


def copies(path: Path) -> dict[str, bytes]:
    """What becomes of a photo on its way through programs and messengers."""
    with Image.open(path) as image:
        image.load()
    width, height = image.size
    png = io.BytesIO()
    image.save(png, "PNG")
    edge = (width // 50, height // 50)
    return {
        "half": jpeg(image.resize((width // 2, height // 2))),
        "320 px": jpeg(image.resize((320, 320 * height // width))),
        "strongly compressed": jpeg(image, 25),
        "PNG": png.getvalue(),
        "grey": jpeg(image.convert("L")),
        "2 % cut off each edge": jpeg(
            image.crop((edge[0], edge[1], width - edge[0], height - edge[1]))
        ),
    }


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_a_copy_is_known_again(path: Path) -> None:
    """Smaller, compressed, in another format, without its colours, cut a little."""
    own = perceptual_hash(path.read_bytes())
    far = {name: apart(own, perceptual_hash(data)) for name, data in copies(path).items()}
    assert max(far.values()) <= LIMIT_BITS, far


def test_different_photos_are_told_apart() -> None:
    """None of the samples comes near another one."""
    hashes = {path.stem: perceptual_hash(path.read_bytes()) for path in PHOTOS}
    pairs = {(a, b): apart(hashes[a], hashes[b]) for a, b in itertools.combinations(hashes, 2)}
    assert min(pairs.values()) > LIMIT_BITS + 4, min(pairs.items(), key=lambda one: one[1])


def test_it_is_of_the_picture_as_displayed() -> None:
    """Turned by EXIF or turned pixel by pixel: the same picture."""
    upright = scene(640, 480)
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = encoded(upright.transpose(Image.Transpose.ROTATE_90), exif=exif.tobytes())
    assert apart(perceptual_hash(encoded(upright)), perceptual_hash(lying)) <= 2


def test_where_nothing_is_to_be_seen_there_is_none() -> None:
    """Two black frames are not the same photo."""
    assert "" == perceptual_hash(encoded(Image.new("RGB", (64, 48))))


def test_pixels_that_cannot_be_read_cost_the_hash_only() -> None:
    """The photo comes in, and its stages say what is wrong with it."""
    damaged = (SAMPLES / "damaged_coffee.jpg").read_bytes()
    with pytest.raises(Unreadable):
        perceptual_hash(damaged)
    answer = tasks.read_photo(damaged, b"")
    assert b'"perceptual_hash":""' in answer
