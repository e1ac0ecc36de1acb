"""A pyiqa of which nothing is there but its table of metrics."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

TABLE = """\
from collections import OrderedDict

raise RuntimeError("this file is read, not run")
DEFAULT_CONFIGS = OrderedDict({
    'musiq': {'metric_opts': {'type': 'MUSIQ'}, 'metric_mode': 'NR'},
    'nima': {'metric_opts': {'type': 'NIMA', 'num_classes': 10}, 'metric_mode': 'NR'},
    'ssim': {'metric_opts': {'type': 'SSIM'}, 'metric_mode': 'FR', 'score_range': '0, 1'},
    'fid': {'metric_opts': {'type': 'FID'}, 'metric_mode': 'NR'},
})
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str = TABLE) -> None:
    """Let `pyiqa` be found in a folder, with this table."""
    folder.mkdir(exist_ok=True)
    (folder / "default_model_configs.py").write_text(text, encoding="utf-8")
    real, here = importlib.util.find_spec, SimpleNamespace(submodule_search_locations=[str(folder)])

    def found(name: str) -> object:
        return here if name == "pyiqa" else real(name)

    monkeypatch.setattr(importlib.util, "find_spec", found)
