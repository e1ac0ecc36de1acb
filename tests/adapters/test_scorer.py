"""The scorer measures what a person would see, and says so when it cannot."""

import time

import numpy as np
import pytest
from PIL import Image

from adapters import brisque as brisque_model
from adapters import scorer
from adapters.errors import AdapterError
from adapters.scorer import measure, views
from tests.adapters.photos import encoded, real, scene, with_exif

EMBEDDED = {"brisque_score", "blur_score", "brightness_score", "contrast_score"}


def values(photo: bytes) -> dict[str, float]:
    """Metric to value."""
    return {score.metric: score.value for score in measure(photo).scores}


def test_the_embedded_profile_needs_four_metrics_and_no_model() -> None:
    """Each score names its source and the size that was measured."""
    measured = measure(encoded(scene()))
    assert {score.metric for score in measured.scores} == EMBEDDED
    assert measured.missing == ()
    for score in measured.scores:
        assert (score.width_px, score.height_px) == (320, 240)
        assert score.implementation.startswith("photojournal.")
        assert score.device == "cpu"
        assert score.duration_ms is not None
    brisque = next(score for score in measured.scores if score.metric == "brisque_score")
    assert len(brisque.weights_sha256) == 64


def test_the_time_of_a_metric_is_its_own_and_without_decoding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However slowly a photo is decoded; and slow metrics say so."""
    slowly_decoded, slowly_measured = scorer.views, brisque_model.brisque

    def decode(photo: bytes) -> tuple[scorer.RGB, scorer.RGB]:
        time.sleep(0.5)
        return slowly_decoded(photo)

    def brisque(pixels: scorer.RGB) -> float:
        time.sleep(0.2)
        return slowly_measured(pixels)

    monkeypatch.setattr(scorer, "views", decode)
    monkeypatch.setattr(brisque_model, "brisque", brisque)
    took = {one.metric: one.duration_ms or 0 for one in measure(encoded(scene())).scores}
    assert 200 <= took.pop("brisque_score")
    assert sum(took.values()) < 200


def test_the_formulas_are_the_predecessors() -> None:
    """Grey 64 with a half at 192: mean 128, deviation 64, one edge."""
    stripes = np.full((64, 64, 3), 64, np.uint8)
    stripes[32:] = 192
    measured = values(encoded(Image.fromarray(stripes), "PNG"))
    assert measured["brightness_score"] == 10.0
    assert measured["contrast_score"] == 10.0
    edge_variance = 2 * 128**2 / 64
    assert edge_variance > 200
    assert measured["blur_score"] == 10.0
    dim = values(encoded(Image.new("RGB", (64, 64), (32, 32, 32)), "PNG"))
    assert (dim["brightness_score"], dim["contrast_score"], dim["blur_score"]) == (2.5, 0.0, 0.0)


def test_the_blur_score_grows_with_the_variance_of_the_laplacian() -> None:
    """A single step of 8 in 64 rows: variance 2 * 8 ** 2 / 64 = 2, of 200: 0.1."""
    step = np.full((64, 64, 3), 100, np.uint8)
    step[32:] = 108
    assert values(encoded(Image.fromarray(step), "PNG"))["blur_score"] == pytest.approx(0.1)


def test_a_metric_without_a_value_is_missing_with_its_reason() -> None:
    """A black frame has no BRISQUE; the other three are measured all the same."""
    measured = measure(encoded(Image.new("RGB", (64, 64)), "PNG"))
    assert {score.metric for score in measured.scores} == EMBEDDED - {"brisque_score"}
    (missing,) = measured.missing
    assert (missing.metric, missing.code) == ("brisque_score", "ScoreIncomplete")
    assert "too little structure" in missing.detail


def test_a_photo_is_measured_upright() -> None:
    """However the camera was held: the same picture, the same scores; BRISQUE is of the file."""
    upright = encoded(scene(), "PNG")
    tag = Image.Exif()
    tag[0x0112] = 6
    lying = encoded(scene().transpose(Image.Transpose.ROTATE_90), "PNG", exif=tag)
    expected, found = values(upright), values(lying)
    assert expected.pop("brisque_score") == pytest.approx(found.pop("brisque_score"), abs=5)
    assert expected == found


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1", "LA"])
def test_every_mode_is_measured(mode: str) -> None:
    """Grey, palette, transparent and print pictures are photos, too."""
    kind = {"CMYK": "TIFF"}.get(mode, "PNG")
    assert set(values(encoded(scene().convert(mode), kind))) == EMBEDDED


def test_sixteen_bit_grey_keeps_its_tones() -> None:
    """The upper byte counts; nothing is clipped to white."""
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    _, shown = views(encoded(Image.fromarray(ramp), "PNG"))
    assert (int(shown.min()), int(shown.max())) == (0, 255)
    assert 120 < shown.mean() < 135


def test_transparent_parts_are_white() -> None:
    """Hidden colours below transparent pixels are not measured."""
    hidden = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    assert min(view.min() for view in views(encoded(hidden, "PNG"))) == 255


def test_a_large_photo_is_measured_on_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest side is bounded, and each score tells its size; BRISQUE is of the whole file."""
    monkeypatch.setattr(scorer, "PROXY_EDGE_PX", 100)
    measured = measure(encoded(scene(320, 240)))
    sizes = {one.metric: (one.width_px, one.height_px) for one in measured.scores}
    assert sizes.pop("brisque_score") == (320, 240)
    assert set(sizes.values()) == {(100, 75)}
    monkeypatch.setattr(scorer, "BRISQUE_PIXELS_MAX", 1000)
    measured = measure(encoded(scene(320, 240)))
    assert {(one.width_px, one.height_px) for one in measured.scores} == {(100, 75)}


@pytest.mark.parametrize(
    ("photo", "why"),
    [
        (b"", "no bytes"),
        (b"not a photo at all", "not those of a photo"),
        (encoded(scene())[:2000], "truncated"),
        (b"\xff\xd8\xff\xe0garbage", "cannot be decoded: ."),
        (b"\0\0\0\x18ftypheic", "HEIC"),
    ],
)
def test_what_cannot_be_decoded_is_a_permanent_failure(photo: bytes, why: str) -> None:
    """No 0/0/0/0 row: the failure has a code and a reason."""
    with pytest.raises(AdapterError, match=why) as caught:
        measure(photo)
    assert caught.value.code == "ScoringUnreadable"
    assert caught.value.permanent


def test_the_damaged_sample_fails_and_damaged_metadata_does_not() -> None:
    """A photo that is cut off fails; one whose EXIF is corrupt is measured."""
    with pytest.raises(AdapterError, match="truncated"):
        measure(real("damaged_coffee.jpg"))
    assert set(values(real("corrupted.jpg"))) == EMBEDDED


def test_a_broken_orientation_is_taken_for_none() -> None:
    """Orientation 99 turns nothing."""
    assert views(with_exif({0x0112: 99}))[1].shape == (48, 64, 3)
