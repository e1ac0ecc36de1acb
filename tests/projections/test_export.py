"""The read model in a file of its own."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import asdict

from projections.export import export_into
from tests.histories import write
from tests.projections.workspaces import history, settled, workspace


def test_the_past_can_be_taken_away_in_a_file(tmp_path: Path) -> None:
    """The file holds every table as of the position, and its texts can be searched."""
    facts, file = history(30), tmp_path / "then.db"
    with workspace(tmp_path / "w", facts[:120]) as place:
        settled(place.models)
        then = place.models.queue()
        write(place.journal, facts[120:])
        about = export_into(place.journal, file, 120, program="photojournal 1")
        assert (120, place.journal.uuid) == (about.position, about.journal)
    with closing(sqlite3.connect(file)) as db:
        db.row_factory = sqlite3.Row
        assert then == [dict(line) for line in db.execute("SELECT * FROM review_queue ORDER BY id")]
        found = db.execute(
            "SELECT rowid FROM review_queue_fts WHERE review_queue_fts MATCH 'people'"
        )
        words = [line["id"] for line in then if "people" in f"{line['Caption']} {line['alt_text']}"]
        assert words == sorted(line[0] for line in found)
        assert db.execute("SELECT count(*) FROM runs").fetchone()[0]
        assert asdict(about) == dict(db.execute("SELECT * FROM about").fetchone())
    assert ["then.db", "w"] == sorted(path.name for path in tmp_path.iterdir())


def test_an_export_replaces_nothing(tmp_path: Path) -> None:
    """A file that is there is left alone."""
    file = tmp_path / "mine.db"
    file.write_text("precious")
    with workspace(tmp_path / "w", history(31)) as place, pytest.raises(FileExistsError):
        export_into(place.journal, file)
    assert "precious" == file.read_text()
