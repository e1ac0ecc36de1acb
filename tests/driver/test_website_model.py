"""Publishing to a website against a model of the expected end that shares no code with it."""

from pathlib import Path

import pytest

from driver.decisions import ask_each
from machine.intents import Approve, EditText
from machine.row import Row
from tests.driver.desk import Desk
from tests.driver.expected_site import WentIn, expected
from tests.driver.painted import SIZE, likeness, paint
from tests.driver.site_kinds import Kind, files_of, lines_of, website_on
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb

MANY, FEW = 100, 6
KEYWORDS = ("harbour", "crane", "quay", "dusk", "water", "tug")
SERIES = "Harbour_at_dusk_Rotterdam_Travel_Photography_Canon_EOS_R5_2008"
FAR = 6.0
"""No published picture is further from its photo than this; two photos are ten times as far."""


@pytest.fixture(autouse=True)
def small_thumbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thumbs that are smaller than these small photos; and the passwords."""
    monkeypatch.setenv("PHOTOJOURNAL_RESIZE_THUMB", "24x16")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)


def photographed(number: int) -> WentIn:
    """Return what is known of a photo and what its photographer writes, signs of all kinds."""
    return WentIn(
        name=f"{SERIES}_{number:03d}.JPG",
        taken=f"2008:05:02 10:{number // 60:02d}:{number % 60:02d}",
        size=SIZE,
        caption=f"Crane {number} at the “old” quay, Zürich's 5 o’clock ferry; 50 % more ⚓",
        alt_text=f"Two cranes & a tug beside quay {number} \\ as seen from C:\\boat",
        keywords=KEYWORDS,
    )


def take_in(desk: Desk, went_in: list[WentIn]) -> list[Path]:
    """Bring photos to the point where they can be published; return their files."""
    photos = [
        paint(desk.inbox / f"{n:03d}.jpg", n, one.taken, one.size)
        for n, one in enumerate(went_in, 1)
    ]
    desk.ingest(*photos)
    desk.work()

    def texts(row: Row) -> list[EditText | Approve]:
        one = went_in[row.happened.row - 1]
        text = EditText(
            caption=one.caption, alt_text=one.alt_text, keywords=one.keywords, by="anna"
        )
        return [text, Approve()]

    with desk.program("edit", effects=False) as program:
        answers = ask_each(program.shell, range(1, len(went_in) + 1), texts)
    assert {"done"} == {one.outcome for one in answers}, answers
    return photos


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
        ("pyftpdlib", MANY),
        ("pyftpdlib tls", FEW),
        ("vsftpd", FEW),
        ("vsftpd tls", FEW),
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
        sent, stopped = desk.publish()
        assert (count, None) == ([one.outcome for one in sent].count("published"), stopped), sent
        files = as_expected(website, went_in)
        for one, photo in zip(went_in, photos, strict=True):
            for path in (f"2008/travel/{one.name}", f"2008/thumbs/travel/{one.name}"):
                assert likeness(files[path], photo) < FAR
                assert one.caption.encode() in files[path]
