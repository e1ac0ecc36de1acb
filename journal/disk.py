"""
What the journal asks the disk: free space, its kind, and to keep a new name.

Knows the network file systems by name on Linux and asks Windows for the kind of drive; elsewhere it
is best effort (macOS: the output of `mount`). The Windows and macOS parts were written but not run.
"""

import errno
import os
import shutil
import sys
from pathlib import Path

NETWORK = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "fhgfs",
        "fuse.ceph", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
        "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "smb2", "smb3",
        "smbfs", "webdav",
    }
)  # fmt: skip
"""Where WAL's shared memory or the locks do not hold. `9p`: the Windows disks of WSL 2."""

_DRIVE_REMOTE = 4


def free_bytes(folder: str | os.PathLike[str]) -> int:
    """Return the bytes that this user can still write on the disk of `folder`."""
    return shutil.disk_usage(folder).free


def network_file_system(folder: Path) -> str:
    """Return the name of the network file system that `folder` lies on, else the empty string."""
    folder = folder.resolve()
    if sys.platform == "win32":
        import ctypes

        remote = ctypes.windll.kernel32.GetDriveTypeW(f"{folder.drive}\\") == _DRIVE_REMOTE
        return "a network drive" if remote or folder.drive.startswith("\\\\") else ""
    kind = _kind_of(folder, _mounts())
    return kind if kind in NETWORK else ""


def sync_folder(folder: Path) -> None:
    """
    Make new and renamed files in `folder` survive a power cut; Windows has no call for it.

    Some network and FUSE file systems, where backups may lie, cannot sync a folder.
    """
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
                raise
        finally:
            os.close(descriptor)


def _mounts() -> list[tuple[str, str]]:
    """Return (mount point, file system) of everything that is mounted, as far as it is known."""
    table = Path("/proc/self/mounts")
    if table.exists():
        lines = [
            line.split(" ") for line in table.read_text("utf-8", "surrogateescape").split("\n")
        ]
        return [(_unescape(line[1]), line[2]) for line in lines if len(line) > 2]  # noqa: PLR2004
    import subprocess

    try:
        answer = subprocess.run(
            ["/sbin/mount"], capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return []
    # `server:/export on /Volumes/x (nfs, asynchronous)`
    parts = [line.partition(" on ")[2].rpartition(" (") for line in answer.stdout.splitlines()]
    return [(point, kind.split(",")[0].rstrip(")")) for point, _, kind in parts]


def _unescape(point: str) -> str:
    """Undo the octal escapes of blanks, tabs, newlines and backslashes."""
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, sign)
    return point


def _kind_of(folder: Path, mounts: list[tuple[str, str]]) -> str:
    """Return the file system of the longest mount point above `folder`; the last one counts."""
    best, kind = "", ""
    for point, name in mounts:
        if len(point) >= len(best) and (folder == Path(point) or Path(point) in folder.parents):
            best, kind = point, name
    return kind
