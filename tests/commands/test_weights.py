"""`models`: list, pull, verify; against a server on this machine."""

import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import downloads, weights
from adapters.downloads import part_path
from adapters.weights import Weights, pin_path
from tests.commands.cli import Terminal
from tests.standins import pyiqa_table
from tests.standins.weights_server import WeightsServer, serving

DATA = hashlib.shake_256(b"weights").digest(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
CATALOGUE = weights.CATALOGUE


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving(DATA) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "weights"


@pytest.fixture(autouse=True)
def small(
    server: WeightsServer, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two weights, one of them pinned by eight digits, in place of the real ones."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    catalogue = (
        Weights(
            name="clip",
            file="clip.pt",
            url=server.url,
            sha256=SHA256,
            size_bytes=len(DATA),
            licence="MIT",
            metric="clip_aesthetic_score",
        ),
        Weights(
            name="head",
            file="head.pth",
            url=server.url,
            sha256_prefix=SHA256[:8],
            licence="Apache-2.0",
        ),
    )
    monkeypatch.setattr(weights, "CATALOGUE", catalogue)
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(folder))
    monkeypatch.chdir(tmp_path)


def blur_needs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let weights be needed by a score that every profile has."""
    catalogue = tuple(
        Weights(
            name=one.name,
            file=one.file,
            url=one.url,
            sha256=one.sha256,
            sha256_prefix=one.sha256_prefix,
            size_bytes=one.size_bytes,
            licence=one.licence,
            metric="blur_score" if one.name == name else "",
        )
        for one in weights.CATALOGUE
    )
    monkeypatch.setattr(weights, "CATALOGUE", catalogue)


def test_the_list_says_what_there_is(terminal: Terminal, folder: Path) -> None:
    """Name, size, state, how it is pinned, who needs it, its licence; without a workspace."""
    said = terminal.type_anywhere("models")
    assert 0 == said.code
    assert (
        f"""\
Folder {folder}
state       size  file      metric
absent  300.0 kB  clip.pt   clip_aesthetic_score
  clip; needed by full; pinned in full; licence MIT
absent   unknown  head.pth  -
  head; pinned by 8 digits; licence Apache-2.0
The profile `embedded` needs none of them.
Judged by size; every byte: photojournal models verify
"""
        == said.out
    )
    assert said.out == terminal.type_anywhere("models", "list").out


def test_in_80_columns_nothing_is_cut(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """State, file, metric, the name for `pull` and the licence of what there really is."""
    monkeypatch.setattr(weights, "CATALOGUE", CATALOGUE)
    monkeypatch.setenv("COLUMNS", "80")
    folder.mkdir()
    (folder / CATALOGUE[1].file).write_bytes(b"?")
    for action in ("list", "verify"):
        said = terminal.answer("models", action, answer="").lines
        found = " ".join(" ".join(said).split())
        for one in CATALOGUE:
            assert f"{one.file} {one.metric} {one.name}; " in found
            assert action == "verify" or f"licence {one.licence}" in found
        assert "damaged 1 bytes sac+logos+ava1-l14-linearMSE.pth" in found
        assert "truncated: 1 of 3,714,759 bytes" in found
        listed = [one for one in said if one.startswith(("absent", "damaged", "  "))]
        assert (True, True) == (len(listed) >= 2 * len(CATALOGUE), max(map(len, listed)) <= 80)


def test_weights_are_named_by_their_file_too(terminal: Terminal, folder: Path) -> None:
    """Errors speak of files."""
    said = terminal.type_anywhere("models", "pull", "clip.pt", "clip")
    assert (0, 1) == (said.code, said.out.count("clip: fetched"))
    said = terminal.type_anywhere("models", "verify", "clip.pt")
    assert f"  clip; needed by full; pinned in full; SHA-256 {SHA256[:12]}...\n" in said.out
    assert SHA256 not in said.out
    (folder / "clip.pt").write_bytes(DATA[:-1] + b"x")
    said = terminal.type_anywhere("models", "verify", "clip.pt")
    assert f"wrong hash: SHA-256 is {said.err.partition('SHA-256 is ')[2][:12]}..." in said.out
    by_hand = f"; or replace {folder / 'clip.pt'} by hand"
    assert said.err.endswith(f"Hint: photojournal models pull clip{by_hand}\n")


def test_a_failed_download_says_where_to_copy_the_file(
    terminal: Terminal, server: WeightsServer, folder: Path
) -> None:
    """From where to where."""
    server.data = b"a page"
    said = terminal.type_anywhere("models", "pull", "clip")
    assert 4 == said.code
    copied = f"fetch it elsewhere and copy it: {server.url} to {folder / 'clip.pt'}"
    assert copied in said.err.splitlines()[-1]


def test_names_that_are_no_metrics_are_told(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By list and pull, before anything is measured."""
    pyiqa_table.install(tmp_path / "pyiqa", monkeypatch)
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["musik", "musiq", "ssim"]')
    for action in ("list", "pull"):
        said = terminal.type("models", action)
        assert "has no metric 'musik'; near it: musiq\n" in said.out
        assert "In [score] metrics: ssim compares a picture with a reference: " in said.out
        assert "Not in this list: musiq. Weights that they need are copied" in said.out
    told = terminal.type("models", "--json").json
    assert ["musik", "ssim"] == list(told["metrics_unsuitable"])


def test_the_list_as_json(terminal: Terminal, folder: Path, server: WeightsServer) -> None:
    """Everything that is known."""
    folder.mkdir()
    (folder / "clip.pt").write_bytes(DATA[:-1])
    told = terminal.type_anywhere("models", "list", "--json").json
    assert (str(folder), "embedded") == (told["folder"], told["profile"])
    assert {
        "name": "clip",
        "file": "clip.pt",
        "path": str(folder / "clip.pt"),
        "url": server.url,
        "licence": "MIT",
        "metric": "clip_aesthetic_score",
        "needed_by": ["full"],
        "needed": False,
        "state": "damaged",
        "problem": "truncated",
        "detail": "truncated: 299,999 of 300,000 bytes",
        "size_bytes": 299_999,
        "pinned": "in full",
        "pin": SHA256,
        "sha256": None,
    } == told["weights"][0]


def test_the_embedded_profile_fetches_nothing(terminal: Terminal, server: WeightsServer) -> None:
    """It says so, and that is no failure."""
    said = terminal.type("models", "pull")
    assert 0 == said.code
    assert "The profile `embedded` needs none of these weights; nothing to fetch." in said.out
    assert [] == terminal.type("models", "pull", "--json").json["weights"]
    assert [] == server.asked


def test_what_the_profile_needs_is_fetched(
    terminal: Terminal, server: WeightsServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a name; the list says first that it is lacking."""
    blur_needs("clip", monkeypatch)
    listed = terminal.type("models", "list")
    assert "The profile `embedded` lacks clip: photojournal models pull\n" in listed.out
    assert 4 == terminal.type("models", "verify").code
    said = terminal.type("models", "pull")
    assert 0 == said.code
    assert f"clip: fetched 300.0 kB, pinned in full, SHA-256 {SHA256}" in said.out
    assert DATA == (folder / "clip.pt").read_bytes()
    assert not (folder / "head.pth").exists()
    assert "clip: is there already" in terminal.type("models", "pull").out
    assert 1 == len(server.asked)


def test_what_further_metrics_need_is_fetched(
    terminal: Terminal, server: WeightsServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the metric of an entry; what is in no list has to be copied, and that is said."""
    metrics = '["clip_aesthetic_score", "musiq"]'
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", metrics)
    words = "The profile `embedded` with `clip_aesthetic_score`, `musiq`"
    by_hand = "Not in this list: musiq. Weights that they need are copied into the folder by hand"
    listed = terminal.type("models", "list")
    assert f"{words} lacks clip: photojournal models pull\n" in listed.out
    assert "  clip; needed by full, [score] metrics; pinned in full; licence MIT\n" in listed.out
    assert by_hand in listed.out
    said = terminal.type("models", "pull")
    assert (0, 1) == (said.code, len(server.asked))
    assert by_hand in said.out
    assert f"{words} has what it needs.\n" in terminal.type("models").out
    told = terminal.type("models", "--json").json
    assert ["musiq"] == told["metrics_without_entry"]
    assert [("clip", True), ("head", False)] == [(o["name"], o["needed"]) for o in told["weights"]]
    assert not (folder / "head.pth").exists()


def test_all_are_fetched_and_verified(terminal: Terminal, folder: Path) -> None:
    """The one that was pinned by eight digits is held to what came."""
    head = terminal.head()
    assert 0 == terminal.type("models", "pull", "--all").code
    said = terminal.type("models", "verify", "--json")
    assert 0 == said.code
    assert ["present", "present"] == [one["state"] for one in said.json["weights"]]
    assert [SHA256, SHA256] == [one["sha256"] for one in said.json["weights"]]
    assert "by 8 digits, then as first seen" == said.json["weights"][1]["pinned"]
    assert pin_path(folder / "head.pth").is_file()
    assert head == terminal.head()


def test_a_copied_file_is_held_to_by_verify(terminal: Terminal, folder: Path) -> None:
    """As on a machine without a network; what is not there is no damage."""
    folder.mkdir()
    (folder / "head.pth").write_bytes(DATA)
    assert 0 == terminal.type_anywhere("models", "verify").code
    assert pin_path(folder / "head.pth").is_file()
    said = terminal.type_anywhere("models", "verify", "clip")
    assert 4 == said.code
    assert "clip.pt not there" in said.err


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("clip.pt", DATA[:-1] + b"x", ("clip.pt wrong hash", "photojournal models pull clip")),
        ("clip.pt", DATA[:-1], ("clip.pt truncated", "photojournal models pull clip")),
        ("head.pth.sha256", b"?", ("head.pth wrong pin", "find out who wrote the .sha256 file")),
    ],
)
def test_damage_is_exit_code_4_with_a_hint(
    terminal: Terminal, folder: Path, name: str, data: bytes, words: tuple[str, str]
) -> None:
    """The size would not have told all of it."""
    terminal.type_anywhere("models", "pull", "--all")
    (folder / name).write_bytes(data)
    said = terminal.type_anywhere("models", "verify")
    assert 4 == said.code
    error, hint = said.err.splitlines()
    assert error.startswith(f"Error: weights are not what they have to be: {words[0]}: ")
    assert hint.startswith(f"Hint: {words[1]}")


def test_a_failed_download_is_exit_code_4_and_the_others_have_their_turn(
    terminal: Terminal, server: WeightsServer, folder: Path
) -> None:
    """Both digests are said."""
    server.data = DATA[:-1] + b"x"
    said = terminal.type_anywhere("models", "pull", "clip", "head", "--json")
    found = hashlib.sha256(server.data).hexdigest()
    assert 4 == said.code
    assert 2 == said.err.count("Error: ") == said.err.count("Hint: ")
    assert f"SHA-256 is {found}, has to be {SHA256}" in said.json["weights"][0]["error"]
    assert {".lock"} == {path.suffix for path in folder.iterdir()}


def test_a_full_disk_and_a_wrong_folder_are_exit_code_4(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With words of their own."""
    (tmp_path / "file").write_text("")
    said = terminal.type_anywhere("models", "pull", "clip", "--folder", tmp_path / "file")
    assert 4 == said.code
    assert "Hint: check " in said.err
    monkeypatch.setattr(downloads, "SPARE_BYTES", 1 << 60)
    said = terminal.type_anywhere("models", "pull", "clip")
    assert 4 == said.code
    assert "have to stay free" in said.err
    assert "Hint: free some space, or name another folder in [score] weights" in said.err


def test_the_folder_is_typed_configured_or_in_the_cache(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order; a relative one in the file lies below the workspace."""
    monkeypatch.delenv("PHOTOJOURNAL_SCORE_WEIGHTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if sys.platform == "linux":
        cache = tmp_path / "cache" / "photojournal" / "weights"
        assert f"Folder {cache}" == terminal.type_anywhere("models").lines[0]
    marker = terminal.root / "photojournal.toml"
    marker.write_text("[score]\nweights = 'mine'\n")
    assert f"Folder {terminal.root / 'mine'}" == terminal.type("models").lines[0]
    said = terminal.type("models", "--folder", "here")
    assert f"Folder {tmp_path / 'here'}" == said.lines[0]
    assert said.lines[-1].endswith("photojournal models verify --folder here")


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["lst"], "there is no `photojournal models lst`", "photojournal models list"),
        (["fetch!"], "there is no `photojournal models fetch!`", "list, pull or verify"),
        (["pull", "clop"], "there are no weights called clop", "did you mean clip?"),
        (["pull", "zzz"], "there are no weights called zzz", "photojournal models list"),
        (["pull", "clip", "--all"], "either names or --all", "photojournal models --help"),
    ],
)
def test_what_cannot_be_meant_is_misuse(
    terminal: Terminal, words: list[str], error: str, hint: str
) -> None:
    """Exit code 2."""
    said = terminal.type_anywhere("models", *words)
    assert (2, f"Error: {error}\nHint: {hint}\n") == (said.code, said.err)


def test_a_workspace_that_was_named_has_to_be_there(terminal: Terminal, tmp_path: Path) -> None:
    """Only where none was named is none needed."""
    assert 2 == terminal.type_anywhere("-w", tmp_path / "none", "models").code


def test_ctrl_c_says_how_to_go_on(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 130, and the part is there."""

    def press(*_given: object, **_named: object) -> None:
        folder.mkdir()
        part_path(folder / "clip.pt").write_bytes(DATA[:1000])
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "pull", press)
    said = terminal.type_anywhere("models", "pull", "clip", "--folder", folder)
    assert 130 == said.code
    assert [
        "Stopped. 1.0 kB of clip are kept.",
        f"To go on: photojournal models pull clip --folder {folder}",
        "Interrupted.",
    ] == said.err.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_ctrl_c_in_a_real_process_keeps_the_part(
    server: WeightsServer, folder: Path, tmp_path: Path
) -> None:
    """While it waits for the network."""
    server.pause_s = 0.02
    script = f"""
import sys
from adapters import weights
weights.CATALOGUE = (weights.Weights(name="clip", file="clip.pt", url={server.url!r},
    sha256={SHA256!r}, size_bytes={len(DATA)}, licence="MIT"),)
from commands.app import run
sys.exit(run(["models", "pull", "clip"]))
"""
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{script}"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = part_path(folder / "clip.pt")
    end = time.monotonic() + 20
    while not (part.is_file() and part.stat().st_size) and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert 130 == process.returncode, said
    assert "To go on: photojournal models pull clip" in said
    assert DATA.startswith(part.read_bytes())
    assert not (folder / "clip.pt").exists()
