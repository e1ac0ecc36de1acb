"""`events`: the journal as it is stored."""

import json
from typing import Annotated

import typer

from commands.call import Call
from commands.options import View
from commands.output import emit, line, local, reader_left, safe, stream_json, warn
from driver.moments import moment_of, place_of
from driver.selection import run_named
from driver.timeline import Wanted, check_type, raw_as_object, raw_events
from journal.codec import WITHHELD
from machine.events import EVENTS


def events(
    call: Call,
    view: View,
    *,
    stream: Annotated[
        str,
        typer.Option("--stream", metavar="STREAM", help="Of a stream: row/3, or all below row/."),
    ] = "",
    type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Of a type: Approved.")
    ] = None,
    run: Annotated[
        str, typer.Option("--run", metavar="RUN", help="Of a run; `last` is the newest.")
    ] = "",
    row: Annotated[
        int | None, typer.Option("--row", metavar="ID", help="Of a row, by its id.")
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="From a time on.")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="Also hashes, keys and the payload.")] = False,
) -> None:
    """
    List the events as they are stored

    Nothing is decoded and no read model is opened, so this works when those are broken. Oldest
    first. `--json` has every column.
    """
    heading = not view.json
    with call.opened(heading=heading, readonly=True, accept_head=True) as program:
        journal = program.journal
        wanted = Wanted(
            stream=stream,
            types=tuple(check_type(word, list(EVENTS)) for word in type or ()),
            run=run_named(journal, run) if run else "",
            row=row,
            since=moment_of(since) if since else "",
        )
        place = place_of(journal, view.at) if view.at else None
        if place:
            (line if heading else warn)(f"As of {place.words}")
        found = raw_events(journal, wanted, place.position if place else None)
        if view.json:
            stream_json(raw_as_object(one) for one in found)
            return
        for one in found:
            if reader_left():
                break
            cause = f" because of {one.cause}" if one.cause else ""
            withheld = "  (withheld)" if one.payload == WITHHELD.encode() else ""
            line(
                f"{one.position:>7}  {local(one.at)}  {one.stream} v{one.version}"
                f"  {one.type}  by {one.actor}{cause}{withheld}"
            )
            if raw:
                whole = raw_as_object(one)
                for name in ("run_id", "step", "append_key", "schema_version", "digest", "hash"):
                    emit(f"         {name}: {safe(str(whole[name]))}")
                emit(f"         payload: {safe(json.dumps(whole['payload'], ensure_ascii=False))}")
