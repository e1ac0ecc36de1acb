"""
How a server that speaks MySQL's protocol is reached, and what its errors mean.

A connection is opened with everything stated that a server's own settings could change: utf8mb4,
strict mode (what does not fit is an error, never cut off), no autocommit, REPEATABLE READ, locks
waited for no longer than an answer. Statements go through `Connection`, so that nothing but
`MysqlError` comes out.

With `tls`, the server's certificate and name are verified, or there is no connection. Without it,
pymysql encrypts where the server offers it and verifies nothing: for a server on this machine or
in a trusted network. A password is never sent in clear where the server was not verified.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from adapters.errors import AdapterError

if TYPE_CHECKING:
    import ssl

LOCK_WAIT_S = 5
"""A row that somebody else holds locked is waited for as long, and no longer than an answer."""
_SQL_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"

_UNREACHABLE = {
    *(0, 2002, 2003, 2005, 2006, 2013, 2014, 2055),  # no connection, or none any more
    *(1053, 1927, 3169, 4031),  # the server went away, or closed the connection
    *(1158, 1159, 1160, 1161, 1184),  # a network that breaks
    *(1040, 1203, 1226),  # too many connections, too many queries an hour
}
_REFUSED = {
    *(1044, 1045, 1049, 1130, 1129, 1698, 1820, 1862, 2026, 2059, 2061),  # the login
    *(1142, 1143, 1227, 1370),  # the access
    *(1290, 1792, 1836),  # read-only
    *(1146, 1054, 1364, 1347, 1356),  # the table is missing, or is another one
}
_FULL = {1021, 1114}
_NO_SPACE = ("errno: 28", "error 28", "errcode: 28")
"""The system's words for a full disk, within errors of other numbers."""
_CONTENDED = {1213, 1205, 1020, 1412}
_UNFIT = {
    *(1406, 1366, 1264, 1265, 1292, 1300, 1411),  # too long, other letters, out of range
    *(1048, 1118, 1153),  # must not be empty, too large as a whole
    *(1452, 1644, 3819, 4025),  # a rule of the table's owner
}
_DUPLICATE = 1062


class MysqlServer(Struct, frozen=True, kw_only=True):
    """Where the published table is, and how to log in."""

    host: str
    port: int = 3306
    user: str = ""
    password: str = ""
    password_from: str = ""
    """Where the password was found, in words."""
    database: str = ""
    table: str = "photos_info_revamp"
    tls: bool = False
    ca_file: str = ""
    """Certificates to trust, PEM; empty: those that the system trusts."""
    timeout_s: float = 30.0
    """For connecting, and for each answer."""

    def __repr__(self) -> str:
        """Return where it is; never the password."""
        where = f"{self.user}@{self.host}:{self.port}/{self.database}.{self.table}"
        return f"MysqlServer({where}, tls={self.tls})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Keep the password out of rich's tracebacks too."""
        return [("server", repr(self))]


class MysqlError(AdapterError):
    """What a server answered, or that it did not; `number` is MySQL's, 0 where there is none."""

    def __init__(self, code: str, detail: str, number: int, hint: str = "") -> None:
        super().__init__(code, detail, hint)
        self.number = number

    @property
    def lost(self) -> bool:
        """True: the connection is gone; what was not committed is gone with it."""
        return self.code == "PublishUnreachable"

    @property
    def contended(self) -> bool:
        """True: somebody else was at the same rows; the transaction can be done again."""
        return self.number in _CONTENDED

    @property
    def unfit(self) -> bool:
        """True: the table cannot hold what one record says."""
        return self.number in _UNFIT

    @property
    def duplicate(self) -> bool:
        """True: the table holds something else that it takes for the same."""
        return self.number == _DUPLICATE


class Connection:
    """One connection to a server, for one thread. Raises `MysqlError` and nothing else."""

    def __init__(self, server: MysqlServer) -> None:
        """Connect and state everything that a server's own settings could change."""
        self._raw = _connect(server)
        wait_s = max(1, min(LOCK_WAIT_S, int(server.timeout_s / 2)))
        self.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.execute(
            "SET SESSION innodb_lock_wait_timeout = %s, lock_wait_timeout = %s", (wait_s, wait_s)
        )

    @property
    def is_alive(self) -> bool:
        """Ask the server for a sign of life; never reconnects."""
        try:
            with _explained():
                self._raw.ping(reconnect=False)
        except MysqlError:
            return False
        return True

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows, none for one that has none."""
        with _explained(), self._raw.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def commit(self) -> None:
        """Commit; where the answer is lost, nobody knows whether it was done."""
        with _explained():
            self._raw.commit()

    def roll_back(self) -> None:
        """Roll back; a connection that is gone has done so already."""
        with contextlib.suppress(MysqlError), _explained():
            self._raw.rollback()

    def close(self) -> None:
        """Say goodbye if the server is there to hear it."""
        with contextlib.suppress(MysqlError), _explained():
            self._raw.close()


def _connect(server: MysqlServer) -> Any:  # noqa: ANN401  (pymysql ships no types)
    import pymysql

    with _explained(server.password_from):
        return pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password.encode(),  # pymysql takes a str for latin-1
            database=server.database,
            charset="utf8mb4",
            sql_mode=_SQL_MODE,
            autocommit=False,
            connect_timeout=server.timeout_s,
            read_timeout=server.timeout_s,
            write_timeout=server.timeout_s,
            ssl=_verifying(server) if server.tls else None,
            auth_plugin_map={} if server.tls else dict.fromkeys(_IN_CLEAR, _NeverInClear),
        )


def _verifying(server: MysqlServer) -> "ssl.SSLContext":
    """Return what verifies certificate and name; those that MySQL makes itself are not strict."""
    import ssl

    try:
        context = ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:
        detail = f"ca_file {server.ca_file} cannot be read: {error.strerror or error}"
        hint = "check ca_file in [publish.mysql]"
        raise MysqlError("PublishRefused", detail, 0, hint) from error
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


_IN_CLEAR = ("mysql_clear_password", "dialog")


class _NeverInClear:
    """Stands in for pymysql's ways to log in that send the password as it is."""

    def __init__(self, _connection: object) -> None:
        pass

    def authenticate(self, _packet: object) -> object:
        """Refuse."""
        msg = "the server asks for the password in clear: set tls = true"
        raise MysqlError("PublishRefused", msg, 0)


@contextlib.contextmanager
def _explained(password_from: str = "") -> Iterator[None]:
    """Turn what pymysql raises into a MysqlError."""
    from pymysql.err import MySQLError

    try:
        yield
    except MySQLError as error:
        raise _error_of(error, password_from) from error
    except (RuntimeError, ValueError) as error:  # A login that needs a library, a name of no host.
        raise MysqlError("PublishRefused", str(error), 0) from error


def _error_of(error: Exception, password_from: str) -> MysqlError:
    import ssl

    from adapters.remedies import of_mysql

    number, text = (*error.args, "", "")[:2]
    if not isinstance(number, int):
        number, text = 0, str(number)
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, ssl.SSLError):
        detail = f"no verified connection: {getattr(cause, 'verify_message', '') or cause}"
        return MysqlError("PublishRefused", detail, number, of_mysql(number, cause))
    code = "PublishFailed"
    if number in _FULL or any(words in str(text).lower() for words in _NO_SPACE):
        code = "RemoteFull"
    elif number in _UNREACHABLE:
        code = "PublishUnreachable"
    elif number in _REFUSED:
        code = "PublishRefused"
    hint = of_mysql(number, cause, password_from=password_from)
    return MysqlError(code, f"{text or 'the connection is closed'} ({number})", number, hint)
