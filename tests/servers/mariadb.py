"""
A real MariaDB of the tests' own: private port, socket and folder; it can be killed and come back.

Databases are made one a test, so that nothing is left of the one before. Nothing of it is durable
beyond the test run, but everything is as durable as MariaDB makes it: a kill is a kill.
"""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

START_S = 60.0
USER, PASSWORD = "anna", "hunter2'ø\"\\"
_NUMBERS = itertools.count(1)


class MariaDb:
    """One server with its own folder; `query` is its root, by the socket in that folder."""

    def __init__(self, folder: Path) -> None:
        """Install the system tables; nothing runs yet."""
        self.folder = folder
        self.port = 0
        """From the first start on; a port that is chosen earlier may be another's by then."""
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        install = [_program("mariadb-install-db"), "--no-defaults", *self._options()]
        install += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        environment = {**os.environ, "TMPDIR": str(folder)}  # Others may install beside us.
        done = subprocess.run(install, check=False, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)

    def start(self, *options: str) -> None:
        """Start it on the same port and folder as ever, and wait until it answers."""
        self.port = self.port or _free_port()
        command = [_program("mariadbd"), "--no-defaults", *self._options()]
        command += [f"--port={self.port}", f"--socket={self._socket}", "--bind-address=127.0.0.1"]
        command += ["--skip-name-resolve", "--performance-schema=0", "--skip-log-bin"]
        command += ["--innodb-buffer-pool-size=16M", "--innodb-autoextend-increment=1", *options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log)
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self._log.read_text("utf-8", "replace"))
            time.sleep(0.05)

    def start_with_little_space(self) -> None:
        """Start it so that all tables share one file, which may grow by a MiB."""
        size_mib = (self.folder / "tables" / "ibdata1").stat().st_size // (1 << 20)
        space = f"ibdata1:12M:autoextend:max:{size_mib + 1}M"
        self.start("--innodb-file-per-table=0", f"--innodb-data-file-path={space}")

    def kill(self) -> None:
        """End it at once, as a power cut would; what was committed is found by the next start."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def runs(self) -> bool:
        """Tell whether it was started and not killed."""
        return self._process is not None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it hang: it holds its connections and answers nobody."""
        assert self._process
        if sys.platform == "win32":
            pytest.skip("a process can be frozen where there are signals")
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def restart(self, *options: str) -> None:
        """Kill it and start it with other options."""
        self.kill()
        self.start(*options)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as root and commit it."""
        import pymysql

        with (
            contextlib.closing(
                pymysql.connect(
                    unix_socket=str(self._socket), user="root", autocommit=True, ssl_disabled=True
                )
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def new_database(self) -> str:
        """Make an empty database, and the user to whom it belongs; return its name."""
        name = f"site_{next(_NUMBERS)}"
        self.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self.query("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", USER, PASSWORD)
        self.query(f"GRANT ALL ON {name}.* TO %s@'%%'", USER)
        return name

    def drop_connections(self, besides: int = 0) -> None:
        """Close the connections of our user, but for one; some may end by themselves meanwhile."""
        import pymysql

        query = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = %s AND ID <> %s"
        lines = self.query(query, USER, besides)
        for (number,) in lines:
            with contextlib.suppress(pymysql.err.OperationalError):
                self.query(f"KILL CONNECTION {number}")

    @property
    def _socket(self) -> Path:
        return self.folder / "socket"

    def _options(self) -> list[str]:
        options = [f"--datadir={self.folder / 'tables'}", "--innodb-log-file-size=8M"]
        as_root = sys.platform != "win32" and os.geteuid() == 0
        return [*options, "--user=root"] if as_root else options

    def _answers(self) -> bool:
        import pymysql

        try:
            self.query("SELECT 1")
        except pymysql.err.OperationalError:
            return False
        return True


def _program(name: str) -> str:
    """Return the path of a program, which may stand where only root looks."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"needs a MariaDB server: {name} is not installed")
    return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running() -> Iterator[MariaDb]:
    """A server that runs; killed at the end, its folder removed."""
    with tempfile.TemporaryDirectory(prefix="maria-") as folder:  # Its socket needs a short path.
        server = MariaDb(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()
