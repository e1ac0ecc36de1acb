"""
The command line's frame: finds the verb, runs it, and turns every ending into words and a code.

Promised: 0, 10, 2, 3, 4, 5, 70 or 130 and never 1; every failure says `Error:` and, where something
can be done, `Hint:` on standard error. An error that nobody foresaw leaves its traceback in a file
whose path is printed. Verbs are loaded when they are called, so `--help` costs what Typer costs.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from commands.bundles import expand
from commands.call import Call
from commands.coercion import Verb, spare
from commands.output import flush, line, warn
from commands.threads import watched_threads
from commands.verbs import GROUPS, VERBS
from driver.errors import BUG, INTERRUPTED, MISUSED, Misconfigured, worst

_UsageError = typer.BadParameter.__mro__[1]
"""What Typer raises at a command line that it cannot read; it has no public name."""


class OnDemand(Mapping[str, Any]):
    """The verbs' commands; each is loaded when it is looked up."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, verb: str) -> Any:  # noqa: ANN401  (a Typer command)
        if not _is_there(verb):
            raise KeyError(verb)
        if verb not in self._loaded:
            self._loaded[verb] = load(verb)
        return self._loaded[verb]

    def __iter__(self) -> Iterator[str]:
        return (verb for verb in VERBS if _is_there(verb))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Verbs(TyperGroup):
    """The verbs. Listing them loads none, calling one loads its module."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  (what Typer hands over)
        super().__init__(**given)
        self.commands = OnDemand()  # type: ignore[assignment]

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        """Return the options before the verb."""
        return [spare(param) for param in super().get_params(ctx)]

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Return the verbs in the order of `--help`."""
        del ctx
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """List the verbs by group with their summaries, without loading them."""
        del ctx
        for group in GROUPS:
            with formatter.section(group):
                formatter.write_dl(
                    [(verb, VERBS[verb][1]) for verb in self.commands if VERBS[verb][0] == group]
                )


def _is_there(verb: str) -> bool:
    return verb in VERBS and (Path(__file__).parent / f"{_name_of(verb)}.py").is_file()


def load(verb: str) -> Any:  # noqa: ANN401  (a Typer command)
    """Return a verb's command."""
    return _command(expand(function_of(verb)), verb)


def function_of(verb: str) -> Any:  # noqa: ANN401
    """Return a verb's function, from the module of the same name."""
    name = _name_of(verb)
    return getattr(importlib.import_module(f"commands.{name}"), name)


def _name_of(verb: str) -> str:
    """Return what a verb is called in Python, where `import` is a word of the language."""
    return f"{verb}_" if iskeyword(verb) else verb


def _command(function: Any, verb: str) -> Any:  # noqa: ANN401
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(verb, cls=Verb)(function)
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=Verbs,
    add_completion=False,
    rich_markup_mode=None,
    subcommand_metavar="VERB ...",
    epilog=(
        "Each verb tells its story with --help. Exit codes: 0 done, 10 done but rows failed,"
        " 2 refused or misused, 3 journal damaged, 4 something does not answer or the disk is low,"
        " 5 drift found, 70 our bug, 130 interrupted."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def photojournal(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            metavar="FOLDER",
            help="The workspace; else PHOTOJOURNAL_WORKSPACE, else found upwards from here.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Take photos from a folder to a published gallery; every change is one event."""
    if version:
        from importlib import metadata

        line(f"photojournal {metadata.version('photojournal')}")
        raise typer.Exit
    call = context.obj
    assert isinstance(call, Call)
    call.given, call.verb = workspace, context.invoked_subcommand or "status"
    if context.invoked_subcommand is None:
        from commands.options import View
        from commands.status import status

        status(call, View())


def main() -> None:
    """Run the command line that this process was started with."""
    sys.exit(run(sys.argv[1:]))


def run(argv: Sequence[str]) -> int:
    """Run one command line and return the exit code; output goes to the standard streams."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    call = Call(argv)
    with watched_threads(call):
        code = _ending(call, argv)
    flush()
    return code


def _ending(call: Call, argv: Sequence[str]) -> int:
    try:
        _dispatch(call, _globbed(argv))
    except KeyboardInterrupt:
        warn("Interrupted.")
        return worst(call.exit_code, INTERRUPTED)
    except Exception as error:  # noqa: BLE001  (the outermost edge)
        return _failed(call, error)
    return call.exit_code


def _dispatch(call: Call, argv: Sequence[str]) -> None:
    command = typer.main.get_command(app)
    try:
        with command.make_context("photojournal", list(argv), obj=call) as context:
            command.invoke(context)
    except typer.Exit as leaving:
        call.exit_code = worst(call.exit_code, leaving.exit_code)


def _globbed(argv: Sequence[str]) -> list[str]:
    """Return the command line with `*.jpg` written out where the shell does not do it (Windows)."""
    if os.name != "nt":
        return list(argv)
    from glob import glob

    words: list[str] = []
    for word in argv:
        words += (sorted(glob(word)) if "*" in word or "?" in word else []) or [word]  # noqa: PTH207
    return words


def _failed(call: Call, error: Exception) -> int:
    """Say what went wrong and return the exit code."""
    from commands.failing import leave_traceback
    from driver.explaining import explain

    if isinstance(error, _UsageError):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "photojournal"
        message = error.format_message()  # type: ignore[attr-defined]
        hint = f"{command} --help"
        if context and context.parent and re.search(r"option:? '?(-w|--workspace)\b", message):
            hint = f"-w stands before the verb: photojournal -w FOLDER {call.verb}"
        say_error(message, hint)
        return worst(call.exit_code, MISUSED)
    message, hint, code = explain(error)
    path = leave_traceback(call, error) if code == BUG or isinstance(error, Misconfigured) else ""
    if code == BUG:
        hint = f"please report it; the details are in {path}"
    hint = call.workspace.fitting(hint) if call.workspace else hint
    say_error(call.redacted(message), call.redacted(hint))
    if path and code != BUG:
        warn(f"Noted in {path}")
    return worst(call.exit_code, code)


def say_error(message: str, hint: str = "") -> None:
    """Print `Error:` and `Hint:` on standard error."""
    warn(f"Error: {message}")
    if hint:
        warn(f"Hint: {hint}")
