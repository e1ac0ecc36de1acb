"""The application: every router behind one desk, and the shell of the page."""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from driver.shell import actor
from web import (
    changes,
    decisions,
    history,
    jobs,
    many_texts,
    pictures,
    plans,
    rows,
    runs,
    texts,
)
from web.answers import RESPONSES, Failures, malformed, unknown
from web.desk import Desk
from web.guard import Guard
from web.job_processes import Jobs
from web.statics import Statics

HERE = Path(__file__).parent

ROUTERS: Sequence[APIRouter] = (
    rows.router,
    decisions.router,
    changes.router,
    pictures.router,
    jobs.router,
    runs.router,
    plans.router,
    history.router,
    texts.router,
    many_texts.router,
)


def create_app(desk: Desk, guard: Guard) -> FastAPI:
    """
    Return the application.

    Args:
        desk: the opened workspace; closed by whoever opened it, after `app.state.jobs`.
        guard: says who may ask; every request passes through it.
    """
    app = FastAPI(
        title="photojournal review",
        description="What the review page asks for; the same intents as the command line.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
        redirect_slashes=False,
    )
    app.state.desk = desk
    app.state.jobs = Jobs(desk.program.workspace)
    app.state.watching = runs.Watching()
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, unknown)
    app.add_middleware(Failures, desk=desk)
    app.add_middleware(guard.around)
    for router in ROUTERS:
        app.include_router(router)
    statics = Statics(HERE / "static")
    app.mount("/static", statics, name="static")
    page = _page(desk, statics.modules)
    app.add_api_route("/", lambda: HTMLResponse(page), include_in_schema=False)
    return app


def _page(desk: Desk, modules: Sequence[str]) -> str:
    """Return the shell of the page; what it shows is asked for by its scripts."""
    env = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    template = env.get_template("page.html")
    root = desk.program.workspace.root
    version = metadata.version("photojournal")
    return template.render(
        root=str(root),
        version=version,
        actor=actor(),
        readonly=desk.is_readonly,
        modules=modules,
    )
