"""Recipes: digests that depend on what is asked for alone, and how large a rendition comes out."""

import msgspec
import pytest
from msgspec.structs import replace

from adapters.recipes import Frame, Recipe, Size, Watermark, frame

WEB = Size(name="web", width_px=300, height_px=200, quality=90)
LARGE = Size(name="large", width_px=400, height_px=400, quality=82, format="webp", watermark=True)
MARK = Watermark(text="© Anna")
RECIPE = Recipe(sizes=(WEB, LARGE), watermark=MARK)


def spelled_out(text: str) -> str:
    """An equal text that is another object, as one read from a file is."""
    return "".join(list(text))


def test_what_is_written_out_is_asked_for_like_what_is_left_out() -> None:
    """Settings that name a default make no picture again, whichever process reads them."""
    web = replace(WEB, mode=spelled_out("fit"), subsampling=spelled_out("4:4:4"), sharpen=int("0"))
    mark = replace(MARK, size=float("5"), margin=float("3"), color=spelled_out("#ffffff"))
    written = Recipe(sizes=(web, LARGE), watermark=mark)
    sent = msgspec.json.decode(msgspec.json.encode(written), type=Recipe)
    for recipe in (written, sent):
        assert RECIPE.digest == recipe.digest
        for asked, same in zip(RECIPE.sizes, recipe.sizes, strict=True):
            assert RECIPE.digest_of(asked) == recipe.digest_of(same)


def test_digests_stay_what_they_are() -> None:
    """They stand in journals: another digest makes every picture anew."""
    assert "23c9d76149" == RECIPE.digest_of(WEB)[:10]


def test_a_watermark_counts_where_it_is_wanted() -> None:
    """Another text touches those that carry it."""
    other = replace(RECIPE, watermark=replace(MARK, text="© Ann"))
    assert RECIPE.digest_of(WEB) == other.digest_of(WEB)
    assert RECIPE.digest_of(LARGE) != other.digest_of(LARGE)
    assert RECIPE.digest != other.digest


@pytest.mark.parametrize(
    ("full", "mode", "expected"),
    [
        ((6000, 4000), "fit", Frame((300, 200), (300, 200))),
        ((4000, 6000), "fit", Frame((133, 200), (133, 200))),
        ((65_000, 1_000), "fit", Frame((300, 5), (300, 5))),
        ((65_000, 1), "fit", Frame((300, 1), (300, 1))),
        ((1, 1), "fit", Frame((1, 1), (1, 1))),
        ((6000, 4000), "fill", Frame((300, 200), (300, 200))),
        ((4000, 6000), "fill", Frame((300, 450), (300, 200))),
        ((65_000, 1_000), "fill", Frame((13_000, 200), (300, 200))),
        ((150, 1000), "fill", Frame((150, 1000), (150, 100))),
        ((1, 1), "fill", Frame((1, 1), (1, 1))),
    ],
)
def test_frames(full: tuple[int, int], mode: str, expected: Frame) -> None:
    """Inside the box or filling it, never enlarged, never less than a pixel."""
    assert expected == frame(full, replace(WEB, mode=mode))
