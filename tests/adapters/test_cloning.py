"""A copy is the same bytes in a file of its own, whether the disk can share blocks or not."""

import os
import time
from pathlib import Path

import pytest

from adapters.cloning import can_clone, clone, copy_synced, make_own


def test_a_copy_goes_its_own_way(tmp_path: Path) -> None:
    """Never a hard link: what is written into the original is not in the copy."""
    source, target = tmp_path / "source", tmp_path / "target"
    data = bytes(range(256)) * 20_000
    source.write_bytes(data)
    with source.open("rb") as file:
        copy_synced(file, target)
    assert data == target.read_bytes()
    assert source.stat().st_ino != target.stat().st_ino
    with source.open("r+b") as file:
        file.write(b"changed")
    assert data == target.read_bytes()


def test_a_clone_is_whole_or_leaves_nothing_behind(tmp_path: Path) -> None:
    """What says no has made no file, so that the caller can copy."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"x" * 100_000)
    with source.open("rb") as file:
        cloned = clone(file, target)
    assert cloned == target.exists() == can_clone(source, tmp_path)
    if cloned:
        assert source.read_bytes() == target.read_bytes()
    assert {"source", *(["target"] if cloned else [])} == {one.name for one in tmp_path.iterdir()}


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    """The caller gives a fresh name."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    with source.open("rb") as file, pytest.raises(FileExistsError):
        copy_synced(file, target)
    assert b"old" == target.read_bytes()


def test_a_clone_that_is_read_only_and_old_becomes_our_own(tmp_path: Path) -> None:
    """As macOS makes it: it has to be synced, and it is as young as it is."""
    target = tmp_path / "target"
    target.write_bytes(b"cloned")
    os.utime(target, (0, 0))
    target.chmod(0o444)
    make_own(target)
    assert target.stat().st_mode & 0o200
    assert time.time() - target.stat().st_mtime < 60
