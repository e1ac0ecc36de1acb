"""
The journal alone: photos, objects, site, settings, network, time zone and language taken away.

What the read models say must not depend on any of them, and `--at` gives what they said then.
"""

import json
import shutil
from pathlib import Path

from driver.template import TEMPLATE
from tests.crash import workspace as ws
from tests.crash.campaign import Typist, typist
from tests.crash.scenario import DAY, Stop

ELSEWHERE = {"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}
TABLES = ("review_queue", "photos_info", "sets", "runs")
TAKEN_AWAY = ("photos", "site", "logs", "data/objects", "data/review.db")


def take_away(root: Path) -> None:
    """Leave a workspace nothing but its journal."""
    for name in TAKEN_AWAY:
        for path in (root / name).parent.glob(f"{Path(name).name}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (root / "photojournal.toml").write_text(TEMPLATE, encoding="utf-8")


def everything(root: Path, name: str) -> ws.Lines:
    """Return a read model as its file says it, every column."""
    return ws.query(root / "data" / "review.db", f"SELECT * FROM {name} ORDER BY 1")


def test_the_journal_alone_gives_the_same_lines(
    person: Typist, day: dict[str, Stop], tmp_path: Path
) -> None:
    """`queue --json`, `show` and `photos_info`, elsewhere and with nothing there, are identical."""
    looks = [("queue", "--json"), *(("show", str(row), "--json") for row in (1, 2, 3))]
    root = ws.copy_of(day["replay"].before, tmp_path / "w")
    before = [json.loads(person.type(root, *look).stdout) for look in looks]
    tables = [everything(root, name) for name in TABLES]
    take_away(root)
    with typist(tmp_path, ELSEWHERE, offline=True) as stranger:
        done = stranger.type(root, "replay")
        assert done.code == 0, done
        after = [json.loads(stranger.type(root, *look).stdout) for look in looks]
    for was, now in zip(before, after, strict=True):
        assert now == was
    assert [everything(root, name) for name in TABLES] == tables
    assert all(tables)


def test_at_a_position_is_the_queue_as_it_was_then(
    person: Typist, day: dict[str, Stop], tmp_path: Path
) -> None:
    """Between any two verbs of the day: what the file said then, from the journal alone now."""
    bare = ws.copy_of(day["replay"].before, tmp_path / "w")
    take_away(bare)
    for name, _ in DAY[2:]:
        then = day[name].before
        done = person.type(bare, "queue", "--json", "--at", str(ws.head(then)))
        assert json.loads(done.stdout) == everything(then, "review_queue"), (
            f"before {name}: {done.stderr}"
        )
