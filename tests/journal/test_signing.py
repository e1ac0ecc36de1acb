"""The key of a journal: made once, kept private, never replaced in silence."""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from journal import SigningKeyUnusable
from journal.signing import SigningKey, check, fingerprint, make_key, open_key

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes mean nothing there")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def key(journal: Path) -> SigningKey:
    return open_key(journal)


def test_what_was_signed_is_told_from_everything_else(key: SigningKey) -> None:
    signature = key.sign(b"the head")
    assert check(key.public, b"the head", signature)
    assert not check(key.public, b"the heaD", signature)
    assert not check(key.public, b"the head", bytes([signature[0] ^ 1]) + signature[1:])
    assert not check(bytes(32), b"the head", signature)
    assert not check(key.public, b"the head", b"short")
    assert not check(b"short", b"the head", signature)


def test_a_journal_without_a_key_gets_one_and_keeps_it(journal: Path, key: SigningKey) -> None:
    make_key(journal)
    again = open_key(journal)
    assert (key.public, key.fingerprint) == (again.public, again.fingerprint)
    assert fingerprint(key.public) == key.fingerprint
    assert len(key.fingerprint) == 64


@POSIX
def test_the_private_key_is_closed_to_others(journal: Path, key: SigningKey) -> None:
    assert stat.S_IMODE(journal.with_suffix(".key").stat().st_mode) == 0o600
    assert [one.name for one in journal.parent.glob("*.new")] == []


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_read_or_change_is_refused(
    journal: Path, key: SigningKey, mode: int
) -> None:
    journal.with_suffix(".key").chmod(mode)
    with pytest.raises(SigningKeyUnusable, match=f"by others: mode {mode:04o}") as caught:
        open_key(journal)
    assert caught.value.hint == f"chmod 600 {journal.with_suffix('.key')}"


def test_a_key_that_is_gone_is_not_replaced_in_silence(journal: Path, key: SigningKey) -> None:
    journal.with_suffix(".key").unlink()
    with pytest.raises(SigningKeyUnusable, match="is gone") as caught:
        open_key(journal)
    assert "backup" in caught.value.hint
    assert not journal.with_suffix(".key").exists()


def test_another_key_is_not_taken_for_the_first_one(
    journal: Path, key: SigningKey, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "journal.db"
    make_key(other)
    shutil.copy(other.with_suffix(".key"), journal.with_suffix(".key"))
    with pytest.raises(SigningKeyUnusable, match=r"not the key that .*journal\.pub tells of"):
        open_key(journal)


@pytest.mark.parametrize("content", [b"", b"secret words", b"\xff\xfe"])
def test_what_is_no_key_is_refused_and_not_repeated(
    journal: Path, key: SigningKey, content: bytes
) -> None:
    journal.with_suffix(".key").write_bytes(content)
    with pytest.raises(SigningKeyUnusable, match="no Ed25519 key") as caught:
        open_key(journal)
    assert "secret" not in str(caught.value)


def test_a_key_killed_before_its_public_half_was_written_is_kept(
    journal: Path, key: SigningKey
) -> None:
    journal.with_suffix(".pub").unlink()
    assert open_key(journal).public == key.public
    assert journal.with_suffix(".pub").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyUnusable, match="cannot be used"):
        open_key(tmp_path / "missing" / "journal.db")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_another_program_can_check_a_signature(journal: Path, key: SigningKey) -> None:
    folder = journal.parent
    (folder / "content").write_bytes(b"the head")
    (folder / "signature").write_bytes(key.sign(b"the head"))
    command = (
        "openssl pkeyutl -verify -rawin -pubin -inkey journal.pub -in content -sigfile signature"
    )
    done = subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, text=True)
    assert "Successfully" in done.stdout
