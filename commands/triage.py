"""`triage`: the incident page: first cause, rows hit, cause class, next command."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.call import Call
from commands.options import View
from commands.output import line, warn, write_json
from driver.errors import DAMAGED, Misconfigured, worst

if TYPE_CHECKING:
    from driver.looking import Seen


def triage(
    call: Call,
    view: View,
    *,
    run: Annotated[
        str,
        typer.Option(
            "--run", metavar="RUN", help="This run; `last` is the newest.", show_default=False
        ),
    ] = "",
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="TIME",
            help="All runs with effects since then: 2026-07-04, 14:30, 2h.",
            show_default=False,
        ),
    ] = "",
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Also write it as one page that can be sent to somebody.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """
    Say what failed first, whom it hit, why, and what to type next

    By default about the newest run that did not end well, or the one that an opened incident bundle
    is about. The first cause comes before what came of
    it; what nobody foresaw is `unclassified`, never guessed. Exit code 3 where the journal is
    damaged; whatever can be read is told all the same. docs/triage.md explains each field.
    """
    from driver.errors import Misused

    if run and since:
        msg = "either one run, or all since a time"
        raise Misused(msg, "photojournal triage --help")
    found = _found(call, view, run, since)
    assert call.workspace is not None
    fitting = call.workspace.fitting
    if found["damage"]["problems"]:
        call.exit_code = worst(call.exit_code, DAMAGED)
    if html:
        from driver import triage_page

        path = html.expanduser().absolute()
        triage_page.write(path, triage_page.render(found, fitting))
    if view.json:
        write_json(found)
    else:
        from commands.triage_text import say

        say(found, fitting)
    if html:
        (warn if view.json else line)(f"Incident page: {path}")


def _found(call: Call, view: View, run: str, since: str) -> dict[str, Any]:
    """Read everything, also where the settings or the journal are damaged."""
    from driver.moments import moment_of
    from driver.triage import Asked, triage_of
    from driver.triage_damaged import triage_of_damaged
    from journal import JournalDamaged, JournalMissing, NotAJournal, UnreadableEvent

    settings = _open(call)
    if call.workspace is not None and call.workspace.is_incident and not since:
        from driver.incident_seen import manifest_of

        run = run or manifest_of(call.workspace).run
    asked = Asked(run=run, since=moment_of(since) if since else "", settings=settings)
    try:
        with _looking(call, view.at) as seen:
            return triage_of(seen, asked)
    except (JournalDamaged, JournalMissing, NotAJournal, UnreadableEvent) as error:
        assert call.workspace is not None
        return triage_of_damaged(call.workspace, error, asked)


def _open(call: Call) -> str:
    """Find the workspace; return what is wrong with its settings, empty if nothing is."""
    try:
        call.find()
    except Misconfigured as error:
        from driver.sections import Config
        from driver.workspace import find

        call.workspace = find(call.given, Config())
        return str(error)
    return ""


@contextlib.contextmanager
def _looking(call: Call, at: str) -> "Iterator[Seen]":
    """Look, also where the journal's last appends are gone."""
    from driver.looking import look

    with (
        call.opened(heading=False, readonly=True, accept_head=True) as program,
        look(program, at) as seen,
    ):
        yield seen
