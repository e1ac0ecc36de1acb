"""What a command costs before it works, and how it ends when somebody else ends it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal import Journal
from tests.commands.cli import Terminal
from tests.driver.desk import Desk

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "torch", "torchvision", "pyiqa", "open_clip", "pandas", "cv2", "numpy", "PIL", "sqlite_utils",
    "pebble", "pydantic", "ollama", "pymysql", "multiprocessing", "asyncio",
}  # fmt: skip
LIST_WHAT_WAS_LOADED = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from commands.app import main
sys.argv = ["photojournal", *sys.argv[1:]]
main()
"""
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and pipes as POSIX has them")


def loaded(*words: str) -> set[str]:
    """Return the top-level modules that a command loads."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_WHAT_WAS_LOADED, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


@pytest.mark.parametrize(
    "words",
    [
        ["queue", "--json"],
        ["queue"],
        ["show", "2"],
        ["status"],
        ["history", "2"],
        ["blame", "2", "Caption"],
        ["diff", "last"],
        ["triage"],
        ["pick", "3"],
        ["pick", "--help"],
    ],
)
def test_looking_and_deciding_load_nothing_heavy(terminal: Terminal, words: list[str]) -> None:
    """No pixels, no models, no workers; not even what Typer would check a word with."""
    assert set() == HEAVY & loaded("-w", str(terminal.root), *words)


def test_a_listing_in_a_pipe_loads_no_rich(terminal: Terminal) -> None:
    """Its tables are for terminals."""
    assert "rich" not in loaded("-w", str(terminal.root), "queue")


def start(*words: object) -> subprocess.Popen[str]:
    """Start a command in a group of its own, as a shell does."""
    return subprocess.Popen(
        [sys.executable, "-m", "photojournal", *map(str, words)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@POSIX
@pytest.mark.parametrize("words", [["events"], ["events", "--json"], ["queue"], ["history", "1"]])
def test_a_reader_that_leaves_ends_a_listing_quietly(terminal: Terminal, words: list[str]) -> None:
    """As with `| head -1`: no error, no traceback, exit code 0."""
    command = start("-w", terminal.root, *words)
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert "" == command.stderr.read()
    assert 0 == command.wait(60)


@POSIX
def test_an_error_that_nobody_reads_keeps_its_exit_code(terminal: Terminal) -> None:
    """Standard output and standard error are both closed."""
    command = start("-w", terminal.root, "show", "nope")
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    command.stderr.close()
    assert 2 == command.wait(60)


@POSIX
def test_a_change_goes_on_when_its_reader_leaves(terminal: Terminal) -> None:
    """Nobody listens to what was done; it is done all the same."""
    before = terminal.head()
    command = start("-w", terminal.root, "pick", "3")
    assert command.stdout is not None
    command.stdout.close()
    assert 0 == command.wait(60)
    assert before + 3 == terminal.head()
    (newest, *_) = terminal.type("runs", "--json").json
    assert ("pick", "done") == (newest["verb"], newest["outcome"])


@pytest.fixture(scope="module")
def laden(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A workspace with enough to do for some seconds, for copies."""
    root = tmp_path_factory.mktemp("laden")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(root / "state"))
        desk = Desk(root / "busy")
        desk.ingest(*[desk.photo("coffee", f"{n}.jpg", bytes([n])) for n in range(1, 80)])
    return desk


@pytest.fixture
def busy(laden: Desk, tmp_path: Path) -> Desk:
    """A copy of it."""
    return laden.copied(tmp_path / "busy")


def outcomes(desk: Desk) -> int:
    """Return how many stages are done."""
    with Journal.open(desk.root / "data" / "journal.db", readonly=True) as journal:
        return sum(one.type in ("Scored", "Resized") for one in journal.read_raw())


def claims(desk: Desk) -> bool:
    """Tell whether a run has begun to work on something that takes a worker."""
    with Journal.open(desk.root / "data" / "journal.db", readonly=True) as journal:
        begun = [one for one in journal.read_raw() if one.type == "AttemptStarted"]
    return any(b'"prefill"' not in one.payload for one in begun)


def to_all(command: subprocess.Popen[str], *, kill: bool = False) -> None:
    """Interrupt a command and its workers, as Ctrl+C in a terminal does; or kill them."""
    if sys.platform != "win32":
        os.killpg(command.pid, signal.SIGKILL if kill else signal.SIGINT)


@contextlib.contextmanager
def at_work(desk: Desk, done: int = 4) -> Iterator[subprocess.Popen[str]]:
    """Start `run` and wait until so many stages are done."""
    command = start("-w", desk.root, "run")
    try:
        end = time.monotonic() + 60
        while outcomes(desk) < done or not claims(desk):
            assert command.poll() is None, command.communicate()
            assert time.monotonic() < end
            time.sleep(0.02)
        yield command
    finally:
        with contextlib.suppress(ProcessLookupError):
            to_all(command, kill=True)
        command.wait(60)


@POSIX
def test_the_first_interruption_finishes_the_rows_in_flight(busy: Desk) -> None:
    """Exit code 130, the command to go on with, and nothing is left open."""
    with at_work(busy) as command:
        to_all(command)
        _, err = command.communicate(timeout=60)
    assert 130 == command.returncode, err
    assert "Stopping after the rows in flight. Ctrl+C again leaves at once." in err
    assert "Stopped. To go on: photojournal " in err
    assert "Traceback" not in err
    lines = busy.queue()
    assert {"done", "due"} == {line["score_status"] for line in lines}
    assert [] == [line["id"] for line in lines if "running" in line.values()]


@POSIX
def test_an_interruption_while_workers_start_is_like_any_other(busy: Desk) -> None:
    """They are shielded from their first moment: no traceback of theirs on the screen."""
    with at_work(busy, done=0) as command:
        time.sleep(0.05)
        to_all(command)
        _, err = command.communicate(timeout=60)
    assert 130 == command.returncode
    assert "Traceback" not in err, err


@POSIX
def test_workers_load_no_command_line(terminal: Terminal) -> None:
    """They import the main module again, which imports nothing by itself."""
    code = "import sys, photojournal; print('typer' in sys.modules, 'commands' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "False False\n" == said.stdout


@POSIX
def test_a_second_interruption_leaves_at_once(busy: Desk) -> None:
    """Exit code 130; what was in flight is settled by the next run, and nothing is lost."""
    with at_work(busy) as command:
        to_all(command)
        time.sleep(0.01)
        to_all(command)
        command.communicate(timeout=10)
    assert 130 == command.returncode
    done = subprocess.run(
        [sys.executable, "-m", "photojournal", "-w", str(busy.root), "run", "--limit", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    assert [] == [line["id"] for line in busy.queue() if "running" in line.values()]
