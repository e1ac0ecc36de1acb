"""
Print the project's figures beside their references, and write them to `bench/out/`.

`python -m bench [NAME ...]` runs all benches or those named. Every figure is a median of
interleaved rounds in this one run.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import machine

NAMES = (
    "journal_append",
    "use_case",
    "replay",
    "time_travel",
    "triage",
    "verify",
    "review",
    "brisque",
    "embedded",
    "neural",
    "resize",
    "orchestration",
    "captions",
    "review_page",
    "cli_start",
)
OUT = Path(__file__).parent / "out"


def main(names: list[str]) -> int:
    """Run the benches and show one table; a missed goal is said, not an error."""
    console = Console()
    about = machine()
    console.print(about)
    lines: list[dict[str, Any]] = []
    for name in names or NAMES:
        console.print(f"{name} ...")
        lines += importlib.import_module(f"bench.{name}").rounds()
    console.print(_table(lines))
    OUT.mkdir(exist_ok=True)
    report = {"machine": about, "figures": lines}
    (OUT / "figures.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {OUT / 'figures.json'}")
    return 0


def _table(lines: list[dict[str, Any]]) -> Table:
    table = Table("what", "figure", "unit", "goal", "reached", "detail")
    for one in lines:
        goal = "" if one["goal"] is None else f"{one['bound']} {one['goal']}"
        met = {None: "", True: "yes", False: "no"}[one["met"]]
        table.add_row(one["what"], f"{one['figure']:g}", one["unit"], goal, met, one["detail"])
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
