"""Weights: what the catalogue pins, and how a file is judged."""

import hashlib
import re
from pathlib import Path

import platformdirs
import pytest

from adapters import weights
from adapters.errors import AdapterError
from adapters.weights import (
    CATALOGUE,
    Weights,
    find,
    folder_of,
    hold,
    look,
    named,
    needed_by,
    pin_path,
    pinned,
    verify,
    wanted,
)
from machine.quality import PROFILES

DATA = bytes(range(256)) * 40
SHA256 = hashlib.sha256(DATA).hexdigest()
OTHER = "0" * 64


def whole() -> Weights:
    return Weights(
        name="head",
        file="head.pth",
        url="https://example.org/head.pth",
        sha256=SHA256,
        size_bytes=len(DATA),
        licence="MIT",
    )


def by_digits(prefix: str = SHA256[:8]) -> Weights:
    return Weights(
        name="head",
        file="head.pth",
        url="https://example.org/head.pth",
        sha256_prefix=prefix,
        licence="MIT",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "head.pth"
    file.write_bytes(DATA)
    return file


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_entry_is_pinned_and_fetched_by_https(entry: Weights) -> None:
    """A whole digest or eight digits, the latter as the file's name carries them."""
    assert entry.url.startswith("https://")
    assert bool(entry.sha256) != bool(entry.sha256_prefix)
    assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{8}", entry.pin)
    assert entry.licence
    assert entry == named(entry.name)
    assert Path(entry.file).name == entry.file
    if entry.sha256_prefix:
        assert f"-{entry.sha256_prefix}." in entry.file
    if "openaipublic" in entry.url:
        assert f"/{entry.sha256}/" in entry.url


def test_names_and_files_are_taken_once() -> None:
    """Whoever asks by name gets one file."""
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
    assert len({entry.file for entry in CATALOGUE}) == len(CATALOGUE)


def test_the_embedded_profile_needs_nothing() -> None:
    """The full one needs what NIMA and the aesthetic score are made with."""
    assert () == needed_by(PROFILES["embedded"])
    assert [
        "clip-vit-l-14-openai",
        "laion-aesthetic-l14",
        "nima-inception-resnet-v2-ava",
    ] == weights.names(needed_by(PROFILES["full"]))


def test_the_folder_is_the_configured_one_or_lies_in_the_cache(tmp_path: Path) -> None:
    """A relative one lies below the workspace."""
    assert platformdirs.user_cache_path("photojournal") / "weights" == folder_of("")
    assert tmp_path / "w" == folder_of("w", tmp_path)
    assert tmp_path / "w" == folder_of(str(tmp_path / "w"), Path("elsewhere"))
    assert Path.home() / "w" == folder_of("~/w", tmp_path)


def test_the_pinned_bytes_are_present(path: Path) -> None:
    """With their digest, once they were read."""
    assert ("present", "") == (look(path, whole()).state, look(path, whole()).sha256)
    assert ("present", SHA256) == (verify(path, whole()).state, verify(path, whole()).sha256)
    assert "in full" == pinned(path, whole())


@pytest.mark.parametrize(
    ("data", "problem", "words"),
    [
        (DATA[:-1], "truncated", "10,239 of 10,240 bytes"),
        (b"", "truncated", "0 of 10,240 bytes"),
        (DATA + b"x", "wrong size", "10,241 of 10,240 bytes"),
        (DATA[:-1] + b"x", "wrong hash", f"has to be {SHA256}"),
    ],
)
def test_a_damaged_file_says_how(path: Path, data: bytes, problem: str, words: str) -> None:
    """Cut, too long and changed are told apart."""
    path.write_bytes(data)
    verdict = verify(path, whole())
    assert ("damaged", problem) == (verdict.state, verdict.problem)
    assert words in verdict.detail


def test_what_is_not_there_is_absent(tmp_path: Path) -> None:
    """A folder of that name is no file."""
    (tmp_path / "head.pth").mkdir()
    assert "absent" == verify(tmp_path / "head.pth", whole()).state
    assert "absent" == verify(tmp_path / "nothing", whole()).state


def test_a_file_that_nobody_may_read_is_damaged(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the system's words."""

    def fail(_path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(weights, "sha256_of", fail)
    verdict = verify(path, whole())
    assert ("damaged", "unreadable") == (verdict.state, verdict.problem)
    assert "cannot be read: Permission denied" == verdict.detail


def test_eight_digits_are_checked_and_then_the_first_file_is_held_to(path: Path) -> None:
    """Another file with the same eight digits would not pass any more."""
    entry = by_digits()
    assert "by 8 digits" == pinned(path, entry)
    assert SHA256[:8] == wanted(path, entry)
    hold(path, entry, verify(path, entry).sha256)
    assert f"{SHA256}  head.pth\n" == pin_path(path).read_text()
    assert "by 8 digits, then as first seen" == pinned(path, entry)
    assert SHA256 == wanted(path, entry)
    assert "present" == verify(path, entry).state
    pin_path(path).write_text(SHA256[:8] + OTHER[8:])
    verdict = verify(path, entry)
    assert "wrong hash" == verdict.problem
    assert f"has to be {SHA256[:8]}000" in verdict.detail


def test_what_was_noted_first_is_not_replaced(path: Path) -> None:
    """And where the whole digest is known, nothing is noted."""
    hold(path, by_digits(), SHA256)
    hold(path, by_digits(), SHA256[:8] + OTHER[8:])
    assert pin_path(path).read_text().startswith(SHA256)
    pin_path(path).unlink()
    hold(path, whole(), SHA256)
    assert not pin_path(path).exists()


def test_eight_digits_that_differ_are_a_wrong_hash(path: Path) -> None:
    """The words say that only eight were compared."""
    verdict = verify(path, by_digits("0" * 8))
    assert "wrong hash" == verdict.problem
    assert verdict.detail.endswith("has to begin with 00000000")


@pytest.mark.parametrize("note", ["", "nothing of use", OTHER, "\udcff".encode("utf-8", "replace")])
def test_a_note_that_cannot_be_meant_makes_the_file_suspect(path: Path, note: str | bytes) -> None:
    """It is not passed over: somebody changed it."""
    pin_path(path).write_bytes(note if isinstance(note, bytes) else note.encode())
    verdict = verify(path, by_digits())
    assert ("damaged", "wrong pin") == (verdict.state, verdict.problem)
    assert "head.pth.sha256 holds no SHA-256 that begins with" in verdict.detail
    assert "by 8 digits" == pinned(path, by_digits())
    with pytest.raises(AdapterError, match="holds no SHA-256"):
        wanted(path, by_digits())


def test_finding_gives_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that nobody may write to as well: it only looks."""
    monkeypatch.setattr(weights, "CATALOGUE", (by_digits(),))
    assert path == find("head", path.parent)
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("data", "words"), [(None, "is not in"), (DATA[:9], "is damaged (truncated: 9 of")]
)
def test_what_cannot_be_found_names_file_place_and_command(
    path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes | None, words: str
) -> None:
    """On one line."""
    monkeypatch.setattr(weights, "CATALOGUE", (whole(),))
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(AdapterError) as caught:
        find("head", path.parent)
    assert "ScoringWeights" == caught.value.code
    assert caught.value.detail.startswith(f"head.pth {words}")
    assert caught.value.detail.endswith(f"in {path.parent}: photojournal models pull head")
    assert "\n" not in str(caught.value)


def test_all_that_a_metric_lacks_is_said_together(tmp_path: Path) -> None:
    """CLIP is of no use without the head, nor the head without CLIP."""
    clip, head = weights.of_metric("clip_aesthetic_score")
    pull = f"photojournal models pull {clip.name} {head.name}"
    lacking = weights.absent("clip_aesthetic_score", tmp_path)
    assert f"{clip.file} and {head.file} are not in {tmp_path}: {pull}" == lacking
    (tmp_path / head.file).write_bytes(b"?")
    lacking = weights.absent("clip_aesthetic_score", tmp_path)
    damaged = f"{head.file} is damaged (truncated: 1 of 3,714,759 bytes)"
    assert f"{clip.file} is not in {tmp_path}, {damaged} in {tmp_path}: {pull}" == lacking
