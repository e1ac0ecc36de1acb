"""`demo`: see it work in a minute."""

import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from commands.call import Call
from commands.doing import LISTED, hint_of, meaning
from commands.output import counted, line, table
from driver.errors import ROWS_FAILED

if TYPE_CHECKING:
    from driver.demo import Shown
    from driver.workspace import Workspace


def demo(call: Call) -> None:
    """
    Take sample photos through the whole pipeline

    Free photographs, one of them damaged, from a folder to a published site, with the embedded
    parts only: no server, no model, no GPU. In a clone it works right there, elsewhere in a new
    folder, or in the one that -w names; never among photos of yours. Again: nothing changes.
    """
    from driver.demo import folder_for, open_workspace, refuse_other_photos, show

    began = time.monotonic()
    call.workspace, made = open_workspace(folder_for(call.given))
    with call.opened() as program:
        if made:
            line("A new workspace for the demo, with [publish] allow_ungrounded = true.")
        refuse_other_photos(program)
        shown = show(program, call.argv, lambda words: line(f"  {words}"))
        _say(shown, call.workspace, time.monotonic() - began)
        if any(one.outcome != "published" for one in shown.sent):
            program.exit_code = ROWS_FAILED


def _say(shown: "Shown", workspace: "Workspace", seconds: float) -> None:
    line()
    table(
        ("row", "original", "File_Name", "status", "QR", "quality"),
        [
            (
                one["id"],
                one["Original_File_Name"],
                one["File_Name"],
                one["Review_Status"],
                one["QR"],
                one["quality_tier"],
            )
            for one in shown.lines
        ],
        right=("row", "QR"),
        keep=("status",),
    )
    wrong = [one for one in shown.lines if one["failure"]]
    if wrong:
        line()
        line("One photo is damaged on purpose. Nothing is skipped in silence:")
        for one in wrong[:LISTED]:
            line(f"Error: row {one['id']} {one['Original_File_Name']}: {meaning(one['failure'])}")
            line(f"Hint: {hint_of(one)}")
    line()
    published = sum(one["Review_Status"] == "Published" for one in shown.lines)
    line(f"{counted(published, 'photo')} published below {workspace.site}, {seconds:.1f} s.")
    line("The captions come from what was known, without looking at the pictures; the demo's own")
    line("setting [publish] allow_ungrounded lets them through, and each approval records it.")
    if not shown.changed:
        line("Nothing changed: it was all there.")
    if shown.page:
        line(f"Look at it: {shown.page}")
    _say_next(shown, workspace)


def _say_next(shown: "Shown", workspace: "Workspace") -> None:
    """Print commands to try, each of which works as it stands."""
    published = [one for one in shown.lines if one["Review_Status"] == "Published"]
    first = published[0]["id"] if published else 1
    command = _typed()
    if Path.cwd() != workspace.root:
        command = f"{command} -w {shlex.quote(str(workspace.root))}"
    rows = [
        ("queue", "every row, each with its next command"),
        (f"history {first}", "everything that ever happened to it"),
        (f"edit {first} --caption 'My own words'", "a text of yours, which publish sends out"),
        ("undo", "takes your newest step back"),
        (f"withdraw {first}", "takes it off the site"),
        (f"rollback {first} --to 6 --dry-run", "what going back would change, outside as well"),
        ("verify", "nothing was lost or changed"),
    ]
    line()
    line("Try next:")
    table(("command", "what it does"), [(f"{command} {verb}", what) for verb, what in rows])


def _typed() -> str:
    """Return how this program is called from here: by name, by its path, or as Python's module."""
    if shutil.which("photojournal"):
        return "photojournal"
    started = Path(sys.argv[0]).absolute()
    if started.stem != "photojournal" or started.suffix == ".py" or not started.is_file():
        return f"{_from_here(Path(sys.executable))} -m photojournal"
    return _from_here(started)


def _from_here(path: Path) -> str:
    below = path.is_relative_to(Path.cwd())
    return shlex.quote(str(path.relative_to(Path.cwd()) if below else path))
