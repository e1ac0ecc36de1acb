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
    "review_page",
    "brisque",
    "embedded",
    "neural",
    "resize",
    "orchestration",
    "captions",
    "cli_start",
)
OUT = Path(__file__).parent / "out"


def main(names: list[str]) -> int:
    """
    Run the benches, and show and keep each one's figures as soon as they are there.

    A missed goal is said, not an error; a bench that fails does not stop the others.
    """
    console = Console()
    about = machine()
    console.print(about)
    lines: list[dict[str, Any]] = []
    failed: list[str] = []
    OUT.mkdir(exist_ok=True)
    for name in names or NAMES:
        console.print(f"{name} ...")
        try:
            found = importlib.import_module(f"bench.{name}").rounds()
        except Exception:  # noqa: BLE001  (hours of figures are not thrown away for one of them)
            console.print_exception()
            failed.append(name)
            continue
        console.print(_table(found))
        lines += found
        report = {"machine": about, "failed": failed, "figures": lines}
        (OUT / "figures.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {OUT / 'figures.json'}")
    if failed:
        console.print(f"Error: failed: {', '.join(failed)}")
    return 1 if failed else 0


def _table(lines: list[dict[str, Any]]) -> Table:
    table = Table("what", "figure", "unit", "goal", "reached", "detail")
    for one in lines:
        goal = "" if one["goal"] is None else f"{one['bound']} {one['goal']}"
        met = {None: "", True: "yes", False: "no"}[one["met"]]
        table.add_row(one["what"], f"{one['figure']:g}", one["unit"], goal, met, one["detail"])
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
