"""
Is a file that holds a secret its user's alone?

Not promised: anything on Windows, where that cannot be told from a file's mode; there the rights of
the folder count.
"""

import os
import shlex
import stat
import sys
from pathlib import Path

PRIVATE = stat.S_IRUSR | stat.S_IWUSR
"""The mode 0600."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def exposed(path: Path, found: os.stat_result) -> tuple[str, str] | None:
    """
    Say what is wrong with who may read or change a secret, and the command that mends it.

    Args:
        path: the file, for the words.
        found: what `fstat` says about the file once it is open.

    Returns:
        None where it belongs to this user and is closed to all others.
    """
    if sys.platform == "win32":
        return None
    if found.st_uid != os.geteuid():
        return f"{path} belongs to another user", f"chown $(id -un) {shlex.quote(str(path))}"
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        words = f"{path} can be read or changed by others: mode {mode:04o}"
        return words, f"chmod 600 {shlex.quote(str(path))}"
    return None
