"""
What changes while the page is open: server-sent events, from one thread that watches the journal.

A `change` says up to which position the page is told, and which rows and runs have moved. Missing
one is no harm: the page asks again from the position that it knows.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from web.desk import DeskDep
from web.job_orders import ID_MAX
from web.watch import Change, Listener, Watch

SIGN_OF_LIFE_S = 15.0

router = APIRouter(prefix="/api")


@router.get("/changes", response_class=StreamingResponse)
async def changes(
    desk: DeskDep, after: Annotated[int, Query(ge=0, le=ID_MAX)] = 0
) -> StreamingResponse:
    """Stream what changes after a position, as server-sent events `change`; 8 at most at once."""
    listener = desk.watch.listen()
    lines = _told(desk.watch, listener, after)
    return StreamingResponse(lines, media_type="text/event-stream")


async def _told(watch: Watch, listener: Listener, after: int) -> AsyncIterator[str]:
    try:
        yield "retry: 1000\n\n"
        if after < listener.since:
            yield _event(await run_in_threadpool(watch.between, after, listener.since))
        while True:
            try:
                change = await asyncio.wait_for(listener.next(), SIGN_OF_LIFE_S)
            except TimeoutError:
                yield ": here\n\n"
                continue
            if change is None:
                return
            yield _event(change)
    finally:
        watch.leave(listener)


def _event(change: Change) -> str:
    return f"event: change\nid: {change['position']}\ndata: {json.dumps(change)}\n\n"
