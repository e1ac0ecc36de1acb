"""
An FTP server that fails at any command: what it costs, and that nothing is lost or left over.

After every fault the old picture or the new one stands, and one more try ends in exactly one copy.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.errors import AdapterError
from adapters.ftp_files import FtpFiles
from machine.failures import FAILURES
from tests.adapters.ftp_gallery import Hands, files_on
from tests.adapters.gallery_contract import NEW, OLD, TEMPORARY, WEB, put, remove
from tests.servers import ftp, vsftpd
from tests.servers.ftp import Trouble, TroubledServer

BIG = b"a big picture" * 100_000
REFUSED = Trouble(reply="550 Permission denied.")
NONE = Trouble()


@pytest.fixture(params=["renames over", "does not rename over"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TroubledServer]:
    with ftp.serving(tmp_path / "ftp") as server:
        server.renames_over = request.param == "renames over"
        yield server


@pytest.fixture
def gallery(server: TroubledServer) -> Iterator[FtpFiles]:
    files = files_on(server.port, timeout_s=5.0)
    yield files
    files.close()


@pytest.fixture
def outside(server: TroubledServer) -> Hands:
    return Hands(server.root)


def failed(gallery: FtpFiles, data: bytes) -> str:
    """Put `data` over OLD, which fails; return the code."""
    with pytest.raises(AdapterError) as caught:
        gallery.put_file(put(data, over=OLD), data)
    assert caught.value.detail
    return caught.value.code


def ends_well(gallery: FtpFiles, outside: Hands, data: bytes = NEW) -> None:
    """One more try: the new picture, once, and nothing else."""
    assert gallery.put_file(put(data, over=OLD), data).outcome in ("done", "already")
    assert (outside.read(WEB), outside.targets()) == (data, [WEB])


COMMANDS = ("STOR", "RNFR", "RNTO", "RETR", "PASV", "SIZE")
REPLIES = [
    ("421 Service not available, closing.", "PublishFailed"),
    ("425 Can't open data connection.", "PublishFailed"),
    ("426 Connection closed; transfer aborted.", "PublishFailed"),
    ("450 File busy.", "PublishFailed"),
    ("451 Local error in processing.", "PublishFailed"),
    ("452 Insufficient storage space.", "RemoteFull"),
    ("530 Not logged in.", "PublishRefused"),
    ("532 Need account for storing files.", "PublishRefused"),
    ("552 Quota exceeded.", "RemoteFull"),
]


@pytest.mark.parametrize(("reply", "code"), REPLIES)
@pytest.mark.parametrize("command", ["STOR", "RNFR", "RETR", "PASV", "SIZE", "CWD", "MLSD"])
def test_a_refusal_costs_what_its_code_says(
    server: TroubledServer, gallery: FtpFiles, command: str, reply: str, code: str
) -> None:
    """Transient, or the stage pauses; the old picture stands and the temporary is gone."""
    outside = Hands(server.root)
    outside.write(WEB, OLD)
    server.trouble(command, *[Trouble(reply=reply)] * (2 if command == "PASV" else 1))
    assert failed(gallery, NEW) == code
    assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
    ends_well(gallery, outside)


@pytest.mark.parametrize("drop", ["before", "after"])
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("nth", [1, 2, 3, pytest.param(4, marks=pytest.mark.soak)])
def test_a_cut_line_may_pass(
    server: TroubledServer, gallery: FtpFiles, command: str, drop: str, nth: int
) -> None:
    """`PublishFailed`, whenever it is cut; one picture stands, and a second try finishes."""
    outside = Hands(server.root)
    outside.write(WEB, OLD)
    server.trouble(command, *[NONE] * (nth - 1), Trouble(drop=drop))
    code = ""
    try:
        gallery.put_file(put(NEW, over=OLD), NEW)
    except AdapterError as error:
        code = error.code
    assert code in ("", "PublishFailed")  # It need not come to an nth time.
    assert FAILURES["PublishFailed"].policy == "transient"
    server.forgive()
    assert outside.read(WEB) in (OLD, NEW)
    ends_well(gallery, outside)


def test_a_lost_answer_is_no_lost_picture(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """Renamed, and then the line is cut: the next try says `already`."""
    server.trouble("RNTO", Trouble(drop="after"))
    with pytest.raises(AdapterError):
        gallery.put_file(put(NEW), NEW)
    assert outside.read(WEB) == NEW
    assert gallery.put_file(put(NEW), NEW).outcome == "already"
    server.trouble("DELE", Trouble(drop="after"))
    with pytest.raises(AdapterError):
        gallery.remove_file(remove(NEW))
    assert gallery.remove_file(remove(NEW)).outcome == "already"
    assert list(outside.root.iterdir()) == []


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("552 Exceeded storage allocation.", "RemoteFull"),
        ("426 No space left on device; transfer aborted.", "RemoteFull"),
        ("426 Transfer aborted.", "PublishFailed"),
        ("", "PublishFailed"),
    ],
)
def test_an_upload_that_is_stopped_half_way_says_why(
    server: TroubledServer, gallery: FtpFiles, outside: Hands, reply: str, code: str
) -> None:
    """Full, aborted or cut: the server's own reason counts, and the half picture goes."""
    outside.write(WEB, OLD)
    server.stops_after, server.stops_with = len(BIG) // 3, reply
    assert failed(gallery, BIG) == code
    assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
    ends_well(gallery, outside, BIG)


def test_a_server_that_lies_about_the_size_is_not_believed(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """`PublishFailed`: neither before the rename nor after it does a wrong size pass."""
    outside.write(WEB, OLD)
    server.trouble("SIZE", NONE, NONE, Trouble(reply="213 5"))
    assert failed(gallery, NEW) == "PublishFailed"
    assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
    ends_well(gallery, outside)


@pytest.mark.parametrize("offers", [(), ("HASH",), ("XSHA256",), ("XSHA1",), ("XMD5",)])
def test_bytes_that_change_on_their_way_are_not_published(
    tmp_path: Path, offers: tuple[str, ...]
) -> None:
    """Of the right size, and wrong: found by the server's hash, or by reading back."""
    with ftp.serving(tmp_path / "ftp", offers=offers) as server:
        gallery, outside = files_on(server.port), Hands(server.root)
        outside.write(WEB, OLD)
        server.spoils = True
        assert failed(gallery, NEW) == "PublishFailed"
        assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
        assert ("RETR " in "".join(server.commands)) is (offers in {(), ("XSHA1",), ("XMD5",)})
        server.spoils = False
        ends_well(gallery, outside)
        gallery.close()


def test_reading_back_can_be_left_out(tmp_path: Path) -> None:
    """Nothing is downloaded where nothing stood; the size still counts."""
    with ftp.serving(tmp_path / "ftp") as server:
        gallery = files_on(server.port, read_back=False)
        assert gallery.put_file(put(NEW), NEW).outcome == "done"
        assert not any(line.startswith("RETR") for line in server.commands)
        gallery.close()


def test_a_name_that_the_server_does_not_take_is_the_row_s_affair(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """impossible: other rows may go on."""
    server.trouble("STOR", Trouble(reply="553 File name not allowed."))
    report = gallery.put_file(put(NEW), NEW)
    assert report.outcome == "impossible"
    assert "553 File name not allowed." in report.detail
    assert outside.targets() == []


def test_the_old_picture_comes_back_where_the_new_one_cannot_take_its_place(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """Stepped aside already, and then refused, or cut: it stands again when the try is over."""
    server.renames_over = False
    outside.write(WEB, OLD)
    server.trouble("RNTO", NONE, NONE, REFUSED)
    assert gallery.put_file(put(NEW, over=OLD), NEW).outcome == "impossible"
    assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
    server.trouble("RNTO", NONE, NONE, Trouble(drop="before"))
    failed(gallery, NEW)
    assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
    ends_well(gallery, outside)


def test_taking_a_step_back_finds_the_old_picture_aside(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """A run that died in the middle of a swap is undone as well as finished."""
    aside = TEMPORARY.replace("/.", "/.old-")
    for there in ((aside,), (aside, TEMPORARY), (aside, WEB)):
        for target in there:
            outside.write(target, NEW if target != aside else OLD)
        report = gallery.put_file(put(OLD, over=NEW), OLD)
        assert report.outcome == ("done" if WEB in there else "already")
        assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
        (outside.root / WEB).unlink()


def test_nothing_can_be_renamed_at_all(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """`PublishRefused`: the old picture has not moved."""
    outside.write(WEB, OLD)
    server.trouble("RNTO", *[REFUSED] * 99)
    assert failed(gallery, NEW) == "PublishRefused"
    assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])


def test_an_idle_connection_that_the_server_closed_is_opened_again(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """Nobody hears of it, whatever is asked next."""
    gallery.put_file(put(OLD), OLD)
    for ask in (
        lambda: gallery.put_file(put(NEW, over=OLD), NEW),
        lambda: gallery.look(WEB),
        lambda: gallery.fetch(WEB),
        lambda: list(gallery.files()),
        lambda: gallery.remove_file(remove(NEW)),
    ):
        server.hang_up()
        assert ask()
    assert outside.targets() == []


def test_a_connection_that_was_idle_for_long_is_asked_first(server: TroubledServer) -> None:
    """Routers forget idle connections without a word to either end."""
    gallery = files_on(server.port, timeout_s=1.0)
    gallery.look(WEB)
    assert "NOOP" not in server.commands
    for trouble in (NONE, Trouble(drop="before"), Trouble(drop="silent")):
        gallery._spoke_at -= 3600
        server.trouble("NOOP", trouble)
        assert gallery.look(WEB) is None
    assert (server.commands.count("NOOP"), server.commands.count("PASS")) == (3, 3)
    gallery.close()


def test_a_server_that_falls_silent_is_not_waited_for_for_ever(
    server: TroubledServer, outside: Hands
) -> None:
    """`PublishFailed` after the time limit, in the middle of anything."""
    outside.write(WEB, OLD)
    gallery = files_on(server.port, timeout_s=1.0)
    for command in ("SIZE", "STOR", "RNTO"):
        server.trouble(command, Trouble(drop="silent"))
        assert failed(gallery, NEW) == "PublishFailed"
        assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
    ends_well(gallery, outside)
    gallery.close()


def test_a_login_that_may_only_read_is_told(tmp_path: Path) -> None:
    """`PublishRefused` for what writes, and `check` says so; looking works."""
    with ftp.serving(tmp_path / "ftp", permissions=ftp.MAY_READ) as server:
        gallery, outside = files_on(server.port), Hands(server.root)
        outside.write(WEB, OLD)
        assert gallery.fetch(WEB) == OLD
        assert failed(gallery, NEW) == "PublishRefused"
        assert not gallery.check().ok
        with pytest.raises(AdapterError) as caught:
            gallery.remove_file(remove(OLD))
        assert caught.value.code == "PublishRefused"
        assert outside.targets() == [WEB]
        gallery.close()


def test_a_full_disk_that_the_server_does_not_tell_of_leaves_the_old_picture(
    tiny_disk: Path,
) -> None:
    """`PublishFailed`, for this server only says that it failed; the half picture is gone."""
    with ftp.serving(tiny_disk / "ftp") as server:
        gallery, outside = files_on(server.port), Hands(server.root)
        gallery.put_file(put(OLD), OLD)
        assert failed(gallery, BIG) == "PublishFailed"
        assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
        gallery.close()


def test_a_full_disk_is_known_by_what_vsftpd_says_of_it(tiny_disk: Path) -> None:
    """`RemoteFull`: 451, and not the reason; the old picture stands."""
    with vsftpd.serving(tiny_disk) as (port, site):
        gallery = files_on(port, user="anonymous", remote_base="/site")
        outside = Hands(site, vsftpd.ACCOUNT)
        gallery.put_file(put(OLD), OLD)
        assert failed(gallery, BIG) == "RemoteFull"
        assert (outside.read(WEB), outside.targets()) == (OLD, [WEB])
        gallery.close()


def test_a_server_that_tells_no_size_at_all_is_refused(tmp_path: Path) -> None:
    """`PublishRefused`, rather than a guess; what was uploaded to find out is gone again."""
    with ftp.serving(tmp_path / "ftp", lacks=("SIZE", "MLSD", "MLST")) as server:
        server.list_style = "odd"
        gallery = files_on(server.port)
        with pytest.raises(AdapterError) as caught:
            gallery.put_file(put(NEW), NEW)
        assert caught.value.code == "PublishRefused"
        assert Hands(server.root).targets() == []
        gallery.close()


@pytest.mark.parametrize("command", ["STOR", "RNFR", "RNTO", "DELE", "RETR", "SIZE", "MKD", "RMD"])
@pytest.mark.parametrize("before", [0, 1, pytest.param(2, marks=pytest.mark.soak)])
def test_a_check_that_fails_leaves_nothing(
    gallery: FtpFiles, server: TroubledServer, outside: Hands, command: str, before: int
) -> None:
    """At once after a line that broke once; where it broke for good, the next check sweeps."""
    for broken in (Trouble(drop="before"), Trouble(drop="after")):
        server.trouble(command, *[NONE] * before, broken)
        gallery.check()
        assert list(outside.root.iterdir()) == []
        server.trouble(command, *[NONE] * before, *[broken] * 99)
        gallery.check()
        server.forgive()
        assert gallery.check().ok
        assert list(outside.root.iterdir()) == []
