"""The read models follow the journal, however they are split, broken, deleted or shared."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal import Journal
from projections import building
from projections.engine import PROJECTIONS, ReadModels
from projections.photos_info import PhotosInfo
from projections.review_queue import ReviewQueue
from projections.runs import Runs
from projections.tables import Lines, Page
from tests.histories import write
from tests.projections.workspaces import dump, history, settled, workspace


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), splits=st.lists(st.tuples(st.integers(1, 60), st.booleans())))
def test_catching_up_in_any_split_equals_a_rebuild(
    seed: int, splits: list[tuple[int, bool]]
) -> None:
    """Two processes that take turns, at whatever moments, leave what a rebuild would make."""
    facts = history(seed)
    with TemporaryDirectory() as folder, workspace(Path(folder)) as place:
        other = ReadModels.open(place.review, place.journal)
        begin = 0
        for length, first in splits:
            write(place.journal, facts[begin : begin + length])
            begin += length
            settled(place.models if first else other)
        write(place.journal, facts[begin:])
        settled(place.models)
        settled(other)
        before = dump(place.models)
        assert [] == place.models.check()
        place.models.rebuild()
        assert before == dump(other)
        other.close()


def test_a_long_way_is_caught_up_in_pages(tmp_path: Path) -> None:
    """Behind by more than a page, from a position that is not 0: the same lines."""
    facts = history(1, rows=6, length=1600)
    with workspace(tmp_path, facts[:10]) as place:
        settled(place.models)
        write(place.journal, facts[10:])
        settled(place.models)
        assert [] == place.models.check()


def test_workers_render_what_one_process_renders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that came out of several processes are the same."""
    with workspace(tmp_path, history(2)) as place:
        settled(place.models)
        before = dump(place.models)
        monkeypatch.setattr(building, "WORKERS_FROM", 0)
        monkeypatch.setattr(building, "STREAMS_PER_PAGE", 1)
        place.models.rebuild()
        assert before == dump(place.models)
        assert [] == place.models.check()


def test_workers_that_cannot_start_are_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no process can be started, or one dies, this one does the work."""
    monkeypatch.setattr(building, "WORKERS_FROM", 0)
    monkeypatch.setattr(building, "spell", lambda _: ("projections.nothing_of_that_name", "Queue"))
    with workspace(tmp_path, history(2)) as place:
        settled(place.models)
        assert [] == place.models.check()


def test_a_line_that_no_event_made_is_gone_after_a_rebuild(tmp_path: Path) -> None:
    """`check` names what was written into the file by hand, and a rebuild leaves nothing of it."""
    with workspace(tmp_path, history(3)) as place:
        settled(place.models)
        before = dump(place.models)
        with sqlite3.connect(place.review) as db:
            db.execute("INSERT INTO review_queue (id, Caption) VALUES (999, 'alien')")
            db.execute("UPDATE review_queue SET Caption = 'forged' WHERE id = 1")
            db.execute("DELETE FROM row_names WHERE row = 2")
        db.close()
        found = place.models.check()
        assert ("review_queue", "999", "", "a line", None) in [
            (each.table, each.key, each.column, each.stored, each.expected) for each in found
        ]
        assert ("1", "Caption", "forged") in [(d.key, d.column, d.stored) for d in found]
        assert any(each.table == "row_names" and each.stored is None for each in found)
        place.models.rebuild()
        assert before == dump(place.models)
        assert [] == place.models.check()


def test_review_db_may_be_deleted_at_any_time(tmp_path: Path) -> None:
    """Deleted while it is open, with or without its companions, it comes back as it was."""
    with workspace(tmp_path, history(4)) as place:
        settled(place.models)
        before = dump(place.models)
        place.review.unlink()
        settled(place.models)
        assert before == dump(place.models)
        for ending in ("", "-wal", "-shm"):
            place.review.with_name(f"review.db{ending}").unlink(missing_ok=True)
        settled(place.reopen())
        assert before == dump(place.models)
        assert place.review.exists()


@pytest.mark.parametrize("garbage", [b"", b"not a database at all, but long enough" * 200])
def test_a_file_that_is_no_database_is_replaced(tmp_path: Path, garbage: bytes) -> None:
    """Whatever lies at the path of the read models is nobody's loss."""
    with workspace(tmp_path, history(4)) as place:
        settled(place.models)
        before = dump(place.models)
        place.models.close()
        for ending in ("-wal", "-shm"):
            place.review.with_name(f"review.db{ending}").unlink(missing_ok=True)
        place.review.write_bytes(garbage)
        settled(place.reopen())
        assert before == dump(place.models)


def test_pages_damaged_under_way_are_made_anew(tmp_path: Path) -> None:
    """A file that turns out to be damaged while it is in use is thrown away and made again."""
    facts = history(5, rows=8, length=900)
    with workspace(tmp_path, facts[:800]) as place:
        settled(place.models)
        place.models.close()
        size = place.review.stat().st_size
        with place.review.open("r+b") as file:
            for page in range(4096 * 3, size, 4096):
                file.seek(page)
                file.write(b"\xff" * 1000)
        write(place.journal, facts[800:])
        settled(place.reopen())
        assert [] == place.models.check()


def test_a_dropped_table_is_made_anew(tmp_path: Path) -> None:
    """Somebody's experiment in an SQLite browser does not stop the program."""
    facts = history(5)
    with workspace(tmp_path, facts[:100]) as place:
        settled(place.models)
        with sqlite3.connect(place.review) as db:
            db.execute("DROP TABLE review_queue")
        db.close()
        write(place.journal, facts[100:])
        settled(place.models)
        assert [] == place.models.check()


class _NextQueue(ReviewQueue):
    version: ClassVar[int] = ReviewQueue.version + 1

    def apply(self, page: Page, into: Lines) -> None:
        """Render with the marks of another version."""
        shouted = [self._shout(line) for line in self._lines(page)]
        into.put(self.tables[0], shouted)

    def _lines(self, page: Page) -> list[tuple[object, ...]]:
        from projections.review_queue import line

        return [line(change.row, change.last) for change in page.rows]

    def _shout(self, line: tuple[object, ...]) -> tuple[object, ...]:
        return (*line[:15], str(line[15]).upper(), *line[16:])


def test_another_version_of_a_projection_makes_its_lines_anew(tmp_path: Path) -> None:
    """A program with new rules does not carry old lines on, and neither does the old program."""
    with workspace(tmp_path, history(6)) as place:
        settled(place.models)
        before = dump(place.models)
        newer = (_NextQueue(), PhotosInfo(), Runs())
        models = place.reopen(newer)
        assert all(not status.behind for status in models.catch_up())
        assert [] == models.check()
        captions = {line["Caption"] for line in models.queue()}
        assert captions == {caption.upper() for caption in captions}
        settled(place.reopen())
        assert before["review_queue"] == dump(place.models)["review_queue"]


def test_lines_of_another_journal_are_not_carried_on(tmp_path: Path) -> None:
    """A journal put in place of another one, shorter or longer, leaves no line of the old one."""
    with (
        workspace(tmp_path / "one", history(7)) as one,
        workspace(tmp_path / "two", history(8)) as two,
    ):
        settled(one.models)
        settled(two.models)
        one.models.close()
        with ReadModels.open(one.review, two.journal) as models:
            settled(models)
            assert dump(two.models) == dump(models)


def test_a_journal_restored_to_an_earlier_end_takes_its_lines_back(tmp_path: Path) -> None:
    """The hash at the position tells a journal from a copy of it that went on differently."""
    facts = history(9)
    with workspace(tmp_path, facts[:60]) as place:
        place.journal.backup(tmp_path / "copy.db")
        write(place.journal, facts[60:])
        settled(place.models)
        place.models.close()
        with (
            Journal.open(tmp_path / "copy.db", min_free_bytes=0) as restored,
            ReadModels.open(place.review, restored) as models,
        ):
            settled(models)
            assert restored.head.position == models.position
            assert [] == models.check()


def test_readers_see_whole_lines_during_a_swap(tmp_path: Path) -> None:
    """A reader that is in the middle of something keeps its view, and does not hold up the swap."""
    with workspace(tmp_path, history(13)) as place:
        settled(place.models)
        reader = sqlite3.connect(place.review, isolation_level=None)
        reader.execute("BEGIN")
        before = reader.execute("SELECT * FROM review_queue ORDER BY id").fetchall()
        write(place.journal, history(14)[:0])
        place.models.rebuild()
        assert before == reader.execute("SELECT * FROM review_queue ORDER BY id").fetchall()
        reader.execute("COMMIT")
        assert before == reader.execute("SELECT * FROM review_queue ORDER BY id").fetchall()
        reader.close()


def test_queries_go_on_during_a_rebuild(tmp_path: Path) -> None:
    """The queue is whole at every moment of a rebuild."""
    with workspace(tmp_path, history(15)) as place:
        settled(place.models)
        count = len(place.models.queue())
        stop, seen = threading.Event(), set[int]()

        def look() -> None:
            while not stop.is_set():
                seen.add(len(place.models.queue()))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            for _ in range(5):
                place.models.rebuild()
        finally:
            stop.set()
            looking.join()
        assert {count} == seen


CATCH_UP = """
import sys
from pathlib import Path
from journal import Journal
from projections.engine import ReadModels

data = Path(sys.argv[1])
with Journal.open(data / "journal.db", readonly=True) as journal:
    with ReadModels.open(data / "review.db", journal) as models:
        print("ready", flush=True)
        while sys.stdin.readline():
            statuses = models.catch_up()
            print([each.error for each in statuses if each.error], flush=True)
"""


def test_two_processes_catch_up_at_once(tmp_path: Path) -> None:
    """Nobody writes a line twice or skips one, and nobody is refused."""
    facts = history(16, rows=6, length=1200)
    with workspace(tmp_path) as place:
        others = [
            subprocess.Popen(
                [sys.executable, "-c", CATCH_UP, str(place.data)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            for _ in range(2)
        ]
        for begin in range(0, len(facts), 40):
            write(place.journal, facts[begin : begin + 40])
            for other in others:
                assert other.stdin
                other.stdin.write("go\n")
                other.stdin.flush()
            settled(place.models)
        for other in others:
            output, _ = other.communicate(timeout=60)
            assert {"ready", "[]"} == set(output.splitlines())
        assert [] == place.models.check()


def test_a_status_counts_what_is_missing(tmp_path: Path) -> None:
    """Before anybody has caught up, the status says by how many events."""
    with workspace(tmp_path, history(18)) as place:
        behind = {status.behind for status in place.models.status()}
        assert {place.journal.head.position} == behind


def test_the_read_models_are_those_of_the_design() -> None:
    """Their names are what people and tests ask for."""
    names = ("review_queue", "photos_info", "runs", "site_rows")
    assert names == tuple(each.name for each in PROJECTIONS)
