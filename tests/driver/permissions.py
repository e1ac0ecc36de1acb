"""Permissions that count for root, too: without them, root lists and reads everything."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_VERSION_3 = 0x20080522
_OVERRIDES = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capabilities(7))."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Let nobody list a folder, this thread of root included."""
    if sys.platform == "win32":
        pytest.skip("needs POSIX permissions")
    folder.chmod(0)
    try:
        with _without_overrides():
            yield folder
    finally:
        folder.chmod(0o700)


@contextlib.contextmanager
def _without_overrides() -> Iterator[None]:
    if sys.platform != "linux" or os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, caps = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, caps):
        pytest.skip("capabilities cannot be read")
    before = caps[0]
    caps[0] = before & ~_OVERRIDES
    libc.capset(header, caps)
    try:
        yield
    finally:
        caps[0] = before
        libc.capset(header, caps)
