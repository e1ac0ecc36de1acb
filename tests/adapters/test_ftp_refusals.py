"""
A server that refuses one question, one path or the whole account: each is told from the others.

A refusal to a question is no proof that nothing stands there.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.errors import AdapterError
from adapters.ftp_files import FtpFiles
from tests.adapters.ftp_gallery import Hands, files_on
from tests.adapters.gallery_contract import (
    FOREIGN,
    NEW,
    OLD,
    TEMPORARY,
    WEB,
    put,
    remove,
    sha256,
)
from tests.servers import ftp
from tests.servers.ftp import Trouble, TroubledServer

LOGGED_OUT = Trouble(reply="530 Please login with USER and PASS.")
REFUSED = Trouble(reply="550 Permission denied.")
LASTING = 99


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TroubledServer]:
    with ftp.serving(tmp_path / "ftp") as server:
        yield server


@pytest.fixture
def gallery(server: TroubledServer) -> Iterator[FtpFiles]:
    files = files_on(server.port, timeout_s=5.0)
    yield files
    files.close()


@pytest.fixture
def outside(server: TroubledServer) -> Hands:
    return Hands(server.root)


def code_of_failure(gallery: FtpFiles, action: str) -> str:
    """Put or remove NEW, which fails; return the code."""
    with pytest.raises(AdapterError) as caught:
        _ = gallery.put_file(put(NEW), NEW) if action == "put" else gallery.remove_file(remove(NEW))
    return caught.value.code


@pytest.mark.parametrize("action", ["put", "remove"])
@pytest.mark.parametrize("commands", [("SIZE",), ("SIZE", "CWD", "MLSD", "LIST", "RMD")])
def test_who_is_logged_out_does_not_take_the_gallery_for_empty(
    server: TroubledServer,
    gallery: FtpFiles,
    outside: Hands,
    commands: tuple[str, ...],
    action: str,
) -> None:
    """`PublishRefused`: a stranger's picture stays, and no removal is told that was not done."""
    outside.write(WEB, FOREIGN)
    gallery.look(WEB)
    for command in commands:
        server.trouble(command, *[LOGGED_OUT] * LASTING)
    assert code_of_failure(gallery, action) == "PublishRefused"
    assert (outside.read(WEB), outside.targets()) == (FOREIGN, [WEB])


def test_a_session_that_has_expired_is_not_spoken_in_again(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """After a 530, the next question comes with a new login."""
    outside.write(WEB, NEW)
    server.trouble("SIZE", LOGGED_OUT)
    assert code_of_failure(gallery, "remove") == "PublishRefused"
    assert gallery.remove_file(remove(NEW)).outcome == "done"
    assert server.commands.count("PASS") == 2


@pytest.mark.parametrize("lacks", [(), ("MLSD", "MLST")])
@pytest.mark.parametrize("style", ["unix", "odd"])
def test_a_refused_size_hides_no_picture(
    tmp_path: Path, lacks: tuple[str, ...], style: str
) -> None:
    """550 to SIZE: the folder's listing tells that something stands there, and it is left alone."""
    with ftp.serving(tmp_path / "ftp", lacks=lacks) as server:
        server.list_style = style
        gallery, outside = files_on(server.port), Hands(server.root)
        outside.write(WEB, FOREIGN)
        server.trouble("SIZE", *[REFUSED] * LASTING)
        assert gallery.put_file(put(NEW), NEW).outcome == "changed"
        assert gallery.remove_file(remove(NEW)).outcome == "changed"
        assert (outside.read(WEB), outside.targets()) == (FOREIGN, [WEB])
        gallery.close()


def test_a_removal_is_done_though_size_is_refused(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """done, not `already` with the picture still there."""
    outside.write(WEB, NEW)
    server.trouble("SIZE", *[REFUSED] * LASTING)
    assert gallery.look(WEB) == sha256(NEW)
    assert gallery.remove_file(remove(NEW)).outcome == "done"
    assert outside.targets() == []


def test_an_old_picture_aside_is_found_though_its_size_is_refused(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """Else it would stay beside the new one for ever."""
    aside = TEMPORARY.replace("/.", "/.old-")
    outside.write(aside, OLD)
    server.trouble("SIZE", REFUSED)
    assert gallery.put_file(put(NEW, over=OLD), NEW).outcome == "done"
    assert (outside.read(WEB), outside.targets()) == (NEW, [WEB])


@pytest.mark.parametrize("command", ["CWD", "MLSD"])
def test_what_cannot_be_listed_is_not_taken_for_absent(
    server: TroubledServer, gallery: FtpFiles, outside: Hands, command: str
) -> None:
    """`PublishRefused`, whatever is refused: entering the folder or listing it."""
    outside.write(WEB, FOREIGN)
    server.trouble("SIZE", *[REFUSED] * LASTING)
    server.trouble(command, *[REFUSED] * LASTING)
    assert code_of_failure(gallery, "put") == "PublishRefused"
    assert code_of_failure(gallery, "remove") == "PublishRefused"
    with pytest.raises(AdapterError) as caught:
        list(gallery.files())
    assert caught.value.code == "PublishRefused"
    assert (outside.read(WEB), outside.targets()) == (FOREIGN, [WEB])


def test_a_new_picture_costs_few_questions(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """Its folder is listed once, and never those above it."""
    outside.write("2008/harbour/neighbour.jpg", FOREIGN)
    gallery.look(WEB)
    server.commands.clear()
    assert gallery.put_file(put(NEW), NEW).outcome == "done"
    asked = [line.split()[0] for line in server.commands]
    assert asked.count("MLSD") == 1
    assert len(asked) <= 14, asked


def test_an_account_that_may_make_no_folder_is_found_by_the_check(tmp_path: Path) -> None:
    """And not only at the first picture of the next year; the words say what is refused."""
    permissions = ftp.MAY_ALL.replace("m", "")
    with ftp.serving(tmp_path / "ftp", permissions=permissions) as server:
        gallery = files_on(server.port)
        probe = gallery.check()
        assert not probe.ok
        assert "make the folder" in probe.detail
        with pytest.raises(AdapterError, match="make the folder 2008") as caught:
            gallery.put_file(put(NEW), NEW)
        assert caught.value.code == "PublishRefused"
        assert list(server.root.iterdir()) == []
        gallery.close()


def test_an_account_that_may_remove_no_folder_is_found_by_the_check(
    server: TroubledServer, gallery: FtpFiles
) -> None:
    """Else every trial and every withdrawal would leave one."""
    server.trouble("RMD", *[REFUSED] * LASTING)
    probe = gallery.check()
    assert not probe.ok
    assert "RMD" in probe.detail


@pytest.mark.parametrize("before", ["STOR", "RNFR", "MKD"])
def test_a_folder_that_another_publisher_tidied_away_may_be_made_again(
    server: TroubledServer, gallery: FtpFiles, outside: Hands, before: str
) -> None:
    """`PublishFailed`: the next try makes it."""

    def tidy(line: str) -> None:
        if line.startswith(before) and "harbour" in line:
            shutil.rmtree(outside.root / "2008")
            server.on_command = lambda _line: None

    server.on_command = tidy
    assert code_of_failure(gallery, "put") == "PublishFailed"
    assert gallery.put_file(put(NEW), NEW).outcome == "done"
    assert outside.targets() == [WEB]


def test_a_check_leaves_alone_what_another_one_is_trying(
    server: TroubledServer, gallery: FtpFiles
) -> None:
    """Two workspaces may try the same gallery out at the same moment; both find it well."""
    found: list[bool] = []

    def sent(_: int) -> None:
        found.append(gallery.check().ok)

    other = FtpFiles(gallery.server, sent, workspace="theirs")
    assert other.check().ok
    assert found
    assert all(found)
    assert list(server.root.iterdir()) == []
    other.close()


@pytest.mark.parametrize("command", ["STOR", "RNTO", "MKD", "RETR"])
def test_a_path_that_is_refused_alone_is_the_row_s_affair(
    server: TroubledServer, gallery: FtpFiles, outside: Hands, command: str
) -> None:
    """impossible: a trial elsewhere shows that the account is well, so other rows may go on."""
    server.trouble(command, REFUSED)
    report = gallery.put_file(put(NEW), NEW)
    assert report.outcome == "impossible"
    assert "550 Permission denied." in report.detail
    assert outside.targets() == []


@pytest.mark.parametrize("command", ["STOR", "RNTO", "MKD", "RETR"])
def test_a_path_that_is_refused_like_every_other_is_the_gallery_s_affair(
    server: TroubledServer, gallery: FtpFiles, outside: Hands, command: str
) -> None:
    """`PublishRefused`, of which the words are those about the path, not about the trial."""
    server.trouble(command, *[REFUSED] * LASTING)
    with pytest.raises(AdapterError) as caught:
        gallery.put_file(put(NEW), NEW)
    assert caught.value.code == "PublishRefused"
    assert "probe" not in caught.value.detail
    assert outside.targets() == []


def test_a_picture_that_may_not_be_removed_does_not_keep_the_others(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """impossible, and it stays."""
    outside.write(WEB, NEW)
    server.trouble("DELE", REFUSED)
    assert gallery.remove_file(remove(NEW)).outcome == "impossible"
    assert outside.targets() == [WEB]


def test_a_folder_that_may_not_be_entered_does_not_keep_the_others(
    server: TroubledServer, gallery: FtpFiles, outside: Hands
) -> None:
    """impossible: the words name the folder."""
    outside.write(WEB, FOREIGN)
    server.trouble("SIZE", REFUSED)
    server.trouble("CWD", *[REFUSED] * 2, Trouble(), *[REFUSED] * 2)
    report = gallery.put_file(put(NEW), NEW)
    assert report.outcome == "impossible"
    assert "enter the folder" in report.detail
    assert outside.targets() == [WEB]
