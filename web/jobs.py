"""
Jobs of the page: start one, look at it, ask it to stop.

What a job does is an event in the journal like anything else; `run_id` says which run it is.
"""

import shlex
import socket
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel

from web import job_processes
from web.desk import ClickDep, Desk, DeskDep
from web.errors import NotThere
from web.job_orders import Order
from web.job_processes import Job, Jobs

router = APIRouter(prefix="/api")


class NoSuchJob(NotThere):
    """The page asks for a job that is not there, or that was forgotten."""


class JobAnswer(BaseModel):
    """A job as the page shows it."""

    id: str
    command: str
    """As a person would type it; about many rows, in words: `publish 12 rows`."""
    verb: str
    rows: list[int]
    state: Literal["running", "done", "failed"]
    exit_code: int | None
    """None while it runs; negative: the signal that killed it."""
    words: str
    """How it ended."""
    hint: str
    """What to do about it; empty when it ended well."""
    stop_asked: bool
    run_id: str
    """Empty: it appended nothing, so far."""
    lines: list[str]
    """The last ones that it printed, at most 50."""
    started_at: str
    """UTC."""
    ended_at: str


def jobs_of(request: Request) -> Jobs:
    """Return the jobs of this server."""
    jobs: Jobs = request.app.state.jobs
    return jobs


JobsDep = Annotated[Jobs, Depends(jobs_of)]

_FOR_EVER = "9999"
"""Later than every time of the journal."""


@router.post("/jobs")
def start(
    order: Annotated[Order, Body()], desk: DeskDep, jobs: JobsDep, click: ClickDep
) -> JobAnswer:
    """Start a verb of the command line as a process of its own; the same click is one job."""
    desk.program.workspace.refuse_incident()
    job = desk.answer_once(click, lambda: jobs.start(order))
    return told(desk, jobs, job)


@router.get("/jobs")
def listed(desk: DeskDep, jobs: JobsDep) -> list[JobAnswer]:
    """List the jobs of this server, the newest first."""
    desk.models.catch_up()
    return [told(desk, jobs, job) for job in jobs.all()]


@router.get("/jobs/{job}")
def shown(job: str, desk: DeskDep, jobs: JobsDep) -> JobAnswer:
    """Return a job with the last lines that it printed."""
    desk.models.catch_up()
    return told(desk, jobs, _found(jobs, job))


@router.delete("/jobs/{job}")
def stop(job: str, desk: DeskDep, jobs: JobsDep, click: ClickDep) -> JobAnswer:
    """Ask a job to stop after the rows in flight, as Ctrl+C does; again: to leave at once."""
    found = _found(jobs, job)
    desk.answer_once(click, found.interrupt)
    return told(desk, jobs, found)


def _found(jobs: Jobs, number: str) -> Job:
    job = jobs.get(number)
    if job is None:
        msg = "there is no such job; what it did is among the runs"
        raise NoSuchJob(msg, "photojournal runs")
    return job


def told(desk: Desk, jobs: Jobs, job: Job) -> JobAnswer:
    """Return a job as the page shows it."""
    lines = jobs.lines(job)
    return JobAnswer(
        id=job.id,
        command=desk.program.workspace.credentials.redacted(job.command),
        verb=job.order.verb,
        rows=job.order.rows,
        state=job.state,
        exit_code=job.exit_code,
        words=job_processes.ending(job),
        hint=job_processes.hint(job, lines),
        stop_asked=job.stop_asked,
        run_id=run_of(desk, job),
        lines=lines,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


def run_of(desk: Desk, job: Job) -> str:
    """
    Return the run that a job is, as the journal says; empty: it has appended nothing so far.

    A run names its process. Where Python is started by a launcher (a virtual environment on
    Windows), the launcher is what we started: then the command line tells it. A job that has ended
    without a run is none of the runs that began later, though the same was typed.
    """
    if not job.run_id:
        until, argv = job.ended_at or _FOR_EVER, shlex.join(job.argv)
        found = desk.models.query(
            "SELECT run_id FROM runs WHERE host = ? AND started_at BETWEEN ? AND ?"
            " AND (pid = ? OR argv = ?) ORDER BY pid = ? DESC, first_position LIMIT 1",
            (socket.gethostname(), job.started_at, until, job.pid, argv, job.pid),
        )
        job.run_id = found[0]["run_id"] if found else ""
    return job.run_id
