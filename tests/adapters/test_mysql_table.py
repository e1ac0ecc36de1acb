"""The published table on a real MariaDB keeps every table's promises, and uses what it finds."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from adapters.errors import AdapterError
from adapters.mysql_table import MysqlTable
from machine.values import Record
from tests.adapters.mysql_site import TABLE, MysqlSite
from tests.adapters.record_contract import (
    MARK,
    ROW,
    RecordContract,
    a_record,
    put_record,
    remove_record,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "photos_info_row.json"
SCORES = {
    "nima_score": 9.8765,
    "blur_score": 10.0,
    "brightness_score": 0.0001,
    "contrast_score": 5.0,
    "brisque_score": 7.5235,
    "clip_aesthetic_score": 6.1,
    "qr": 7.35,
}
"""As they are published: four decimals, QR two."""


def a_plain_record(**changes: object) -> Record:
    return msgspec.structs.replace(a_record(), **{**SCORES, **changes})


@pytest.fixture
def gallery(mysql_site: MysqlSite) -> MysqlSite:
    mysql_site.table.create()
    return mysql_site


@pytest.fixture
def neighbour(gallery: MysqlSite) -> Iterator[MysqlSite]:
    site = MysqlSite(gallery.mariadb, gallery.server, workspace="theirs")
    with contextlib.closing(site.table):
        yield site


@pytest.fixture
def outside(gallery: MysqlSite) -> MysqlSite:
    return gallery


class TestMysqlTable(RecordContract):
    """Every promise about records."""


def test_the_predecessors_row_comes_back_in_all_its_values(mysql_site: MysqlSite) -> None:
    """The golden row, in a table of the predecessor's types, collation and further columns."""
    mysql_site.make_predecessor(more=", seen TIMESTAMP DEFAULT CURRENT_TIMESTAMP, likes INT")
    assert mysql_site.table.problems() == []
    golden = json.loads(GOLDEN.read_text("utf-8"))
    del golden["id"]
    record = msgspec.convert(golden, Record)
    assert mysql_site.put_record(put_record(record), row=ROW, mark=MARK).outcome == "done"
    assert mysql_site.put_record(put_record(record), row=ROW, mark=MARK).outcome == "already"
    found = mysql_site.look_record(record.file_name)
    assert found is not None
    assert found.record == record
    names = ", ".join(f"`{name}`" for name in golden)
    assert mysql_site.mariadb.query(f"SELECT {names} FROM {mysql_site.name}") == [
        tuple(golden.values())
    ]


def test_scores_lose_nothing_in_columns_of_other_types(mysql_site: MysqlSite) -> None:
    """DECIMAL, text, and what MySQL has for dates and bytes: read as records hold them."""
    decimals = dict.fromkeys([name for name in SCORES if name != "qr"], "DECIMAL(6,4)")
    mysql_site.make_predecessor(
        **{**decimals, "QR": "DECIMAL(4,2)", "nima_score": "VARCHAR(20)"},
        DateTime="DATETIME",
        ISO="VARCHAR(20)",
        Width="DECIMAL(8,0)",
        Subject="VARBINARY(100)",
    )
    assert mysql_site.table.problems() == []
    record = a_plain_record(subject="Lighthouse ⚓")
    assert mysql_site.put_record(put_record(record), row=ROW, mark=MARK).outcome == "done"
    assert mysql_site.put_record(put_record(record), row=ROW, mark=MARK).outcome == "already"
    (found,) = mysql_site.records()
    assert found.record == record


def test_names_that_the_table_takes_for_the_same_never_overwrite_each_other(
    mysql_site: MysqlSite,
) -> None:
    """The one that was there first stays, and is named."""
    mysql_site.make_predecessor()
    first, second = a_plain_record(file_name="a.jpg"), a_plain_record(file_name="A.JPG")
    assert mysql_site.put_record(put_record(first), row=1, mark=MARK).outcome == "done"
    assert mysql_site.look_record("A.JPG") is None
    report = mysql_site.put_record(put_record(second), row=2, mark=MARK)
    assert report.outcome == "changed"
    assert "a.jpg" in report.detail
    assert mysql_site.remove_record(remove_record(second), row=2, mark=MARK).outcome == "already"
    assert mysql_site.names() == ["a.jpg"]


def test_a_name_that_stands_twice_is_left_alone(mysql_site: MysqlSite) -> None:
    """In a table where names are not unique, nobody knows which of them is ours."""
    mysql_site.make_predecessor(File_Name="VARCHAR(255) NOT NULL")
    record = a_plain_record()
    mysql_site.put_record(put_record(record), row=ROW, mark=MARK)
    columns = ", ".join(f"`{name}`" for name in msgspec.to_builtins(record))
    mysql_site.mariadb.query(
        f"INSERT INTO {mysql_site.name} ({columns}) SELECT {columns} FROM {mysql_site.name}"
    )
    new = put_record(a_plain_record(caption="new"), over=record)
    assert mysql_site.put_record(new, row=ROW, mark=MARK).outcome == "changed"
    assert mysql_site.remove_record(remove_record(record), row=ROW, mark=MARK).outcome == "changed"
    assert len(list(mysql_site.records())) == 2
    assert mysql_site.table.problems() == ["The column File_Name is not UNIQUE."]


@pytest.mark.parametrize(
    ("column", "kind", "changes"),
    [
        ("Caption", "VARCHAR(10)", {"caption": "A lighthouse on a rock."}),
        ("Caption", "VARCHAR(100) CHARACTER SET latin1", {"caption": "灯台"}),
        ("Caption", "VARCHAR(100) CHARACTER SET utf8mb3", {"caption": "A whale 🐋"}),
        ("Subject", "CHAR(100)", {"subject": "Lighthouse "}),
        ("QR", "DECIMAL(4,1)", {"qr": 7.35}),
        ("blur_score", "FLOAT", {"blur_score": 7.123456789}),
        ("blur_score", "INT", {"blur_score": 7.1234}),
        ("Width", "SMALLINT", {"width": 40_000}),
        ("Camera", "VARCHAR(100) NOT NULL", {"camera": None}),
        (
            "Exposure",
            "VARCHAR(100), CONSTRAINT Exposure_is_slow CHECK (Exposure <> '1/8000 sec')",
            {"exposure": "1/8000 sec"},
        ),
        ("Keywords", "VARCHAR(100) UNIQUE", {"keywords": "taken"}),
    ],
)
def test_what_a_column_cannot_hold_hits_one_row_only(
    mysql_site: MysqlSite, column: str, kind: str, changes: dict[str, object]
) -> None:
    """Refused with the column's name, nothing of it stands there, and the next row goes out."""
    mysql_site.make_predecessor(**{column: kind})
    fits = a_plain_record(
        file_name="fits.jpg", caption="Fits.", camera="C", qr=7.5, blur_score=7.0, keywords="taken"
    )
    assert mysql_site.put_record(put_record(fits), row=1, mark=MARK).outcome == "done"
    changes = {"camera": "C", "qr": 7.5, "blur_score": 7.0, "caption": "Fits."} | changes
    report = mysql_site.put_record(put_record(a_plain_record(**changes)), row=ROW, mark=MARK)
    assert report.outcome == ("changed" if column == "Keywords" else "impossible")
    assert column in report.detail
    assert mysql_site.names() == ["fits.jpg"]
    assert mysql_site.mariadb.query(
        f"SELECT file_name FROM {mysql_site.server.database}.photojournal_owner"
    ) == [("fits.jpg",)]


@pytest.mark.parametrize(
    ("column", "kind", "problem"),
    [
        ("Caption", "VARCHAR(100)", "The column Caption holds 100 characters; 255 are needed."),
        ("Caption", "INT", "The column Caption cannot hold what records say: its type is int."),
        (
            "Subject",
            "VARCHAR(255) CHARACTER SET latin1",
            "The column Subject is latin1, not utf8mb4: it lacks letters.",
        ),
        (
            "blur_score",
            "DECIMAL(5,2)",
            "The column blur_score cannot hold what records say: its type is decimal.",
        ),
        (
            "Width",
            "SMALLINT",
            "The column Width cannot hold what records say: its type is smallint.",
        ),
        (
            "Camera",
            "VARCHAR(255) NOT NULL",
            "The column Camera has to allow NULL: not every photo says it.",
        ),
        (
            "QC_Status",
            "VARCHAR(20), owner INT NOT NULL",
            "The column owner has no default, and records do not fill it.",
        ),
    ],
)
def test_a_table_that_is_too_narrow_is_told_before_anything_is_sent(
    mysql_site: MysqlSite, column: str, kind: str, problem: str
) -> None:
    """In plain sentences, a column each."""
    mysql_site.make_predecessor(**{column: kind})
    assert mysql_site.table.problems() == [problem]


def test_tables_are_made_on_request_only(mysql_site: MysqlSite) -> None:
    """Making one commits what is open, and a login without that right is the better one."""
    tables = [TABLE, "photojournal_owner", "photojournal_workspace"]
    assert mysql_site.table.problems() == [
        f"The table {name} is missing: photojournal doctor --create-table." for name in tables
    ]
    with pytest.raises(AdapterError) as caught:
        mysql_site.put_record(put_record(a_record()), row=ROW, mark=MARK)
    assert caught.value.code == "PublishRefused"
    assert "photos_info_revamp is missing" in caught.value.detail
    assert mysql_site.mariadb.query(f"SHOW TABLES FROM {mysql_site.server.database}") == []
    mysql_site.table.create()
    mysql_site.table.create()
    assert mysql_site.table.problems() == []
    mysql_site.table.probe(a_record())
    assert mysql_site.names() == []


def test_a_table_of_strangers_can_be_read_before_ours_are_made(mysql_site: MysqlSite) -> None:
    """Nobody claims its rows, and no workspace has left a mark."""
    mysql_site.make_predecessor()
    record = a_plain_record()
    mysql_site.put_record(put_record(record), row=ROW, mark=MARK)
    database = mysql_site.server.database
    mysql_site.mariadb.query(
        f"DROP TABLE {database}.photojournal_owner, {database}.photojournal_workspace"
    )
    fresh = MysqlTable(mysql_site.server, workspace="ours")
    with contextlib.closing(fresh):
        (found,) = fresh.records()
        assert found == fresh.look(record.file_name)
        assert (found.record, found.workspace, found.row) == (record, "", None)
        assert fresh.mark() is None
        fresh.create()
        step = put_record(a_plain_record(caption="new"), over=record)
        assert fresh.put(step, row=ROW, mark=MARK)[0] == "done"


def test_a_missing_column_stops_the_stage(mysql_site: MysqlSite) -> None:
    """No row can go out, so no row is charged; the column is named."""
    mysql_site.make_predecessor()
    mysql_site.mariadb.query(f"ALTER TABLE {mysql_site.name} DROP COLUMN Caption")
    assert mysql_site.table.problems() == ["The column Caption is missing."]
    with pytest.raises(AdapterError) as caught:
        mysql_site.put_record(put_record(a_plain_record()), row=ROW, mark=MARK)
    assert (caught.value.code, "Caption" in caught.value.detail) == ("PublishRefused", True)
    with pytest.raises(AdapterError, match="Caption"):
        mysql_site.table.probe(a_plain_record())


def test_a_table_that_cannot_roll_back_is_refused(mysql_site: MysqlSite) -> None:
    """MyISAM would keep half a change."""
    mysql_site.make_predecessor(options="ENGINE=MyISAM CHARSET utf8mb4")
    problem = "The table photos_info_revamp cannot roll back (MyISAM): it has to be InnoDB."
    assert mysql_site.table.problems() == [problem]
    with pytest.raises(AdapterError) as caught:
        mysql_site.put_record(put_record(a_plain_record()), row=ROW, mark=MARK)
    assert (caught.value.code, caught.value.detail) == ("PublishRefused", problem)
    mysql_site.mariadb.query(f"ALTER TABLE {mysql_site.name} ENGINE=InnoDB")
    assert mysql_site.put_record(put_record(a_plain_record()), row=ROW, mark=MARK).outcome == "done"


NASTY = (
    "'; DROP TABLE photos_info_revamp; --",
    '" OR ""="',
    "100 % %s %(name)s",
    "back\\slash\\",
    "a\0b\x1a",
    "line\r\nline\ttab",
    "🐋 𝔘𝔫𝔦 灯台 ø",
    "  spaces  ",
)


@pytest.mark.parametrize("mode", ["", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH"])
def test_no_text_is_taken_for_a_statement(gallery: MysqlSite, mode: str) -> None:
    """Whatever the server's own mode makes of quotes; each comes back as it was."""
    usual = gallery.mariadb.query("SELECT @@GLOBAL.sql_mode")[0][0]
    gallery.mariadb.query("SET GLOBAL sql_mode = %s", mode)
    try:
        for number, text in enumerate(NASTY):
            record = a_record(text, subject=text, location=text, file_name=f"{number}{text}.jpg")
            report = gallery.put_record(put_record(record), row=number, mark=MARK)
            assert (report.outcome, report.detail) == ("done", "")
            found = gallery.look_record(record.file_name)
            assert found is not None
            assert found.record == record
    finally:
        gallery.mariadb.query("SET GLOBAL sql_mode = %s", usual)
    assert len(list(gallery.records())) == len(NASTY)


def test_a_row_that_is_no_record_is_left_alone(mysql_site: MysqlSite) -> None:
    """NULL where a text must be: listed as it stands, not ours, and no crash."""
    mysql_site.make_predecessor()
    mysql_site.mariadb.query(f"INSERT INTO {mysql_site.name} (File_Name) VALUES ('a.jpg')")
    (found,) = mysql_site.records()
    assert (found.key, found.record, bool(found.digest)) == ("a.jpg", None, True)
    record = a_plain_record(file_name="a.jpg")
    assert mysql_site.put_record(put_record(record), row=ROW, mark=MARK).outcome == "changed"
    assert mysql_site.remove_record(remove_record(record), row=ROW, mark=MARK).outcome == "changed"


def test_long_tables_are_read_to_their_end(mysql_site: MysqlSite) -> None:
    """In the order of the bytes, whatever the collation's is."""
    mysql_site.make_predecessor()
    names = [f"{'ab'[n % 2]}{n:04}.jpg" for n in range(1000)] + ["Z.jpg", "é.jpg"]
    values = ", ".join(f"('{name}')" for name in names)
    mysql_site.mariadb.query(f"INSERT INTO {mysql_site.name} (File_Name) VALUES {values}")
    found = [one.key for one in mysql_site.records()]
    assert found == sorted(names, key=str.encode)


def test_a_table_may_have_any_name(mysql_site: MysqlSite) -> None:
    """Quoted as it is."""
    server = msgspec.structs.replace(mysql_site.server, table="foto`s 100%s")
    with contextlib.closing(MysqlTable(server, workspace="ours")) as table:
        table.create()
        assert table.put(put_record(a_record()), row=ROW, mark=MARK)[0] == "done"
        assert [one.record for one in table.records()] == [a_record()]


def test_a_trigger_that_changes_what_was_written_is_found(gallery: MysqlSite) -> None:
    """Before anybody sees it."""
    gallery.mariadb.query(
        f"CREATE TRIGGER {gallery.server.database}.shout BEFORE INSERT ON {gallery.name}"
        " FOR EACH ROW SET NEW.Caption = UPPER(NEW.Caption)"
    )
    report = gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
    assert (report.outcome, "Caption" in report.detail) == ("impossible", True)
    assert gallery.names() == []
