"""What pyiqa has is known before it is imported; what cannot be read is not judged."""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from adapters import neural, weights
from tests.standins import pyiqa_table

NAMES = ("musik", "musiq", "nima_scor", "ssim", "fid", "clip_aesthetic_score", "nima_score")


def test_names_are_judged_by_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown ones with those near them, and what needs a reference or many pictures."""
    pyiqa_table.install(tmp_path, monkeypatch)
    found = neural.misnamed(NAMES)
    assert ["musik", "nima_scor", "ssim", "fid"] == list(found)
    assert found["musik"].endswith("has no metric 'musik'; near it: musiq")
    assert "near it: nima_score" in found["nima_scor"]
    assert found["ssim"].startswith("ssim compares a picture with a reference: ")
    assert found["fid"].startswith("fid compares sets of pictures: ")


def test_it_is_a_dependency_that_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a quick look, as libraries are."""
    pyiqa_table.install(tmp_path / "pyiqa", monkeypatch)
    monkeypatch.setattr(neural, "LIBRARIES", ())
    (lack,) = neural.unavailable(("musik", "musiq"), tmp_path).values()
    assert ("musik", "ScoringDependency") == (lack.metric, lack.code)
    monkeypatch.setattr(neural, "LIBRARIES", ("no_such_library",))
    details = {one.detail for one in neural.unavailable(("musik", "musiq"), tmp_path).values()}
    assert ["no_such_library not installed: pip install 'photojournal[score]'"] == [*details]


@pytest.mark.parametrize(
    ("gone", "lacking"),
    [
        ("pyiqa", {"nima_score", "musiq"}),
        ("open_clip", {"clip_aesthetic_score"}),
        ("torch", {"nima_score", "musiq", "clip_aesthetic_score"}),
    ],
)
def test_a_library_costs_those_metrics_that_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str, lacking: set[str]
) -> None:
    """CLIP, which `search` lives on, goes on without pyiqa; the metrics of pyiqa without CLIP."""
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == gone else ModuleSpec(name, None)
    )
    monkeypatch.setattr(weights, "absent", lambda *_: "")
    found = neural.unavailable(("nima_score", "musiq", "clip_aesthetic_score"), tmp_path)
    assert lacking == set(found)
    words = f"{gone} not installed: pip install 'photojournal[score]'"
    assert {("ScoringDependency", words)} == {(one.code, one.detail) for one in found.values()}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DEFAULT_CONFIGS = make()",
        "DEFAULT_CONFIGS = {'musiq': dict(metric_mode='NR')}",
        "DEFAULT_CONFIGS = {'musiq': {'mode': 'NR'}}",
        "DEFAULT_CONFIGS = {",
        "OTHERS = {'musiq': {'metric_opts': {'type': 'MUSIQ'}, 'metric_mode': 'NR'}}",
    ],
)
def test_a_table_of_another_form_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Whoever loads the metric finds out."""
    pyiqa_table.install(tmp_path, monkeypatch, text)
    assert {} == neural.misnamed(["musik"])


def test_no_pyiqa_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it is not installed is said elsewhere."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert {} == neural.misnamed(["musik"])


@pytest.mark.skipif(importlib.util.find_spec("pyiqa") is None, reason="needs the extra `score`")
def test_the_real_table_can_be_read_without_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the version that is installed."""
    spec = importlib.util.find_spec("pyiqa")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    monkeypatch.delitem(sys.modules, "pyiqa", raising=False)
    found = neural.misnamed(["musik", "musiq", "entropy", "ssim", "fid"])
    assert ["musik", "ssim", "fid"] == list(found)
    assert "musiq" in found["musik"]
    assert "pyiqa" not in sys.modules
