"""
Thirty real photos: the samples in other light and other cuts, as after an afternoon's walk.

The first 24 carry a text that a person wrote; nobody looked at the texts of the others. The last
three look alike.
"""

import datetime as dt
from pathlib import Path

from PIL import Image, ImageEnhance

from tests.adapters.packets import caption, keywords, packet
from tests.adapters.photos import SAMPLES

PHOTOS = 30
WRITTEN = 24
"""Photos with a text by a person: rows 1 to 24."""
ALIKE = 3
"""The last photos are three frames of one scene."""
SIZE = (720, 480)

_SCENES = ("astronaut", "chelsea", "china", "coffee", "flower", "rocket", "hubble_deep_field")
_WORDS = (
    "An astronaut",
    "A cat",
    "A temple",
    "A cup of coffee",
    "A flower",
    "A rocket",
    "Galaxies",
)
_BEGAN = dt.datetime(2024, 5, 4, 9, 30)  # noqa: DTZ001  (a camera's clock has no zone)
_ALT = (
    '<Iptc4xmpCore:AltTextAccessibility><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li>'
    "</rdf:Alt></Iptc4xmpCore:AltTextAccessibility>"
)


def shoot(folder: Path) -> list[Path]:
    """Put the photos into a folder, in the order in which they were taken."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_photo(folder / f"IMG_{number:04}.jpg", number) for number in range(1, PHOTOS + 1)]


def _photo(path: Path, number: int) -> Path:
    alike = max(0, number - (PHOTOS - ALIKE))
    scene = 0 if alike else (number - 1) % len(_SCENES)
    with Image.open(SAMPLES / f"{_SCENES[scene]}.jpg") as sample:
        picture = _cut(sample.convert("RGB"), PHOTOS if alike else number)
    light = 1 + alike / 50 if alike else 0.8 + number / 60
    exif = Image.Exif()
    exif[0x0110] = "Camera of a walk"
    taken = _BEGAN + dt.timedelta(minutes=number)
    exif.get_ifd(0x8769)[0x9003] = f"{taken:%Y:%m:%d %H:%M:%S}"
    xmp = _text(number, _WORDS[scene]) if number <= WRITTEN else packet()
    ImageEnhance.Brightness(picture).enhance(light).save(
        path, "JPEG", exif=exif, xmp=xmp, quality=82
    )
    return path


def _cut(picture: Image.Image, number: int) -> Image.Image:
    """Return a part of a picture that no other number has, in the shape of a camera's."""
    width, height = picture.size
    wide = min(width, height * SIZE[0] // SIZE[1]) * 3 // 5
    tall = wide * SIZE[1] // SIZE[0]
    left, top = ((0, 0), (1, 1), (0, 1), (1, 0), (0.5, 0.5))[number // len(_SCENES)]
    corner = int(left * (width - wide)), int(top * (height - tall))
    return picture.crop((*corner, corner[0] + wide, corner[1] + tall)).resize(SIZE)


def _text(number: int, words: str) -> bytes:
    return packet(
        caption(f"{words} in the light of the morning, frame {number}")
        + keywords("morning", words.rpartition(" ")[2].lower(), "walk")
        + _ALT.format(f"{words} seen from nearby, frame {number} of a walk"),
        photoshop_CaptionWriter="Ada Walker",
    )
