"""A program that is killed while it publishes by FTP: what the server is left with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ftp_files import FtpFiles
from tests.adapters.crashing import points_of, run_snippet, was_killed
from tests.adapters.ftp_gallery import Hands, files_on
from tests.adapters.gallery_contract import NEW, OLD, WEB, put, remove
from tests.servers import ftp
from tests.servers.ftp import TroubledServer

CRASH = """
    from tests.adapters.ftp_gallery import files_on
    from tests.adapters.gallery_contract import *
    gallery = files_on({port})
    report = {call}
    assert report.outcome in ("done", "already"), report
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TroubledServer]:
    with ftp.serving(tmp_path / "ftp") as server:
        yield server


@pytest.fixture
def gallery(server: TroubledServer) -> Iterator[FtpFiles]:
    files = files_on(server.port)
    yield files
    files.close()


def begin(root: Path, before: bytes) -> None:
    for one in root.iterdir():
        shutil.rmtree(one)
    if before:
        Hands(root).write(WEB, before)


@pytest.mark.parametrize(
    ("before", "renames_over"),
    [
        pytest.param(b"", True, marks=pytest.mark.soak),
        pytest.param(OLD, True, marks=pytest.mark.soak),
        (OLD, False),
    ],
)
def test_no_crash_of_a_put_leaves_anything_half(
    server: TroubledServer, gallery: FtpFiles, tmp_path: Path, before: bytes, renames_over: bool
) -> None:
    """
    Killed at any point: the old file or the new one, or the old one aside; again: the new one.

    And taken back instead: the old one. Nothing else stands there after either.
    """
    server.renames_over = renames_over
    outside = Hands(server.root)
    call = f"gallery.put_file(put(NEW, over={before!r}), NEW)"
    code = CRASH.format(port=server.port, call=call)
    begin(server.root, before)
    points = points_of(code, tmp_path / "log")
    assert ("gallery.put_file.after_aside:1" in points) is not renames_over
    for point in points:
        begin(server.root, before)
        assert was_killed(run_snippet(code, crash_at=point))
        if not point.startswith("gallery.put_file.after_aside"):
            assert outside.read(WEB) in (before or None, NEW)
        left = shutil.copytree(server.root, tmp_path / "left" / point.replace(":", "_"))
        assert gallery.put_file(put(NEW, over=before), NEW).outcome in ("done", "already"), point
        assert (outside.read(WEB), outside.targets()) == (NEW, [WEB])
        if before:
            begin(server.root, b"")
            shutil.copytree(left, server.root, dirs_exist_ok=True)
            report = gallery.put_file(put(before, over=NEW), before)
            assert report.outcome in ("done", "already"), point
            assert (outside.read(WEB), outside.targets()) == (before, [WEB])


def test_no_crash_of_a_removal_leaves_anything_half(
    server: TroubledServer, gallery: FtpFiles, tmp_path: Path
) -> None:
    """Killed at any point: the file is there or not; again: neither file nor folder is."""
    code = CRASH.format(port=server.port, call="gallery.remove_file(remove(NEW))")
    gallery.put_file(put(NEW), NEW)
    for point in points_of(code, tmp_path / "log"):
        gallery.put_file(put(NEW), NEW)
        assert was_killed(run_snippet(code, crash_at=point))
        assert gallery.remove_file(remove(NEW)).outcome in ("done", "already")
        assert list(server.root.iterdir()) == []
