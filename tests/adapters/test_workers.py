"""Workers: real processes that hang, crash and are orphaned, beside innocent ones."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.workers import (
    FUNCTIONS,
    WorkerFailure,
    WorkerResult,
    Workers,
    default_count,
    describe_exit,
    unsigned_exit,
)
from tests.adapters import misbehaving
from tests.prepared_workers import spawned

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


@pytest.fixture(autouse=True)
def from_nothing() -> Iterator[None]:
    """Processes are started here as the program starts them."""
    with spawned():
        yield


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(2, deadline_s=DEADLINE_S, functions=misbehaving.FUNCTIONS) as two:
        yield two


def until(condition: Callable[[], bool], limit_s: float = 20.0) -> float:
    """Wait for a condition; return how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < limit_s, "waited in vain"
        time.sleep(0.01)
    return time.monotonic() - started


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def kill(pid: int) -> None:
    if sys.platform != "win32":
        os.kill(pid, signal.SIGKILL)


def interrupt_all(group: int) -> None:
    """Do what a terminal does when somebody types Ctrl+C."""
    if sys.platform != "win32":
        os.killpg(group, signal.SIGINT)


def test_a_task_answers_in_a_process_of_its_own(workers: Workers) -> None:
    """Bytes in, bytes out, with the time it took; numeric libraries get one thread."""
    answer = workers.submit("sleepy_echo", b"photo", b"0.2").result()
    assert isinstance(answer, WorkerResult)
    assert answer.data == b"photo"
    assert 200 <= answer.duration_ms < 5000
    report = workers.submit("report", b"", b"").result()
    assert isinstance(report, WorkerResult)
    pid, threads, heavy = report.data.decode().split(" ")
    assert (int(pid) != os.getpid(), threads, heavy) == (True, "1", "")


def test_nothing_starts_before_the_first_task() -> None:
    """Making and closing the workers costs no process."""
    before = time.monotonic()
    with Workers(4):
        pass
    assert time.monotonic() - before < 2


@posix
@pytest.mark.parametrize(
    ("name", "argument", "exit_code", "words"),
    [
        ("segfault", b"", -11, "killed by SIGSEGV (-11)"),
        ("be_killed", b"", -9, "killed by SIGKILL (-9), by the system if memory ran out"),
        ("leave", b"3", 3, "the worker ended with exit code 3"),
    ],
)
def test_a_death_costs_its_own_task_only(
    workers: Workers, name: str, argument: bytes, exit_code: int, words: str
) -> None:
    """The culprit is known; what runs beside it and what comes after it is untouched."""
    beside = [workers.submit("sleepy_echo", b"%d" % number, b"0.3") for number in range(3)]
    culprit = workers.submit(name, b"photo", argument)
    after = [workers.submit("echo", b"%d" % number, b"") for number in range(3)]
    assert culprit.result() == WorkerFailure(kind="died", detail=words, exit_code=exit_code)
    answers = [future.result() for future in beside + after]
    assert [one.data for one in answers if isinstance(one, WorkerResult)] == [b"0", b"1", b"2"] * 2


@posix
def test_many_deaths_in_a_row_are_each_charged_to_their_own(workers: Workers) -> None:
    """No death spills over, however dense they come."""
    names = ["segfault", "echo", "be_killed", "echo", "segfault"] * 4
    futures = [(name, workers.submit(name, b"x", b"")) for name in names]
    for name, future in futures:
        answer = future.result()
        if name == "echo":
            assert isinstance(answer, WorkerResult)
        else:
            assert isinstance(answer, WorkerFailure)
            assert answer.kind == "died"


@pytest.mark.parametrize("name", ["hang", "hold_the_lock"])
def test_a_hang_ends_at_its_deadline(workers: Workers, name: str) -> None:
    """Also one that lets no other thread of its process run; the neighbour goes on meanwhile."""
    workers.submit("echo", b"", b"").result()
    started = time.monotonic()
    culprit = workers.submit(name, b"photo", b"", deadline_s=0.5)
    for number in range(5):
        assert isinstance(workers.submit("echo", b"%d" % number, b"").result(), WorkerResult)
    assert culprit.result() == WorkerFailure(
        kind="timeout", detail="no answer within 0.5 s", duration_ms=500
    )
    assert time.monotonic() - started < 25
    assert isinstance(workers.submit("echo", b"", b"").result(), WorkerResult)


def test_the_deadline_counts_from_the_start_not_from_the_queue() -> None:
    """A task that waited for its turn has all of its time."""
    with Workers(1, deadline_s=2, functions=misbehaving.FUNCTIONS) as one:
        futures = [one.submit("sleepy_echo", b"x", b"0.6") for _ in range(4)]
        assert all(isinstance(future.result(), WorkerResult) for future in futures)


def test_an_adapter_s_refusal_passes_through(workers: Workers) -> None:
    """Code and detail as they were raised."""
    answer = workers.submit("refuse", b"", b"ResizeUnreadable").result()
    assert isinstance(answer, WorkerFailure)
    assert (answer.kind, answer.code, answer.detail) == ("refused", "ResizeUnreadable", "said so")


@pytest.mark.parametrize(
    ("name", "trace"),
    [
        ("stumble", "an ordinary bug"),
        ("odd_exception", "misbehaving.py"),
        ("wrong_type", "returned str, not bytes"),
        ("absent", "has no attribute 'absent'"),
    ],
)
def test_a_bug_comes_with_its_traceback(workers: Workers, name: str, trace: str) -> None:
    """Also one whose exception cannot travel between processes."""
    answer = workers.submit(name, b"", b"").result()
    assert isinstance(answer, WorkerFailure)
    assert answer.kind == "bug"
    assert "Traceback" in answer.detail
    assert trace in answer.detail


@posix
def test_a_host_without_memory_is_nobody_s_fault(workers: Workers) -> None:
    """A refused allocation is `OutOfMemory`; the neighbours are served."""
    devouring = workers.submit("devour", b"", b"")
    beside = workers.submit("echo", b"x", b"")
    answer = devouring.result()
    assert isinstance(answer, WorkerFailure)
    assert (answer.kind, answer.code) == ("refused", "OutOfMemory")
    assert isinstance(beside.result(), WorkerResult)


@posix
def test_a_worker_that_dies_while_idle_costs_no_task(workers: Workers) -> None:
    """The system kills a sleeping worker: the next task is done by a new one."""
    for _ in range(3):
        report = workers.submit("report", b"", b"").result()
        assert isinstance(report, WorkerResult)
        pid = int(report.data.split()[0])
        kill(pid)
        answers = [workers.submit("echo", b"x", b"").result() for _ in range(4)]
        assert all(isinstance(answer, WorkerResult) for answer in answers)


def test_processes_are_replaced_now_and_then() -> None:
    """Against libraries that leak: a new process after so many tasks, and no task is lost."""
    with Workers(1, tasks_per_process=2, functions=misbehaving.FUNCTIONS) as one:
        answers = [one.submit("report", b"", b"").result() for _ in range(6)]
    pids = [one.data.split()[0] for one in answers if isinstance(one, WorkerResult)]
    assert (len(pids), len(set(pids))) == (6, 3)


def test_closing_finishes_what_runs_and_cancels_what_waits() -> None:
    """The first Ctrl+C: rows in flight are finished, the others never begin."""
    two = Workers(2, functions=misbehaving.FUNCTIONS)
    futures = [two.submit("sleepy_echo", b"%d" % number, b"1.5") for number in range(6)]
    until(lambda: sum(future.running() for future in futures) == 2)
    two.close()
    assert [future.cancelled() for future in futures] == [False, False, True, True, True, True]
    assert all(isinstance(future.result(), WorkerResult) for future in futures[:2])
    with pytest.raises(RuntimeError):
        two.submit("echo", b"", b"")


def test_killing_ends_what_runs_at_once() -> None:
    """The second Ctrl+C: what ran answers `stopped`, which charges nobody."""
    two = Workers(2, functions=misbehaving.FUNCTIONS)
    future = two.submit("hang", b"", b"")
    until(future.running)
    time.sleep(1)
    started = time.monotonic()
    two.kill()
    answer = future.result()
    two.close()
    assert isinstance(answer, WorkerFailure)
    assert answer.kind == "stopped"
    assert time.monotonic() - started < 25


def test_killing_leaves_the_processes_of_others_alone() -> None:
    """A program has workers that decode and one with models: each set ends by itself."""
    with Workers(1, functions=misbehaving.FUNCTIONS) as one:
        before = one.submit("report", b"", b"").result()
        other = Workers(1, functions=misbehaving.FUNCTIONS)
        other.submit("echo", b"", b"").result()
        future = one.submit("sleepy_echo", b"photo", b"1.0")
        until(future.running)
        other.kill()
        other.close()
        assert isinstance(future.result(), WorkerResult)
        after = one.submit("report", b"", b"").result()
    assert isinstance(before, WorkerResult)
    assert isinstance(after, WorkerResult)
    assert before.data.split()[0] == after.data.split()[0], "it is the same process"


def test_killing_reaches_a_task_whose_process_only_starts() -> None:
    """A process that takes its time to come up holds nobody up."""
    one = Workers(1, functions=misbehaving.FUNCTIONS)
    future = one.submit("hang", b"", b"")
    until(future.running)
    one.kill()
    answer = future.result(timeout=20)
    one.close()
    assert isinstance(answer, WorkerFailure)
    assert answer.kind == "stopped"


PARENT = """
    import sys
    from pathlib import Path
    from adapters.workers import Workers
    from tests.adapters import misbehaving

    if __name__ == "__main__":
        here = sys.argv[1]
        workers = Workers(2, deadline_s=600, functions=misbehaving.FUNCTIONS)
        futures = [workers.submit("linger", b"", here.encode()) for _ in range(2)]
        try:
            futures[0].result()
        except KeyboardInterrupt:
            Path(here, "interrupted").touch()
            print([future.running() for future in futures], flush=True)
            workers.kill()
            workers.close()
            print([future.result().kind for future in futures], flush=True)
"""


def a_parent(folder: Path) -> tuple["subprocess.Popen[str]", Path]:
    """Start a program with two lingering workers; return it and the folder of their ids."""
    script = folder / "parent.py"
    script.write_text(textwrap.dedent(PARENT))
    ids = folder / "ids"
    ids.mkdir()
    parent = subprocess.Popen(
        [sys.executable, str(script), str(ids)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: len(list(ids.iterdir())) == 2)
    return parent, ids


@posix
def test_no_worker_survives_a_killed_parent(tmp_path: Path) -> None:
    """`kill -9` of the program: its workers, hanging in a task, are gone at once."""
    parent, ids = a_parent(tmp_path)
    pids = [int(path.name) for path in ids.iterdir()]
    assert all(is_alive(pid) for pid in pids)
    parent.kill()
    parent.communicate()
    assert until(lambda: not any(is_alive(pid) for pid in pids)) < 10


@posix
def test_ctrl_c_reaches_the_parent_and_no_worker(tmp_path: Path) -> None:
    """The terminal sends it to all of them; what becomes of the tasks is for the parent to say."""
    parent, _ = a_parent(tmp_path)
    interrupt_all(parent.pid)
    stdout, stderr = parent.communicate(timeout=60)
    assert stdout.splitlines() == ["[True, True]", "['stopped', 'stopped']"]
    assert "Traceback" not in stderr


def test_workers_print_nothing_to_stdout() -> None:
    """What a library prints never gets between the lines of a listing."""
    code = """
        from adapters.workers import Workers
        from tests.adapters import misbehaving
        with Workers(1, functions=misbehaving.FUNCTIONS) as one:
            print(one.submit("chatter", b"", b"").result().data)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "b'quiet'\n"
    assert done.stderr.splitlines() == ["noise of a native library", "noise of a Python one"]


@posix
def test_a_native_crash_leaves_its_traceback(tmp_path: Path) -> None:
    """The crash log says in which line of which task the process died."""
    log = tmp_path / "crash_runtime.log"
    with Workers(1, functions=misbehaving.FUNCTIONS, crash_log=log) as one:
        one.submit("segfault", b"", b"").result()
    text = log.read_text()
    assert "Segmentation fault" in text
    assert "in segfault" in text


def test_the_parent_loads_no_heavy_module() -> None:
    """`--help` and `queue` must not pay for decoders."""
    code = "import sys, adapters.workers; print({'cv2', 'PIL', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "set()"


def test_exit_codes_are_read_as_each_system_writes_them() -> None:
    """Windows codes are unsigned, whichever way they came."""
    assert unsigned_exit(-1073741819) == 0xC0000005
    assert unsigned_exit(-11) == -11
    assert describe_exit(0xC0000005) == "access violation (0xC0000005)"
    assert describe_exit(0xC0000374) == "heap corruption (0xC0000374)"
    assert describe_exit(0xC0000409) == "stack buffer overrun (0xC0000409)"
    assert describe_exit(-200) == "killed by signal 200 (-200)"


def test_every_function_has_a_place() -> None:
    """The table names `module:function`; there is at least one worker."""
    assert all(path.startswith("adapters.tasks:") for path in FUNCTIONS.values())
    assert default_count() >= 1
    with Workers(1) as one, pytest.raises(KeyError):
        one.submit("no such task", b"", b"")
