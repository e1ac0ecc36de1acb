"""Tasks that go wrong in every way a native library can, for real; run in workers only."""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from adapters.errors import AdapterError

HERE = "tests.adapters.misbehaving"
FUNCTIONS = {
    name: f"{HERE}:{name}"
    for name in (
        "echo",
        "hang",
        "segfault",
        "be_killed",
        "leave",
        "refuse",
        "stumble",
        "devour",
        "chatter",
        "sleepy_echo",
        "report",
        "wrong_type",
        "hold_the_lock",
        "odd_exception",
        "linger",
        "absent",
    )
}


def echo(photo: bytes, argument: bytes) -> bytes:
    return photo + argument


def sleepy_echo(photo: bytes, argument: bytes) -> bytes:
    time.sleep(float(argument))
    return photo


def hang(photo: bytes, argument: bytes) -> bytes:
    while True:
        time.sleep(1)


def hold_the_lock(photo: bytes, argument: bytes) -> bytes:
    """Loop inside one native call that never lets another thread run."""
    return str(sum(range(10**15))).encode()


def segfault(photo: bytes, argument: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def be_killed(photo: bytes, argument: bytes) -> bytes:
    """End as the system's out-of-memory killer ends a process."""
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGKILL)
    return b""


def leave(photo: bytes, argument: bytes) -> bytes:
    os._exit(int(argument))


def refuse(photo: bytes, argument: bytes) -> bytes:
    raise AdapterError(argument.decode(), "said so")


def stumble(photo: bytes, argument: bytes) -> bytes:
    msg = "an ordinary bug"
    raise KeyError(msg)


def odd_exception(photo: bytes, argument: bytes) -> bytes:
    """Raise what cannot be pickled."""

    class Local(Exception):
        def __init__(self) -> None:
            super().__init__()
            self.lock = threading.Lock()

    raise Local


def wrong_type(photo: bytes, argument: bytes) -> Any:
    return "text"


def devour(photo: bytes, argument: bytes) -> bytes:
    """Ask for more memory than the process may have."""
    if sys.platform != "win32":
        import resource

        limit = 2 << 30
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    hoard = [bytearray(1 << 28) for _ in range(64)]
    return str(len(hoard)).encode()


def chatter(photo: bytes, argument: bytes) -> bytes:
    os.write(1, b"noise of a native library\n")
    sys.stdout.write("noise of a Python one\n")
    sys.stdout.flush()
    return b"quiet"


def report(photo: bytes, argument: bytes) -> bytes:
    """Tell what this process is like: its id, its threads, its modules."""
    heavy = sorted({"cv2", "PIL", "numpy"} & set(sys.modules))
    return f"{os.getpid()} {os.environ.get('OMP_NUM_THREADS')} {','.join(heavy)}".encode()


def linger(photo: bytes, argument: bytes) -> bytes:
    """Write this process's id into a file and stay."""
    Path(argument.decode()).joinpath(str(os.getpid())).touch()
    return hang(photo, argument)
