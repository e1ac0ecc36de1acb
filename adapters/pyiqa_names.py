"""
Which metrics pyiqa has, told by their names before pyiqa, or torch, is imported.

Its table of metrics is read as text, as a program that is not run. Where that file looks otherwise
than known, nothing is said here: whoever loads the metric still finds out.
"""

import ast
import difflib
import functools
import importlib.util
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

NAMES: Mapping[str, str] = MappingProxyType({"nima_score": "nima"})
"""What pyiqa calls a metric that we call otherwise."""
_OF_SETS = ("FID", "InceptionScore")
"""Classes that pyiqa lists with the metrics of single pictures, and that compare folders."""
_FILE = "default_model_configs.py"
_TABLE = "DEFAULT_CONFIGS"

Table = Mapping[str, Mapping[str, Any]]
"""What pyiqa knows about its metrics, by its names."""


def unsuitable(metric: str, table: Table, version: str, ours: Iterable[str] = ()) -> str:
    """
    Return in one line why a metric cannot measure a photo alone; empty: it can.

    Args:
        metric: as the settings name it.
        table: what pyiqa knows.
        version: of pyiqa.
        ours: further names that may have been meant.
    """
    name = NAMES.get(metric, metric)
    settings = table.get(name)
    if settings is None:
        alone = [one for one, held in table.items() if held.get("metric_mode") == "NR"]
        near = difflib.get_close_matches(name, [*ours, *alone], n=3)
        hint = f"; near it: {', '.join(near)}" if near else ""
        return f"pyiqa {version} has no metric {name!r}{hint}"
    if settings.get("metric_mode") != "NR":
        return f"{name} compares a picture with a reference: it cannot measure a photo alone"
    if settings["metric_opts"]["type"] in _OF_SETS:
        return f"{name} compares sets of pictures: it cannot measure a photo alone"
    return ""


def unsuitable_ones(metrics: Iterable[str], ours: Iterable[str] = ()) -> dict[str, str]:
    """Return those of the metrics that cannot measure a photo, and why, as far as can be read."""
    asked, names = tuple(metrics), tuple(ours)
    table = _installed() if asked else None
    if table is None:
        return {}
    found = {one: unsuitable(one, table, _version(), names) for one in asked}
    return {one: why for one, why in found.items() if why}


def _installed() -> Table | None:
    """Return the table of the pyiqa that is installed; None: there is none that can be read."""
    spec = importlib.util.find_spec("pyiqa")
    folders = spec.submodule_search_locations if spec else None
    return _read(Path(next(iter(folders))) / _FILE) if folders else None


@functools.cache
def _read(path: Path) -> Table | None:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        table = next(filter(None, map(_table, tree.body)), None)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    return table if table and all(map(_is_known, table.values())) else None


def _table(statement: ast.stmt) -> Table | None:
    """Return the table if a statement is `DEFAULT_CONFIGS = OrderedDict({...})`."""
    if not isinstance(statement, ast.Assign):
        return None
    named = any(isinstance(one, ast.Name) and one.id == _TABLE for one in statement.targets)
    value = statement.value
    if isinstance(value, ast.Call) and len(value.args) == 1:
        value = value.args[0]
    if not named or not isinstance(value, ast.Dict):
        return None
    held: Table = ast.literal_eval(value)
    return held


def _is_known(settings: object) -> bool:
    if not isinstance(settings, dict) or not isinstance(settings.get("metric_mode"), str):
        return False
    options = settings.get("metric_opts")
    return isinstance(options, dict) and isinstance(options.get("type"), str)


def _version() -> str:
    try:
        return metadata.version("pyiqa")
    except metadata.PackageNotFoundError:
        return "here"
