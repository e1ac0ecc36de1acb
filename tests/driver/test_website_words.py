"""What a person reads while a website's servers are away, and when they are back."""

from pathlib import Path

import pytest

from tests.commands.cli import Terminal
from tests.driver.evening import LASTING, EveningWebsite
from tests.servers import ftp
from tests.servers.certificates import certificate_for
from tests.servers.ftp import Trouble


@pytest.fixture
def keyboard(
    website: EveningWebsite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """The keyboard before the workspace of the evening."""
    return Terminal(website.desk.root, capsys, monkeypatch)


@pytest.mark.usefixtures("hurried")
def test_status_says_what_is_due_and_what_keeps_it_from_going_out(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """One published row has newer texts, two are approved; then the server lets nobody in."""
    due = "2 approved rows, 1 published row changed since: photojournal publish"
    assert due in keyboard.type("status").out
    website.ftp.trouble("PASS", *[Trouble(reply="530 Login incorrect.")] * LASTING)
    assert 4 == keyboard.type("publish").code
    (blocked,) = keyboard.type("status", "--json").json["blocked"]
    assert ("PublishRefused", None, 3) == (blocked["code"], blocked["id"], blocked["rows"])
    assert "530 Login incorrect." in blocked["meaning"]
    assert "photojournal doctor; then: photojournal publish" == blocked["hint"]
    website.ftp.forgive()
    plan = keyboard.type("publish", "--dry-run").out
    assert f"To: photos@127.0.0.1:{website.ftp.port}/www and anna@127.0.0.1:" in plan
    assert f"/{website.table}\n" in plan
    said = keyboard.type("publish")
    assert (0, True) == (said.code, "Look at it: https://example.org/photos/" in said.out)
    found = keyboard.type("status", "--json").json
    assert ([], {"approved": 0, "published": 0}) == (found["blocked"], found["due"])


@pytest.mark.usefixtures("hurried")
def test_what_an_outage_left_open_is_repaired_and_then_published(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """Each word leads on to the next one, and none says that a good picture is to be moved away."""
    website.break_ftp("STOR", Trouble(drop="after"), times=1)
    website.ftp.trouble("PASS", Trouble(), *[Trouble(reply="421 Too many.")] * LASTING)
    said = keyboard.type("publish", "2")
    assert 4 == said.code
    assert "Hint: photojournal doctor; then: photojournal repair 2" in said.err
    website.ftp.forgive()
    said = keyboard.type("verify", "--remote")
    assert 5 == said.code
    assert "Hint: photojournal repair 2\n" in said.err
    assert "move" not in said.err
    said = keyboard.type("repair")
    assert "Taken back, and still approved: photojournal publish 2" in said.lines
    (blocked,) = keyboard.type("status", "--json").json["blocked"]
    assert blocked["hint"].startswith("photojournal publish 2 ")
    assert 0 == keyboard.type("publish").code
    website.check_published()


def test_only_what_stands_there_is_counted_as_ours(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """A picture and the line of the one published row are gone."""
    (website.ftp.root / min(website.standing().files)).unlink()
    website.maria.query(f"DELETE FROM {website.table}")
    said = keyboard.type("verify", "--remote")
    assert "Gallery ftp: 1 of 2 files and 0 of 1 record of ours; 0 files" in said.out


def test_an_edit_of_a_published_row_says_that_visitors_see_the_former_text(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """And what to type about it; of rows that nobody sees yet, nothing."""
    texts = ("--caption", "A crane at the quay", "--alt-text", "A crane")
    said = keyboard.type("edit", "1", *texts)
    assert "Published as before, 1 row: photojournal publish 1" in said.lines
    assert "Published as before" not in keyboard.type("edit", "2", *texts).out


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("FTP_PASSWORD", "wrong", "its password (from PHOTOJOURNAL_PUBLISH_FTP_PASSWORD)"),
        ("FTP_HOST", "nowhere.invalid", "check host in [publish.ftp]"),
        ("FTP_PORT", "1", "check host and port in [publish.ftp], and whether"),
        ("FTP_TLS", "true", "tls = false in [publish.ftp]"),
        ("MYSQL_PASSWORD", "wrong", "(from PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD)"),
        ("MYSQL_HOST", "nowhere.invalid", "check host in [publish.mysql]"),
        ("MYSQL_TLS", "true", "tls = false in [publish.mysql]"),
        ("MYSQL_TABLE", "not_there", "photojournal doctor --create-table"),
        ("MYSQL_TABLE", "photojournal_owner", "mend these columns by ALTER TABLE"),
    ],
)
def test_a_hint_fits_what_keeps_a_server_from_being_used(
    website: EveningWebsite,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    value: str,
    hint: str,
) -> None:
    """It names the key, and of a password where it was found; the other half is well."""
    half = key.partition("_")[0].lower()
    monkeypatch.setenv(f"PHOTOJOURNAL_PUBLISH_{key}", value)
    with website.desk.program() as program:
        probes = {one.name: one for one in program.gallery.check()}
    assert {half: False} == {name: one.ok for name, one in probes.items() if not one.ok}
    assert hint in probes[half].hint
    assert value != "wrong" or value not in probes[half].hint


def test_a_certificate_that_nobody_vouches_for_is_answered_by_ca_file(
    website: EveningWebsite, tmp_path: Path
) -> None:
    """And once it is named, all is well."""
    made = certificate_for("127.0.0.1", tmp_path)
    with ftp.serving(tmp_path / "secret", certificate=made.server) as server:
        for ca_file, hint in (("", "ca_file in [publish.ftp]"), (str(made.authority), "")):
            website.use("ftp", port=server.port, tls=True, ca_file=ca_file)
            with website.desk.program() as program:
                probe, _ = program.gallery.check()
            assert hint in probe.hint
    assert probe.ok
