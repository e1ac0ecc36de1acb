"""How the page is told what failed: `{error, hint, row}` and a status, never a traceback."""

import re

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from driver.errors import BUG, DAMAGED, DRIFT, MISUSED, UNREACHABLE
from driver.explaining import explain
from driver.selection import UnknownRow
from machine.refusals import Refused
from web.desk import Desk
from web.errors import Conflict, NotThere

STATUSES = {MISUSED: 400, DRIFT: 409, UNREACHABLE: 503, DAMAGED: 500, BUG: 500}
"""HTTP's status by exit code."""


class Failed(BaseModel):
    """What failed, and what to do about it."""

    error: str
    hint: str = ""
    row: int | None = None


RESPONSES: dict[int | str, dict[str, object]] = {
    400: {"model": Failed, "description": "Refused, or asked in a way that cannot be done"},
    403: {"model": Failed, "description": "Not from this page, or without its cookie"},
    404: {"model": Failed, "description": "There is no such row or run"},
    409: {"model": Failed, "description": "Something else came first"},
    413: {"model": Failed, "description": "The request is too large"},
    415: {"model": Failed, "description": "The request is not JSON"},
    422: {"model": Failed, "description": "The request is malformed"},
    503: {"model": Failed, "description": "The disk is low, or too much is asked at once"},
}
"""What every route may answer beside its own answer, for OpenAPI."""


def refused(status: int, error: str, hint: str = "", row: int | None = None) -> JSONResponse:
    """Return an answer that says what failed."""
    said = Failed(error=error, hint=hint, row=row).model_dump(exclude_none=True)
    return JSONResponse(said, status)


def status_of(error: Exception, code: int) -> int:
    """Return HTTP's status for an error with this exit code."""
    if isinstance(error, NotThere | UnknownRow):
        return 404
    return 409 if isinstance(error, Refused | Conflict) else STATUSES[code]


class Failures:
    """Answers for a handler that failed; what nobody foresaw is kept in the crash file."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        """Stand before `app`."""
        self.app = app
        self.desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the handler answer, or answer for it."""
        begun = gone = False

        async def sending(message: Message) -> None:
            nonlocal begun, gone
            begun = True
            try:
                await send(message)
            except OSError:  # whoever asked takes the answer no longer
                gone = True
                raise

        try:
            await self.app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001  (the outermost edge)
            if gone:
                return
            answer = self._told(scope, error)
            if not begun:
                await answer(scope, receive, send)

    def _told(self, scope: Scope, error: Exception) -> JSONResponse:
        about, row = f"{scope['method']} {scope['path']}", row_of(scope["path"], error)
        message, hint, code = explain(error)
        if code != BUG:
            redacted = self.desk.program.workspace.credentials.redacted
            status = status_of(error, code or MISUSED)
            return refused(status, redacted(message), redacted(hint), row)
        self.desk.crashed(about if row is None else f"{about} id={row}", error)
        hint = "please report it; the details are in data/crash_runtime.log"
        return refused(500, f"the server failed: {type(error).__name__}", hint, row)


def row_of(path: str, error: Exception | None = None) -> int | None:
    """Return the row that a request, or what became of it, is about; None: none, or several."""
    named = getattr(error, "row", None)
    found = re.search(r"/(?:rows|pictures)/(\d{1,18})(?:/|$)", path)
    return named if isinstance(named, int) else int(found[1]) if found else None


def malformed(_request: Request, error: Exception) -> JSONResponse:
    """Say what of a request is not as it must be."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return refused(422, f"{where}: {first['msg']}", "see /api/openapi.json")


def unknown(_request: Request, error: Exception) -> JSONResponse:
    """Say that there is no such address."""
    assert isinstance(error, HTTPException)
    return refused(error.status_code, str(error.detail).lower(), "see /api/openapi.json")
