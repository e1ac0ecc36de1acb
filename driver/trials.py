"""
Tries another model or another prompt on given rows, beside what the rows say today.

Nothing is appended, no row is changed and no lock is held. An answer is judged by the same rules as
in the stage, and asked for again as often, but never of a fallback model.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters import captions
from adapters.errors import AdapterError
from adapters.ollama_service import CallFailed, OllamaService, Reply
from adapters.tasks import Preview
from adapters.workers import WorkerFailure
from driver.asking import (
    PREPARE_DEADLINE_S,
    judge,
    limits_of,
    options_of,
    request,
)
from driver.captioned import feedback_of
from driver.errors import Misused, Unreachable
from driver.model_watch import leaving
from driver.program import Program
from driver.word_parts import by_whom
from driver.worker_failures import code_of
from machine.failures import FAILURES
from machine.row import Row
from machine.values import Change, Finding, ModelCall, Text
from machine.wording import About, about

REPLY_SHOWN = 400
"""Characters of a refused reply that are kept."""

_PROMPT_BYTES_MAX = 100_000


class RowTrial(Struct, frozen=True, kw_only=True):
    """What a model wrote about one row, beside its text of today."""

    row: int
    file_name: str
    model: str
    today: Text
    author: str
    """Who wrote today's text."""
    text: Text | None = None
    """Cleaned, as it would become the row's; None: there was none."""
    code: str = ""
    """Why it was refused; empty: it would be accepted."""
    detail: str = ""
    reply: str = ""
    """How a refused reply begins."""
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    tries: int = 0
    call: ModelCall | None = None
    """The newest request."""
    duration_ms: int = 0
    """Of all tries."""


def template_from(path: Path | None) -> str:
    """
    Return the prompt in a file; empty for no file.

    Raises:
        Misused: it cannot be read, or names what is not known about a row.
    """
    if path is None:
        return ""
    hint = f"fields that it may name: {', '.join(f'{{{one}}}' for one in captions.TEMPLATE_FIELDS)}"
    try:
        with path.open("rb") as file:
            template = file.read(_PROMPT_BYTES_MAX).decode("utf-8")
        captions.check_template(template)
    except OSError as error:
        msg = f"the prompt cannot be read: {path}: {error.strerror}"
        raise Misused(msg, "give a text file: --prompt FILE") from error
    except UnicodeDecodeError as error:
        msg = f"the prompt is no text in UTF-8: {path}"
        raise Misused(msg, "save it as UTF-8") from error
    except ValueError as error:
        msg = f"{error} ({path})"
        raise Misused(msg, hint) from error
    if not template.strip():
        msg = f"the prompt is empty: {path}"
        raise Misused(msg, hint)
    return template


def tried(
    program: Program, numbers: Sequence[int], model: str, template: str = ""
) -> Iterator[RowTrial]:
    """
    Ask a model about rows, one after the other.

    Raises:
        Unreachable: the service or the model is not there, or goes away meanwhile.
    """
    with asyncio.Runner() as runner:
        trying = _Trying(program, runner, model, template)
        try:
            trying.check()
            for number in numbers:
                if program.enough():
                    return
                found = trying.row(number)
                yield found
                if found.code and FAILURES[found.code].policy == "nobody":
                    raise _away(AdapterError(found.code, found.detail), model)
        finally:
            runner.run(trying.service.close())


def _away(error: AdapterError, model: str) -> Unreachable:
    return Unreachable(str(error), FAILURES[error.code].hint.replace("MODEL", model))


class _Trying:
    """One model, one prompt, one connection."""

    def __init__(self, program: Program, runner: asyncio.Runner, model: str, template: str) -> None:
        self.settings = program.workspace.config.prefill
        try:
            self.service = OllamaService(self.settings.host)
        except AdapterError as error:
            raise _away(error, model) from error
        self._program = program
        self._shell = program.rehearsal("prefill")
        self._runner = runner
        self._model = model
        self._template = template
        self._digest = ""

    def check(self) -> None:
        """Load the model. Raises Unreachable."""
        settings = self.settings
        checking = self.service.check(
            self._model,
            options=options_of(settings, 1),
            keep_alive=settings.keep_alive,
            within_s=settings.first_token_timeout_s,
        )
        try:
            checked = self._runner.run(checking)
            self._digest = checked.digest
            for words in leaving(self.service, checked):
                self._program.warn(words)
        except AdapterError as error:
            raise _away(error, self._model) from error

    def row(self, number: int) -> RowTrial:
        """Ask about one row, again with the reason where an answer is refused."""
        row, started = self._shell.row(number), time.monotonic()
        author = row.decided.prefill.author
        found = RowTrial(
            row=number,
            file_name=row.happened.file_name,
            model=self._model,
            today=row.decided.prefill.text,
            author=by_whom(author) if author else "",
        )
        try:
            picture = self._picture(row)
        except AdapterError as error:
            return replace(found, code=error.code, detail=error.detail)
        for attempt in range(1, self.settings.attempts + 1):
            found = self._asked(row, picture, replace(found, tries=attempt))
            if not found.code or FAILURES[found.code].policy != "transient":
                break
        return replace(found, duration_ms=round((time.monotonic() - started) * 1000))

    def _picture(self, row: Row) -> bytes:
        """Return what the model is shown. Raises AdapterError."""
        photo = self._program.stage_work.original(row)
        argument = msgspec.json.encode(Preview(long_side_px=self.settings.long_side_px))
        answer = self._program.workers.submit(
            "prepare", photo, argument, deadline_s=PREPARE_DEADLINE_S
        ).result()
        if isinstance(answer, WorkerFailure):
            detail = answer.detail.strip().rpartition("\n")[2]
            raise AdapterError(code_of("prefill", answer), detail)
        return answer.data

    def _asked(self, row: Row, picture: bytes, found: RowTrial) -> RowTrial:
        """Ask once."""
        settings = self.settings
        asked = request(
            settings,
            row.decided.labels,
            picture,
            model=self._model,
            digest=self._digest,
            seed=found.tries,
            limits=limits_of(settings),
            feedback=feedback_of(found.code, found.detail),
            template=self._template,
        )
        try:
            reply = self._runner.run(self.service.ask(asked))
        except CallFailed as failed:
            return _refused(found, failed, failed.call, failed.raw.decode("utf-8", "replace"))
        known = about(row, language=settings.language, limits=settings.text_limits())
        return self._judged(found, reply, known)

    def _judged(self, found: RowTrial, reply: Reply, known: About) -> RowTrial:
        """Return what the rules make of an answer."""
        try:
            judged = judge(self.settings, known, reply.text)
        except AdapterError as error:
            return _refused(found, error, reply.call, reply.text)
        return replace(
            found,
            text=judged.text,
            code="PrefillRefused" if judged.refused else "",
            detail=judged.refused,
            reply=reply.text[:REPLY_SHOWN] if judged.refused else "",
            findings=judged.findings,
            changes=judged.changes,
            call=reply.call,
        )


def _refused(found: RowTrial, error: AdapterError, call: ModelCall, reply: str) -> RowTrial:
    return replace(
        found,
        text=None,
        code=error.code,
        detail=error.detail,
        reply=reply[:REPLY_SHOWN],
        findings=(),
        changes=(),
        call=call,
    )


def marked(before: str, after: str) -> tuple[str, str]:
    """Return both texts with the words that differ marked: `[-gone-]` and `{+new+}`."""
    old, new = before.split(), after.split()
    was, now = list[str](), list[str]()
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = kind == "equal"
        was += old[i:j] if same or i == j else [f"[-{' '.join(old[i:j])}-]"]
        now += new[k:m] if same or k == m else [f"{{+{' '.join(new[k:m])}+}}"]
    return " ".join(was), " ".join(now)
