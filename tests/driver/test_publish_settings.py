"""`[publish]` with servers: what is needed, what is refused, and that no password stands there."""

from pathlib import Path

import pytest

from driver import config, sections, workspace
from driver.errors import Misused
from driver.sections import FtpTable, MysqlTable

WHOLE = """\
[publish]
gallery = "ftp"
public_url_base = "https://example.org/photos"
[publish.ftp]
host = "ftp.example.org"
user = "anna"
[publish.mysql]
host = "db.example.org"
user = "anna"
database = "website"
"""


def load(tmp_path: Path, text: str) -> sections.Config:
    marker = tmp_path / workspace.MARKER
    marker.write_text(text, encoding="utf-8")
    return config.load(marker)


def refused(tmp_path: Path, text: str) -> Misused:
    with pytest.raises(Misused) as caught:
        load(tmp_path, text)
    return caught.value


def test_servers_with_an_account_each_are_a_gallery(tmp_path: Path) -> None:
    """The rest has defaults: TLS for the pictures, the table of the site."""
    publish = load(tmp_path, WHOLE).publish
    assert "ftp" == publish.gallery
    assert FtpTable(host="ftp.example.org", user="anna") == publish.ftp
    mysql = MysqlTable(host="db.example.org", user="anna", database="website")
    assert mysql == publish.mysql
    assert (21, True, 3306) == (publish.ftp.port, publish.ftp.tls, publish.mysql.port)


@pytest.mark.parametrize(
    ("left_out", "line", "words"),
    [
        ('host = "ftp.example.org"', 4, "needs [publish.ftp] host"),
        ('host = "db.example.org"', 7, "needs [publish.mysql] host"),
        ('database = "website"', 7, "needs [publish.mysql] database"),
        ('public_url_base = "https://example.org/photos"', 1, "needs [publish] public_url_base"),
    ],
)
def test_a_gallery_on_servers_needs_all_of_its_places(
    tmp_path: Path, left_out: str, line: int, words: str
) -> None:
    """What is missing is named, with the section that it belongs to."""
    text = WHOLE.replace(left_out, "")
    assert f"{workspace.MARKER}:{line}: " in str(refused(tmp_path, text))
    assert words in str(refused(tmp_path, text))


@pytest.mark.parametrize(
    ("table", "key", "value", "words"),
    [
        ("ftp", "host", "'anna:hunter2@ftp.example.org'", "a login does not belong here"),
        ("ftp", "host", "'ftp://ftp.example.org'", "is no host"),
        ("ftp", "host", "'ftp.example.org:21'", "is no host"),
        ("ftp", "host", '"ftp.example.org\\r\\nQUIT"', "is no host"),
        ("ftp", "port", "0", "0 is not in 1 to 65535"),
        ("ftp", "timeout_s", "nan", "leaves no time"),
        ("ftp", "timeout_s", "0.0", "leaves no time"),
        ("ftp", "remote_base", "'a//../b'", "is no folder on the server"),
        ("ftp", "remote_base", "'/photos/../..'", "is no folder on the server"),
        ("ftp", "remote_base", "'ftp://anna:hunter2@host/'", "a login does not belong here"),
        ("ftp", "user", '"anna\\r\\nDELE x"', "has no such signs"),
        ("ftp", "read_back", "'no'", "Expected `bool`"),
        ("mysql", "host", "'anna:hunter2@db'", "a login does not belong here"),
        ("mysql", "table", "'photos; DROP TABLE x'", "is no name of a table"),
        ("mysql", "table", "''", "is no name of a table"),
        ("mysql", "table", f"'{'x' * 65}'", "is no name of a table"),
        ("mysql", "port", "65536", "65536 is not in 1 to 65535"),
        ("mysql", "database", "'a`b'", "is no name of a database"),
        ("mysql", "database", "'anna:hunter2@db/web'", "a login does not belong here"),
    ],
)
def test_a_place_that_cannot_be_is_named_with_its_line(
    tmp_path: Path, table: str, key: str, value: str, words: str
) -> None:
    """Also while the folder is the gallery; what may be a password is not repeated."""
    text = f"[publish.{table}]\n\n{key} = {value}\n"
    error = refused(tmp_path, text)
    assert f"{workspace.MARKER}:3: " in str(error)
    assert words in str(error)
    assert "hunter2" not in f"{error}{error.hint}"


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::1", "localhost", "db_1.example.org"])
def test_names_and_addresses_are_hosts(tmp_path: Path, host: str) -> None:
    """IPv6 included."""
    assert host == load(tmp_path, f"[publish.mysql]\nhost = '{host}'\n").publish.mysql.host


@pytest.mark.parametrize(
    ("section", "key", "way"),
    [
        ("publish.ftp", "password", "PHOTOJOURNAL_PUBLISH_FTP_PASSWORD"),
        ("publish.mysql", "passwd", "PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD"),
        ("publish", "ftp_password", "PHOTOJOURNAL_PUBLISH_FTP_PASSWORD"),
    ],
)
def test_a_password_is_told_where_it_belongs(
    tmp_path: Path, section: str, key: str, way: str
) -> None:
    """With its line, and without the password."""
    error = refused(tmp_path, f"[{section}]\n{key} = 'hunter2'\n")
    assert f"{workspace.MARKER}:2: " in str(error)
    assert "a password does not belong here" in str(error)
    assert way in error.hint
    assert "hunter2" not in f"{error}{error.hint}"


@pytest.mark.parametrize("key", ["public_url_base", "licence_url"])
def test_an_address_with_a_login_is_refused(tmp_path: Path, key: str) -> None:
    """It would stand in every published record."""
    error = refused(tmp_path, f"[publish]\n{key} = 'https://anna:hunter2@example.org'\n")
    assert "a login does not belong here" in str(error)
    assert "hunter2" not in str(error)


def test_keys_of_a_table_can_be_set_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the file or without it; an account and its password are never confused."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_HOST", "other.example.org")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_READ_BACK", "false")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", "hunter2")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_DATABASE", "2008")
    monkeypatch.setenv("PHOTOJOURNAL_RESIZE_WATERMARK_OPACITY", "60")
    publish = load(tmp_path, "[publish.ftp]\nhost = 'ftp.example.org'\nuser = 'anna'\n").publish
    assert ("other.example.org", "anna", False) == (
        publish.ftp.host,
        publish.ftp.user,
        publish.ftp.read_back,
    )
    assert "2008" == publish.mysql.database


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUBLISH_FTP_PORT", "many", "Expected `int`"),
        ("PUBLISH_MYSQL_TABLE", "a b", "is no name of a table"),
        ("PUBLISH_MYSQL_TABEL", "x", "there is no key tabel in [publish.mysql]"),
        ("PUBLISH_FTP_PASSWD", "hunter2", "there is no key passwd in [publish.ftp]"),
        ("PUBLISH_FTP", "{password = 'hunter2'}", "there is no key ftp in [publish]"),
    ],
)
def test_a_mistake_in_a_variable_of_a_table_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """And never its value, where that may be a password."""
    monkeypatch.setenv(f"PHOTOJOURNAL_{name}", value)
    error = refused(tmp_path, "")
    assert f"PHOTOJOURNAL_{name}: " in str(error)
    assert words in str(error)
    assert "hunter2" not in f"{error}{error.hint}"
