"""
Pictures: `/pictures/12/thumb?v=SHA256`, `web` and `full`, by the row's number alone.

With the right `v` the answer never changes and may be kept for ever; without it the browser asks
again each time.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from driver.erasing import drop_beside
from driver.review_pictures import Name, NoPicture, Shown, versions_of
from machine.row import Row
from web.answers import refused
from web.desk import Desk, DeskDep
from web.errors import NoSuchRow
from web.job_orders import RowId

FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"

router = APIRouter()


@router.get("/pictures/{row}/{name}", response_class=Response)
async def picture(
    desk: DeskDep,
    row: RowId,
    name: Name,
    v: Annotated[str, Query(max_length=64)] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Return a picture of a row: JPEG, PNG, WebP or AVIF, upright."""
    state = await run_in_threadpool(_state, desk, row)
    version = getattr(versions_of(state), name)
    tag = f'"{version}-{name}"'
    headers = {"ETag": tag, "Cache-Control": FOR_EVER if v == version else ASK_AGAIN}
    if tag in [one.strip() for one in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    try:
        shown = await _shown(desk, state, name)
    except NoPicture as error:
        return refused(404, str(error), error.hint, row)
    return Response(shown.data, headers=headers, media_type=shown.media_type)


def _state(desk: Desk, number: int) -> Row:
    """Return a row's state. Raises NoSuchRow, also where it was erased."""
    row = desk.row(number)
    if row.happened.erasure or not row.decided.photo.sha256:
        raise NoSuchRow(number)
    return row


async def _shown(desk: Desk, row: Row, name: Name) -> Shown:
    at_hand = await run_in_threadpool(desk.pictures.at_hand, row, name)
    if at_hand is not None:
        return at_hand
    made = await asyncio.wrap_future(desk.pictures.make(row, name))
    await run_in_threadpool(_forget_erased, desk, row)
    return made


def _forget_erased(desk: Desk, row: Row) -> None:
    """Remove what is kept of a row that was erased while its picture was made. Raises NoSuchRow."""
    number = row.happened.row
    try:
        _state(desk, number)
    except NoSuchRow:
        drop_beside(desk.program.workspace, row)
        raise
