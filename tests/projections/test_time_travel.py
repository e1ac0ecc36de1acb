"""`at` shows the queue as it was; nothing outside the journal changes a line."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.building import build
from projections.drift import unnamed
from projections.engine import PROJECTIONS
from projections.reader import Reader
from tests.histories import write
from tests.projections.workspaces import dump, history, settled, workspace


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), lengths=st.lists(st.integers(1, 70), min_size=1, max_size=6))
def test_the_past_is_what_was_shown_then(seed: int, lengths: Sequence[int]) -> None:
    """Every table, at every moment at which somebody looked, is the same when looked up later."""
    facts = history(seed)
    with TemporaryDirectory() as folder, workspace(Path(folder)) as place:
        shown = {}
        begin = 0
        for length in lengths:
            write(place.journal, facts[begin : begin + length])
            begin += length
            settled(place.models)
            shown[place.journal.head.position] = dump(place.models)
        write(place.journal, facts[begin:])
        for position, then in shown.items():
            with place.models.at(position) as past:
                assert position == past.position
                assert then == dump(past)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), shares=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_what_is_copied_from_today_is_what_the_journal_says(
    seed: int, shares: Sequence[float]
) -> None:
    """Looking back gives what making every line anew gives, also where rows changed since."""
    with TemporaryDirectory() as folder, workspace(Path(folder), history(seed)) as place:
        settled(place.models)
        head = place.journal.head.position
        for position in (0, head, *(round(share * head) for share in shares)):
            with place.models.at(position) as past, closing(unnamed()) as db:
                assert {} == build(place.journal, position, PROJECTIONS, db)
                assert dump(Reader(db)) == dump(past)


@pytest.mark.parametrize("damage", ["gone", "rules", "nonsense"])
def test_the_past_is_made_anew_where_today_is_of_no_use(tmp_path: Path, damage: str) -> None:
    """The lines of today were deleted, made by other rules, or are no database any more."""
    with workspace(tmp_path, history(5)) as place:
        settled(place.models)
        with place.models.at(60) as past:
            then = dump(past)
        if damage == "gone":
            place.review.unlink()
        elif damage == "rules":
            with closing(sqlite3.connect(place.review)) as db, db:
                db.execute("UPDATE projections SET version = 0")
                db.execute("UPDATE review_queue SET Caption = 'by other rules'")
        else:
            with closing(sqlite3.connect(place.review)) as db, db:
                db.execute("DROP TABLE review_queue")
        with place.models.at(60) as past:
            assert then == dump(past)
        assert damage != "gone" or not place.review.exists()


def test_position_0_is_the_empty_queue(tmp_path: Path) -> None:
    """Before the first event there is nothing, but the columns are there."""
    with workspace(tmp_path, history(1)) as place, place.models.at(0) as past:
        assert [] == past.queue()
        assert [] == past.runs()
        assert [] == past.photos_info()


def test_looking_back_leaves_today_alone(tmp_path: Path) -> None:
    """The file of the read models is not touched by a look into the past."""
    with workspace(tmp_path, history(2)) as place:
        settled(place.models)
        before = dump(place.models)
        with place.models.at(40, ["review_queue"]) as past:
            assert past.queue()
        assert before == dump(place.models)


SHOW = """
import json, sys, time
from pathlib import Path
from journal import Journal
from projections.engine import ReadModels
from projections.run_log import Logs
from tests.projections.workspaces import dump

data = Path(sys.argv[1])
with Journal.open(data / "journal.db", readonly=True) as journal:
    with ReadModels.open(Path(sys.argv[2]) / "review.db", journal) as models:
        models.catch_up()
        lines = dump(models)
    logs = Logs(Path(sys.argv[2]), journal)
    assert not logs.catch_up()
    files = sorted(Path(sys.argv[2]).glob("logs/**/*.log")) + [logs.account]
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in files]
print(json.dumps([lines, texts], sort_keys=True))
"""


def test_another_time_zone_and_locale_give_the_same_lines(tmp_path: Path) -> None:
    """Read models and logs depend on the journal alone."""
    outputs = []
    with workspace(tmp_path / "work", history(3)) as place:
        for zone, language in (("UTC", "C.UTF-8"), ("Pacific/Auckland", "tr_TR.UTF-8")):
            target = tmp_path / zone.replace("/", "-")
            target.mkdir()
            done = subprocess.run(
                [sys.executable, "-c", SHOW, str(place.data), str(target)],
                env=os.environ | {"TZ": zone, "LC_ALL": language, "LANG": language},
                cwd=Path(__file__).parents[2],
                capture_output=True,
                check=True,
            )
            outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])[0]["review_queue"]
