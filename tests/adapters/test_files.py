"""Files are whole and durable, or they are not there."""

import os
import sys
import time
from pathlib import Path

import pytest

from adapters import files
from adapters.errors import AdapterError
from tests.adapters.crashing import points_of, run_snippet, was_killed

HELLO_SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_a_write_replaces_the_whole_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    """The target holds the new bytes; its folder was made; no temporary is left."""
    target = tmp_path / "new" / "folder" / "photo.jpg"
    files.write_atomically(target, b"a longer first version")
    files.write_atomically(target, b"second")
    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]


def test_every_crash_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Killed at any point of a write, the target is never half; writing again mends all."""
    target = tmp_path / "photo.jpg"
    old, new = b"old" * 1000, b"new" * 1000
    code = f"""
        from pathlib import Path
        from adapters.files import write_atomically
        write_atomically(Path({str(target)!r}), b"new" * 1000)
    """
    target.write_bytes(old)
    points = points_of(code, tmp_path / "log")
    assert "files.write.half_written:1" in points
    for point in points:
        target.write_bytes(old)
        assert was_killed(run_snippet(code, crash_at=point))
        assert target.read_bytes() in (old, new)
        files.write_atomically(target, new)
        assert target.read_bytes() == new
        files.sweep_temporaries(tmp_path, older_than_s=0)
        assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no folder fsync")
def test_a_rename_stands_between_two_fsyncs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes are on the disk before the name is, and the name before the caller hears of it."""
    seen = list[tuple[str, int]]()
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(descriptor: int) -> None:
        fsync(descriptor)
        seen.append(("fsync", os.fstat(descriptor).st_ino))

    def recorded_replace(source: Path, target: Path) -> None:
        seen.append(("rename", source.stat().st_ino))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    target = tmp_path / "photo.jpg"
    files.write_atomically(target, b"bytes")
    file, folder = target.stat().st_ino, tmp_path.stat().st_ino
    assert seen == [("fsync", file), ("rename", file), ("fsync", folder)]


def test_new_folders_are_made_durable_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in a folder that a power cut takes away is no durable file."""
    synced = list[Path]()
    monkeypatch.setattr(files, "sync_folder", synced.append)
    files.make_folder(tmp_path / "a" / "b")
    assert synced == [tmp_path, tmp_path / "a"]


def test_a_file_in_place_of_the_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    """What keeps a file from being written is told by its code, and leaves nothing behind."""
    (tmp_path / "site").write_bytes(b"I am a file")
    with pytest.raises(AdapterError) as caught:
        files.write_atomically(tmp_path / "site" / "photo.jpg", b"bytes")
    assert caught.value.code == "WriteFailed"


def test_a_full_disk_keeps_the_old_file(tiny_disk: Path) -> None:
    """`DiskLow`, the target as it was, the half temporary gone."""
    target = tiny_disk / "photo.jpg"
    files.write_atomically(target, b"old")
    with pytest.raises(AdapterError) as caught:
        files.write_atomically(target, b"x" * (1 << 20))
    assert caught.value.code == "DiskLow"
    assert target.read_bytes() == b"old"
    assert list(tiny_disk.iterdir()) == [target]


def test_a_read_only_disk_is_told(read_only_disk: Path) -> None:
    """`WriteFailed` with the system's reason."""
    with pytest.raises(AdapterError) as caught:
        files.write_atomically(read_only_disk / "photo.jpg", b"bytes")
    assert caught.value.code == "WriteFailed"
    assert "Read-only file system" in caught.value.detail


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    """`WriteFailed`, the old file as it was."""
    target = tmp_path / "site" / "photo.jpg"
    files.write_atomically(target, b"old")
    target.parent.chmod(0o500)
    try:
        if os.access(target.parent, os.W_OK):
            pytest.skip("permissions do not bind this user")
        with pytest.raises(AdapterError) as caught:
            files.write_atomically(target, b"new")
    finally:
        target.parent.chmod(0o700)
    assert caught.value.code == "WriteFailed"
    assert target.read_bytes() == b"old"


def test_reading_an_original_checks_its_bytes(tmp_path: Path) -> None:
    """Gone, changed and unreadable are three different things to mend."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"hello")
    assert files.sha256_of(path) == HELLO_SHA256
    assert files.read_verified(path, HELLO_SHA256) == b"hello"
    path.write_bytes(b"Hello")
    wrong = {path: "OriginalChanged", tmp_path / "no.jpg": "OriginalMissing", tmp_path: ""}
    wrong[tmp_path] = "OriginalUnreadable"
    for one, code in wrong.items():
        with pytest.raises(AdapterError) as caught:
            files.read_verified(one, HELLO_SHA256)
        assert caught.value.code == code
        assert str(tmp_path) not in caught.value.detail


def test_only_old_temporaries_of_ours_are_swept(tmp_path: Path) -> None:
    """Young ones may belong to a living process; other people's files are none of our business."""
    folder = tmp_path / "2008"
    folder.mkdir()
    old = folder / ".photojournal-0123.tmp"
    young = folder / ".photojournal-4567.tmp"
    foreign = folder / "holiday.tmp"
    for path in (old, young, foreign):
        path.write_bytes(b"x")
    long_ago = time.time() - 2 * files.SWEEP_AGE_S
    for path in (old, foreign):
        os.utime(path, (long_ago, long_ago))
    assert files.sweep_temporaries(tmp_path) == (old,)
    assert sorted(folder.iterdir()) == [young, foreign]
