"""Publishing to a website against a model of the expected end that shares no code with it."""

import json
from pathlib import Path

import pytest

from adapters.workers import Workers
from machine.values import Labels
from tests.adapters.photos import GOLDEN
from tests.driver import golden_scores
from tests.driver.desk import Desk
from tests.driver.expected_site import WentIn, expected, paths
from tests.driver.painted import likeness
from tests.driver.site_kinds import Kind, files_of, lines_of, website_on
from tests.driver.taken_in import photographed, take_in
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb

MANY, SOME, FEW = 100, 24, 6
FAR = 6.0
"""No published picture is further from its photo than this; two photos are ten times as far."""


@pytest.fixture(autouse=True)
def small_thumbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thumbs that are smaller than these small photos; and the passwords."""
    monkeypatch.setenv("PHOTOJOURNAL_RESIZE_THUMB", "24x16")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)


def as_expected(website: Website, went_in: list[WentIn]) -> dict[str, bytes]:
    """Compare all that stands outside with the model; return the files."""
    files, lines = expected(website.desk.root, went_in)
    assert lines == lines_of(website)
    there = files_of(website)
    assert files == there
    return there


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("pyftpdlib", SOME),
        ("pyftpdlib tls", FEW),
        ("vsftpd", FEW),
        ("vsftpd tls", FEW),
        pytest.param("pyftpdlib", MANY, marks=pytest.mark.soak),
        pytest.param("pyftpdlib tls", MANY, marks=pytest.mark.soak),
        pytest.param("vsftpd", MANY, marks=pytest.mark.soak),
        pytest.param("vsftpd tls", MANY, marks=pytest.mark.soak),
    ],
)
def test_what_stands_outside_is_what_went_in(
    desk: Desk, mariadb: MariaDb, tmp_path: Path, kind: Kind, count: int
) -> None:
    """Every file byte for byte, every line column by column; nothing else stands there."""
    went_in = [photographed(number) for number in range(1, count + 1)]
    photos = take_in(desk, went_in)
    with website_on(kind, desk, mariadb, tmp_path) as website:
        website.create_table()
        sent, stopped = desk.publish()
        assert (count, None) == ([one.outcome for one in sent].count("published"), stopped), sent
        files = as_expected(website, went_in)
        for one, photo in zip(went_in, photos, strict=True):
            for path in paths(one.name):
                assert likeness(files[path], photo) < FAR
                assert one.caption.encode() in files[path]


def test_a_row_looks_as_it_always_did(
    mariadb: MariaDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The golden row in all 26 values; its folder in lower case, as on the predecessor's site."""
    golden = json.loads((GOLDEN / "photos_info_row.json").read_text("utf-8"))
    del golden["id"]
    golden |= {
        name: golden[name].replace("/Harbours/", "/harbours/") for name in ("Path", "Thumb_Path")
    }
    one = WentIn(
        name=golden["File_Name"],
        taken=golden["DateTime"],
        size=(golden["Width"], golden["Height"]),
        caption=golden["Caption"],
        alt_text=golden["alt_text"],
        keywords=tuple(golden["Keywords"].split(", ")),
    )
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_PUBLIC_URL_BASE", "https://photos.example")
    with Workers(1, functions=golden_scores.FUNCTIONS) as workers:
        desk = Desk(tmp_path / "workspace", workers)
        take_in(desk, [one], Labels(category=golden["Folder"], subject=golden["Subject"]))
        with website_on("pyftpdlib", desk, mariadb, tmp_path) as website:
            website.create_table()
            desk.publish()
            assert {one.name: tuple(golden.values())} == lines_of(website)
            assert [f"2008/{folder}harbours/{one.name}" for folder in ("", "thumbs/")] == sorted(
                files_of(website)
            )
