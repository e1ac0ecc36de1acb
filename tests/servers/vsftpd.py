"""
A real vsftpd on a private port: what stands on most Linux servers, with its own ways.

It has no MLSD, no hash, hides files that begin with a dot, and wants the data connections to resume
the TLS session of the control connection. It is started by root; `pytest.skip` says so elsewhere.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ACCOUNT = "daemon"
"""Whom uploads belong to. Its home folder has to be there: /usr/sbin is."""
_START_S = 10.0
_PLAIN = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
secure_chroot_dir={empty}
anonymous_enable=YES
no_anon_password=YES
local_enable=NO
ftp_username={account}
anon_root={root}
anon_world_readable_only=NO
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_umask=022
seccomp_sandbox=NO
xferlog_enable=NO
pasv_address=127.0.0.1
"""
_TLS = """
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=YES
ssl_ciphers=HIGH
rsa_cert_file={certificate}
"""


@contextlib.contextmanager
def serving(folder: Path, certificate: Path | None = None) -> Iterator[tuple[int, Path]]:
    """
    Serve `folder / "root"` to anybody; yield the port and the folder `site` below it.

    Only `site` may be written to; vsftpd refuses to run with a root that may be.
    """
    program = shutil.which("vsftpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if sys.platform != "linux" or os.geteuid() != 0 or program is None:
        pytest.skip("needs vsftpd, and root to start it")
    root, empty, config = folder / "root", folder / "empty", folder / "vsftpd.conf"
    site = root / "site"
    for one in (site, empty):
        one.mkdir(parents=True)
    shutil.chown(site, ACCOUNT)
    port = _free_port()
    text = _PLAIN.format(port=port, empty=empty, root=root, account=ACCOUNT)
    config.write_text(text.lstrip() + (_TLS.format(certificate=certificate) if certificate else ""))
    process = subprocess.Popen([program, str(config)], start_new_session=True)
    try:
        _wait_for(port, process)
        yield port, site
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        assert process.poll() is None, "vsftpd did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(_START_S / 200)
    msg = "vsftpd does not answer"
    raise AssertionError(msg)
