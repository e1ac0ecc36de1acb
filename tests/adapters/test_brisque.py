"""BRISQUE gives pyiqa's score, on any machine, without pyiqa."""

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adapters import brisque as model
from adapters.brisque import Undefined, brisque
from adapters.errors import AdapterError
from adapters.scorer import measure, views
from tests.adapters import pyiqa_reference
from tests.adapters.photos import ROOT, SAMPLES, SHARED, golden, recorded, scene

WITHIN = 0.05
GOLDEN: dict[str, Any] = golden("brisque.json")["photos"]
CALIBRATION = {"I03": 94.645, "I04": -0.108, "I06": 1.077, "I08": 5.142, "I19": 66.839}
"""pyiqa 0.1.16 on the distorted pictures of its own calibration; they may not be copied here."""


def calibration_folder() -> Path | None:
    """Where pyiqa's wheel, or the environment, has the calibration pictures."""
    if folder := os.environ.get("BRISQUE_CALIBRATION"):
        return Path(folder)
    found = importlib.util.find_spec("pyiqa")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parents[1] / "ResultsCalibra" / "dist_dir"


@pytest.mark.parametrize("name", GOLDEN)
def test_real_photos_score_as_pyiqa_scores_them(name: str) -> None:
    """The row's score is what pyiqa says of the file; on the upright proxy it agrees, too."""
    photo = recorded(name, GOLDEN[name]["sha256"])
    (score,) = (one for one in measure(photo).scores if one.metric == "brisque_score")
    assert GOLDEN[name]["as_stored"] == pytest.approx(score.value, abs=WITHIN)
    assert GOLDEN[name]["as_displayed"] == pytest.approx(brisque(views(photo)[1]), abs=WITHIN)


@pytest.mark.parametrize("name", CALIBRATION)
def test_pyiqas_own_calibration_pictures_score_as_there(name: str) -> None:
    """The pictures by which pyiqa itself is checked, where they are at hand."""
    folder = calibration_folder()
    if folder is None or not (folder / f"{name}.bmp").is_file():
        pytest.skip(f"pyiqa's calibration pictures: {pyiqa_reference.LACKING}")
    picture = np.asarray(Image.open(folder / f"{name}.bmp").convert("RGB"))
    assert CALIBRATION[name] == pytest.approx(brisque(picture), abs=WITHIN)


@pytest.mark.skipif(not pyiqa_reference.installed(), reason=pyiqa_reference.LACKING)
@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.soak)])
def test_pyiqa_itself_gives_the_same_score_for_photos_that_decode(step: int) -> None:
    """Asked here and now, of every tenth file; what is no photo for us has no score there."""
    there = [one for folder in (SAMPLES, SHARED) if folder.is_dir() for one in folder.iterdir()]
    files = sorted(there)[::step]
    expected = pyiqa_reference.scores(files)
    found = {file: score_of(file.read_bytes()) for file in files}
    assert len([score for score in found.values() if score is not None]) >= 14 // step
    assert expected == pytest.approx(found, abs=WITHIN)


def score_of(photo: bytes) -> float | None:
    """BRISQUE of a row with this photo; None if it does not decode."""
    try:
        measured = measure(photo)
    except AdapterError:
        return None
    return next(one.value for one in measured.scores if one.metric == "brisque_score")


def test_a_blown_sky_is_measured_as_pyiqa_does() -> None:
    """In flat areas, pyiqa counts the sign of rounding noise; a more exact sum is 3 points off."""
    picture = np.full((101, 43, 3), 192, np.uint8)
    picture[33:50, 14:21] = 0
    assert brisque(picture) == pytest.approx(115.186, abs=WITHIN)


def test_strips_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut into strips of any height, a picture gives the same features."""
    picture = np.asarray(scene(331, 257))
    whole = model.brisque_features(picture)
    for rows in (2, 10, 64, 300):
        monkeypatch.setattr(model, "_rows_per_strip", lambda width, rows=rows: rows)
        np.testing.assert_allclose(whole, model.brisque_features(picture), rtol=2e-6)


@pytest.mark.parametrize(
    ("shape", "why"),
    [((100, 15), "15 x 100 pixels"), ((15, 100), "100 x 15 pixels"), ((64, 64), "too little")],
)
def test_no_number_stands_in_for_an_undefined_score(shape: tuple[int, int], why: str) -> None:
    """Too small, or a black frame: an error with the reason, no score."""
    with pytest.raises(Undefined, match=why):
        brisque(np.zeros((*shape, 3), np.uint8))


def test_damaged_weights_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are never taken from weights that are not the published ones."""
    model._weights.cache_clear()
    monkeypatch.setattr(model, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(AdapterError) as caught:
        brisque(np.asarray(scene()))
    assert caught.value.code == "ScoringDependency"


def test_the_weights_are_those_of_the_live_release() -> None:
    """Number for number the published libsvm model, where it is at hand."""
    published = ROOT.parent / "shared" / "models" / "brisque_live_allmodel.txt"
    if not published.is_file():
        pytest.skip("the published model is not at hand")
    lines = published.read_text(encoding="ascii").split("SV\n", 1)[1].splitlines()
    weights = model._weights()
    assert len(lines) == len(weights.coefficients) == 774
    for line, coefficient, vector in zip(lines, weights.coefficients, weights.vectors, strict=True):
        first, *pairs = line.split()
        assert float(first) == coefficient
        named = dict(pair.split(":") for pair in pairs)
        expected = [np.float32(named.get(str(number), 0)) for number in range(1, 37)]
        assert expected == [np.float32(value) for value in vector]
    assert (weights.gamma, weights.rho) == (0.05, -153.591)


def test_the_notice_lies_beside_the_weights() -> None:
    """The weights may be distributed with their notice only."""
    notice = (ROOT / "adapters" / "weights" / "brisque_live.NOTICE.txt").read_text(encoding="utf-8")
    assert "Copyright (c) 2011 The University of Texas at Austin" in notice
    assert "COPYRIGHT NOTICE ENDS WITH THIS LINE" in notice
