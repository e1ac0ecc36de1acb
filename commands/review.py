"""`review`: the page on which photos are looked at, edited, decided and published."""

import os
import sys
from typing import Annotated

import typer

from commands.call import Call
from commands.output import line, warn


def review(
    call: Call,
    *,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65_535,
            help="The port; by default 8420, or a free one where that is taken.",
            show_default=False,
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and open no browser.")
    ] = False,
) -> None:
    """
    Open the page on which photos are reviewed and published

    The page is served on this machine's own address only, for the browser that opens the printed
    link first. It works while a run goes on. Ctrl+C ends it; nothing is lost by that. From another
    machine: `ssh -L 8420:127.0.0.1:8420 HOST`, then `photojournal review --no-browser` there.
    """
    from web.serving import listening

    workspace = call.find()
    with (
        listening(port) as sock,
        call.opened(readonly=workspace.is_incident) as program,
    ):
        from web.app import create_app
        from web.desk import Desk
        from web.guard import Guard
        from web.serving import server

        desk = Desk(program, call.argv)
        guard = Guard(sock.getsockname()[1])
        app = create_app(desk, guard)
        try:
            line(f"The page, for one browser: {guard.url}")
            line("Ctrl+C ends it.")
            if not no_browser and not _opened(guard.url):
                line("No browser could be opened here: open the address yourself.")
            server(app, desk.watch.close).run(sockets=[sock])
        finally:
            app.state.jobs.close(line)
            desk.close()
            for words in program.warnings:
                warn(f"Warning: {words}")
        line("Ended.")


def _opened(url: str) -> bool:
    """Open the page in the browser of whoever sits at the screen, if there is one."""
    import webbrowser

    screen = os.name == "nt" or sys.platform == "darwin"
    screen = screen or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return screen and webbrowser.open(url)
