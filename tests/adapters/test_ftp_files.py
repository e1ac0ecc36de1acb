"""Files on an FTP server keep every gallery's promises, on every kind of server."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.errors import AdapterError
from adapters.ftp_files import FtpFiles
from machine.values import Step
from tests.adapters.ftp_gallery import Hands, files_on
from tests.adapters.gallery_contract import FOREIGN, NEW, OLD, WEB, FileContract, put, remove
from tests.servers import ftp, vsftpd
from tests.servers.certificates import Certificate, certificate_for

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "tls": {},
    "subfolder": {},
    "no rename over files": {"offers": ("XSHA256",)},
    "bare": {"lacks": ("MLSD", "MLST", "SIZE", "FEAT", "OPTS")},
    "hash": {"offers": ("HASH", "XMD5")},
    "sha1": {"offers": ("XSHA1",)},
    "dos": {"lacks": ("MLSD", "MLST")},
    "odd": {"lacks": ("MLSD", "MLST")},
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for("localhost", tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=[*KINDS, "vsftpd", "vsftpd tls"])
def served(
    request: pytest.FixtureRequest, tmp_path: Path, certificate: Certificate
) -> Iterator[tuple[FtpFiles, Hands]]:
    kind = request.param
    secure: dict[str, Any] = {
        "host": "localhost",
        "tls": True,
        "ca_file": str(certificate.authority),
    }
    if kind.startswith("vsftpd"):
        tls = kind == "vsftpd tls"
        with vsftpd.serving(tmp_path, certificate.server if tls else None) as (port, site):
            settings = {"user": "anonymous", "remote_base": "/site"}
            files = files_on(port, **settings, **(secure if tls else {}))
            yield files, Hands(site, vsftpd.ACCOUNT)
            files.close()
        return
    tls = kind == "tls"
    pem = certificate.server if tls else None
    with ftp.serving(tmp_path / "ftp", certificate=pem, **KINDS[kind]) as server:
        server.renames_over = kind != "no rename over files"
        server.list_style = kind if kind in {"dos", "odd"} else "unix"
        base = "www/photos" if kind == "subfolder" else "/"
        files = files_on(server.port, remote_base=base, **(secure if tls else {}))
        yield files, Hands(server.root / base.strip("/"))
        files.close()


@pytest.fixture
def gallery(served: tuple[FtpFiles, Hands]) -> FtpFiles:
    return served[0]


@pytest.fixture
def outside(served: tuple[FtpFiles, Hands]) -> Hands:
    return served[1]


class TestFtpFiles(FileContract):
    """Every promise of the port about files."""


ODD_NAMES = [
    "2008/it's [one] of {two}, 100% & more; $HOME.jpg",
    "2008/-a.jpg",
    "2008/ leading space.jpg",
    "2008/København 灯台.jpg",
    "2008/213 5.jpg",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_a_name_whatever_it_holds(gallery: FtpFiles, outside: Hands, name: str) -> None:
    """Put, listed, replaced, recognised and removed; no sign in it means anything to a server."""
    assert gallery.put_file(put(OLD, target=name), OLD).outcome == "done"
    assert gallery.put_file(put(NEW, over=OLD, target=name), NEW).outcome == "done"
    assert gallery.put_file(put(NEW, over=OLD, target=name), NEW).outcome == "already"
    assert (outside.read(name), list(gallery.files())) == (NEW, [(name, len(NEW))])
    sha256 = hashlib.sha256(NEW).hexdigest()
    step = Step(action="remove_file", target=name, sha256=sha256, expected=sha256)
    assert gallery.remove_file(step).outcome == "done"
    assert outside.targets() == []


def test_no_line_break_becomes_a_command(gallery: FtpFiles, outside: Hands) -> None:
    """A name with a second line is refused before anything is sent."""
    outside.write(WEB, FOREIGN)
    name = f"x\r\nDELE {WEB}"
    assert gallery.put_file(put(NEW, target=name), NEW).outcome == "impossible"
    with pytest.raises(ValueError, match="not a path"):
        gallery.look(name)
    with pytest.raises(ValueError, match="not a path"):
        gallery.fetch(name)
    assert outside.targets() == [WEB]


def test_a_folder_at_the_target_is_left_alone(gallery: FtpFiles, outside: Hands) -> None:
    """changed, by whatever the server tells of it."""
    outside.write(f"{WEB}/inside.jpg", NEW)
    assert gallery.put_file(put(NEW), NEW).outcome == "changed"
    assert gallery.remove_file(remove(NEW)).outcome == "changed"
    with pytest.raises(AdapterError) as caught:
        gallery.look(WEB)
    assert caught.value.code == "TargetChanged"
    assert outside.targets() == [f"{WEB}/inside.jpg"]


@pytest.mark.parametrize(
    "served", ["plain", "tls", "no rename over files", "bare", "vsftpd"], indirect=True
)
def test_a_link_at_the_target_is_left_alone(gallery: FtpFiles, outside: Hands) -> None:
    """changed, even if it leads to the right bytes; nor is it listed as a file of its own."""
    if sys.platform == "win32":
        pytest.skip("links need a privilege there")
    outside.write("elsewhere.jpg", NEW)
    outside.write("2008/harbour/beside.jpg", NEW)
    (outside.root / WEB).symlink_to("../../elsewhere.jpg")
    assert gallery.put_file(put(NEW), NEW).outcome == "changed"
    assert gallery.remove_file(remove(NEW)).outcome == "changed"
    assert (outside.root / WEB).is_symlink()


@pytest.mark.parametrize("served", ["plain", "bare", "vsftpd"], indirect=True)
def test_folders_that_lead_in_a_circle_are_listed_once(gallery: FtpFiles, outside: Hands) -> None:
    """A server that follows links does not keep us for ever."""
    if sys.platform == "win32":
        pytest.skip("links need a privilege there")
    outside.write("2008/a.jpg", NEW)
    (outside.root / "2008" / "again").symlink_to("../2008")
    assert list(gallery.files()) == [("2008/a.jpg", len(NEW))]


def test_a_file_where_a_folder_must_be_makes_the_step_impossible(
    gallery: FtpFiles, outside: Hands
) -> None:
    """A report for a person, not an error that is tried for ever."""
    outside.write("2008", FOREIGN)
    report = gallery.put_file(put(NEW), NEW)
    assert (report.outcome, bool(report.detail)) == ("impossible", True)
    assert gallery.remove_file(remove(NEW)).outcome == "already"
    assert outside.targets() == ["2008"]


def test_empty_folders_go_with_the_last_picture(gallery: FtpFiles, outside: Hands) -> None:
    """Withdrawing everything leaves no tree of empty years; the gallery's own folder stays."""
    gallery.put_file(put(NEW), NEW)
    gallery.remove_file(remove(NEW))
    assert list(outside.root.iterdir()) == []
    gallery.put_file(put(NEW), NEW)
    (outside.root / WEB).unlink()
    assert gallery.remove_file(remove(NEW)).outcome == "already"
    assert list(outside.root.iterdir()) == []


def test_a_check_tries_all_and_leaves_nothing(gallery: FtpFiles, outside: Hands) -> None:
    """Before the first publication and after it; it says how the server is spoken to."""
    probe = gallery.check()
    assert probe.ok, probe.detail
    assert ("no TLS" in probe.detail) is not gallery.server.tls
    assert outside.targets() == []


@pytest.mark.parametrize("served", ["plain", "tls", "bare", "vsftpd"], indirect=True)
def test_a_folder_that_is_not_there_may_be_misspelt(gallery: FtpFiles, outside: Hands) -> None:
    """A check says so and does not leave it behind; once a photo made it, nothing is said."""
    base = f"{gallery.server.remote_base.rstrip('/')}/wwww/photos"
    misspelt = FtpFiles(msgspec.structs.replace(gallery.server, remote_base=base))
    for _ in range(2):
        probe = misspelt.check()
        assert (probe.ok, f"the folder {base} was not there" in probe.warning) == (True, True)
        assert "remote_base" in probe.hint
        assert list(outside.root.iterdir()) == []
    misspelt.put_file(put(NEW), NEW)
    probe = misspelt.check()
    assert (probe.ok, probe.warning, outside.targets()) == (True, "", [f"wwww/photos/{WEB}"])
    misspelt.close()


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    """All of the picture, in more than one piece, and nothing for what needs no sending."""
    sent: list[int] = []
    big = b"picture" * 50_000
    with ftp.serving(tmp_path / "ftp") as server:
        gallery = FtpFiles(files_on(server.port).server, sent.append)
        gallery.put_file(put(big), big)
        assert sum(sent) == len(big)
        assert len(sent) > 2
        gallery.put_file(put(big), big)
        gallery.close()
    assert sum(sent) == len(big)


@pytest.mark.parametrize("tls", [False, True])
def test_one_connection_serves_many_pictures(
    tmp_path: Path, certificate: Certificate, tls: bool
) -> None:
    """Logging in is not done again for every file."""
    pem = certificate.server if tls else None
    with ftp.serving(tmp_path / "ftp", certificate=pem) as server:
        gallery = files_on(
            server.port, host="localhost", tls=tls, ca_file=str(certificate.authority)
        )
        for number in range(3):
            gallery.put_file(put(NEW, target=f"2008/{number}.jpg"), NEW)
        gallery.close()
        assert server.commands.count("PASS") == 1
