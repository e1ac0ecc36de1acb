"""Where the tracebacks of failed verbs go."""

import os
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from commands.call import Call
from driver.crash_files import entry
from driver.errors import Misconfigured


def leave_traceback(call: Call, error: BaseException) -> Path | str:
    """
    Append the traceback to the workspace's crash file, or to one beside; return its path.

    Its first line names the run and the row, as far as they are known. Of a setting that cannot be
    meant, what led to the error is left out: it may repeat a value.
    """
    run = call.program.run_id if call.program else ""
    chain = not isinstance(error, Misconfigured)
    text = call.redacted(entry(f"photojournal {call.verb}", run, error, chain=chain))
    for path in _places(call):
        try:
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return "no file: none could be written"


def _places(call: Call) -> list[Path]:
    if call.workspace:
        return [call.workspace.data / "crash_runtime.log", *_startup(call.workspace.root)]
    named = call.given or _typed(call.argv) or os.environ.get("PHOTOJOURNAL_WORKSPACE")
    folders = [Path(named)] if named else [Path.cwd(), *Path.cwd().parents]
    meant = next((folder for folder in folders if (folder / "data").is_dir()), Path.cwd())
    return _startup(meant)


def _typed(argv: Sequence[str]) -> str:
    """Return what `-w` says, where it was not read yet: the verb itself cannot be loaded."""
    return next((value for word, value in pairwise(argv) if word in ("-w", "--workspace")), "")


def _startup(folder: Path) -> list[Path]:
    return [one / "crash_startup.log" for one in (folder, Path.cwd(), Path(tempfile.gettempdir()))]
