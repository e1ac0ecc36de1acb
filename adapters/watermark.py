"""
Watermarks: a text or an image, put upon a picture.

Text is set in the font that comes with the program (`fonts/README.md`), letter by letter from left
to right: scripts that join letters or run from right to left are refused, and so is every sign that
the font does not have. An image is taken for sRGB; its transparency counts.
"""

import io
import unicodedata
from functools import cache
from importlib import resources
from math import ceil

from PIL import Image, ImageDraw, ImageFont

from adapters.decode import PILLOW_ERRORS, reason
from adapters.recipes import Watermark

LINES_MAX = 2
IMAGE_BYTES_MAX = 4 << 20
"""It travels to a worker with every photo."""
IMAGE_PIXELS_MAX = 4096 * 4096
_NO_SIGN = "\uffff"
"""No font has it: it looks like everything that a font lacks."""
_MEASURED_PX = 100.0
_FONT = "fonts/Manrope-SemiBold.ttf"
_FORMATS = ("PNG", "WEBP", "JPEG", "GIF", "TIFF")


def stamped(picture: Image.Image, mark: Watermark) -> Image.Image:
    """Return a copy of an RGB picture with the mark upon it; the mark is never cut off."""
    width, height = picture.size
    margin = min(round(height * mark.margin / 100), (min(width, height) - 1) // 2)
    room = width - 2 * margin, height - 2 * margin
    wanted = max(1.0, height * mark.size / 100)
    layer = _text(mark, wanted, room) if mark.text else _image(mark.image, wanted, room)
    alpha = layer.getchannel("A").point([value * mark.opacity // 100 for value in range(256)])
    left = _place(mark.position, "left", "right", width - layer.width, margin)
    top = _place(mark.position, "top", "bottom", height - layer.height, margin)
    marked = picture.copy()
    marked.paste(layer.convert("RGB"), (left, top), alpha)
    return marked


def _place(position: str, near: str, far: str, free: int, margin: int) -> int:
    """Return how many of the free pixels stand before the mark."""
    words = position.split("-")
    if near in words:
        return min(margin, free)
    return max(free - margin, 0) if far in words else free // 2


def _scale(size: tuple[float, float], wanted: float, room: tuple[int, int]) -> float:
    """Return what a size is multiplied by to become `wanted` high and to stay in its room."""
    return min(wanted / size[1], room[0] / size[0], room[1] / size[1])


def _text(mark: Watermark, wanted: float, room: tuple[int, int]) -> Image.Image:
    """Return the text as a layer, as large as its ink."""
    align = next((side for side in ("left", "right") if side in mark.position), "center")
    _, _, *measured = _ink(mark.text, _font(_MEASURED_PX), align)
    # Two pixels are kept free: ink is rounded up to whole ones.
    inner = max(room[0] - 2, 1), max(room[1] - 2, 1)
    scale = _scale((measured[0], measured[1]), wanted, inner)
    font = _font(max(_MEASURED_PX * scale, 1.0))
    left, top, width, height = _ink(mark.text, font, align)
    size = min(ceil(width), room[0]), min(ceil(height), room[1])
    layer = Image.new("RGBA", size, f"{mark.color}00")
    pen = ImageDraw.Draw(layer)
    pen.multiline_text((-left, -top), mark.text, f"{mark.color}ff", font, align=align)
    return layer


def _ink(text: str, font: ImageFont.FreeTypeFont, align: str) -> tuple[float, float, float, float]:
    """Return where a text begins, and how wide and high it is: at least a pixel."""
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font, align=align)
    return left, top, max(right - left, 1), max(bottom - top, 1)


def _image(data: bytes, wanted: float, room: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        layer = image.convert("RGBA")
    scale = _scale(layer.size, wanted, room)
    size = max(1, round(layer.width * scale)), max(1, round(layer.height * scale))
    return layer.resize(size, Image.Resampling.LANCZOS)


@cache
def _font_bytes() -> bytes:
    return resources.files("adapters").joinpath(_FONT).read_bytes()


def _font(size_px: float) -> ImageFont.FreeTypeFont:
    """Return the font; its simple layout is the same on every machine."""
    return ImageFont.truetype(
        io.BytesIO(_font_bytes()), size_px, layout_engine=ImageFont.Layout.BASIC
    )


# --- What cannot be put upon a picture.


def text_problem(text: str) -> str:
    """Return why a text cannot be a watermark; empty: it can."""
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        return f"it has {len(lines)} lines, at most {LINES_MAX} are set"
    if not all(line.strip() for line in lines):
        return "a line of it is empty"
    font = _font(_MEASURED_PX)
    blank = bytes(font.getmask(_NO_SIGN))
    lacking = [sign for sign in dict.fromkeys("".join(lines)) if not _can_be_set(sign, font, blank)]
    if lacking:
        signs = ", ".join(f"`{one}` (U+{ord(one):04X})" for one in lacking if one.isprintable())
        return f"the font cannot set {signs or 'its control characters'}; an image can"
    return ""


def _can_be_set(sign: str, font: ImageFont.FreeTypeFont, blank: bytes) -> bool:
    if sign == " ":
        return True
    leftward = unicodedata.bidirectional(sign) in {"R", "AL", "AN"}
    if leftward or unicodedata.combining(sign) or not sign.isprintable():
        return False
    return bytes(font.getmask(sign)) != blank


def image_problem(data: bytes) -> str:
    """Return why a file cannot be a watermark; empty: it can."""
    if len(data) > IMAGE_BYTES_MAX:
        return f"it has {len(data):,} bytes, at most {IMAGE_BYTES_MAX:,} are taken"
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > IMAGE_PIXELS_MAX:
                return f"it has {image.width} x {image.height} pixels, a small copy will do"
            image.load()
    except (*PILLOW_ERRORS, Image.DecompressionBombError) as error:
        return f"it is no picture that can be read: {reason(error)}"
    return ""
