"""
What the page may have the command line do: a fixed table of verbs, each with its options.

Nothing that a browser sends becomes a word of a command by itself. Verbs and flags are enumerated
here; ids are numbers, and a text is the value of a long option in the same word (`--reason=...`),
so that it can be read as nothing else. Words go to the process as a list, never through a shell.
"""

import re
import shlex
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from machine.failures import FAILURES
from machine.text import counted

ROWS_MAX = 20_000
"""Rows of one decision, plan or job; all that are due need no list."""
ROWS_TYPED = 50
"""With more rows, their ids are read from standard input: command lines have a limit."""
ID_MAX = 2**53 - 1
"""The largest number that a browser and the journal write alike."""

_LISTED = 8
_REFUSED = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def _one_line(text: str) -> str:
    """Return `text` without blanks around it. Raises ValueError for what a line cannot hold."""
    if _REFUSED.search(text):
        msg = "it has to be one line of text"
        raise ValueError(msg)
    return text.strip()


def _failure_code(code: str) -> str:
    if code not in FAILURES:
        msg = "it is no failure code"
        raise ValueError(msg)
    return code


RowId = Annotated[int, Field(ge=1, le=ID_MAX)]
Reason = Annotated[str, Field(max_length=500), AfterValidator(_one_line)]
Code = Annotated[str, Field(max_length=64), AfterValidator(_failure_code)]
ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w./:-]*$", max_length=200)]
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
SetId = Annotated[str, Field(pattern=r"^\d{8}-\d{1,6}$")]
StageName = Literal["prefill", "score", "resize"]


class Options(BaseModel):
    """Options of a verb, called as on the command line (`set_id` for --set); none that is empty."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def words(self) -> list[str]:
        """Return the options as words of a command line."""
        given = self.model_dump(exclude_defaults=True)
        flags = {_flag(name): value for name, value in given.items() if value}
        return [flag if value is True else f"{flag}={value}" for flag, value in flags.items()]


def _flag(name: str) -> str:
    return "--" + name.removesuffix("_id").replace("_", "-")


class NoOptions(Options):
    """The verb takes none here."""


class RunOptions(Options):
    """Of `run`: everything up to the review, of one set or of all rows that are due."""

    set_id: SetId | None = None


class ReasonOption(Options):
    """Of `withdraw`: why, kept with the event."""

    reason: Reason = ""


class PublishOptions(Options):
    """Of `publish`: `force` sends rows in spite of what stands against them, and needs a reason."""

    force: bool = False
    reason: Reason = ""

    @model_validator(mode="after")
    def _together(self) -> "PublishOptions":
        if self.force != bool(self.reason):
            msg = "force needs a reason, and a reason is for force"
            raise ValueError(msg)
        return self


class RetryOptions(Options):
    """Of `retry`: one stage, or another model for the caption; `qc`: all rows that failed so."""

    stage: StageName | None = None
    model: ModelName | None = None
    qc: Code | None = None
    reason: Reason = ""


class ReleaseOptions(Options):
    """Of `release`: what was done about the cause; `qc`: all rows that were set aside for it."""

    stage: StageName | None = None
    qc: Code | None = None
    reason: Annotated[Reason, Field(min_length=1)]


class RepairOptions(Options):
    """Of `repair`: `remote` puts back what is missing in the gallery."""

    remote: bool = False


class RollbackOptions(Options):
    """Of `rollback`: one row `to` a version, or what a `run` did."""

    to: Annotated[int, Field(ge=1, le=ID_MAX)] | None = None
    run: RunId | None = None
    including_later: bool = False
    reason: Reason = ""


class _Order(BaseModel):
    """What the orders share."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def problem(self) -> str:
        """Return why rows and options do not go together; empty: they do."""
        return ""

    @model_validator(mode="after")
    def _is_meant(self) -> "_Order":
        if problem := self.problem():
            raise ValueError(problem)
        return self


class StageOrder(_Order):
    """One stage, of these rows or of all that are due."""

    verb: StageName
    rows: Annotated[list[RowId], Field(max_length=ROWS_MAX)] = []
    options: NoOptions = NoOptions()


class RunOrder(_Order):
    """Every stage."""

    verb: Literal["run"]
    rows: Annotated[list[RowId], Field(max_length=0)] = []
    options: RunOptions = RunOptions()


class PublishOrder(_Order):
    """Send rows to the gallery; without rows, all that are due."""

    verb: Literal["publish"]
    rows: Annotated[list[RowId], Field(max_length=ROWS_MAX)] = []
    options: PublishOptions = PublishOptions()

    def problem(self) -> str:
        """Return why force is refused: what it is for has to be named."""
        return "force needs rows" if self.options.force and not self.rows else ""


class WithdrawOrder(_Order):
    """Take rows down."""

    verb: Literal["withdraw"]
    rows: Annotated[list[RowId], Field(min_length=1, max_length=ROWS_MAX)]
    options: ReasonOption = ReasonOption()


class RetryOrder(_Order):
    """Make what failed due again."""

    verb: Literal["retry"]
    rows: Annotated[list[RowId], Field(max_length=ROWS_MAX)] = []
    options: RetryOptions = RetryOptions()

    def problem(self) -> str:
        """Return what lacks where neither rows nor a code were given."""
        return "" if self.rows or self.options.qc else "say which rows, or a failure code"


class ReleaseOrder(_Order):
    """Give rows that were set aside a fresh budget."""

    verb: Literal["release"]
    rows: Annotated[list[RowId], Field(max_length=ROWS_MAX)] = []
    options: ReleaseOptions

    def problem(self) -> str:
        """Return what lacks where neither rows nor a code were given."""
        return "" if self.rows or self.options.qc else "say which rows, or a failure code"


class RepairOrder(_Order):
    """Finish what an interrupted run left open, of these rows or of all."""

    verb: Literal["repair"]
    rows: Annotated[list[RowId], Field(max_length=ROWS_MAX)] = []
    options: RepairOptions = RepairOptions()

    def problem(self) -> str:
        """Return why rows are refused: the gallery is looked at as a whole."""
        return "remote takes no rows" if self.options.remote and self.rows else ""


class RollbackOrder(_Order):
    """Bring one row back to a version, or take back what a run did."""

    verb: Literal["rollback"]
    rows: Annotated[list[RowId], Field(max_length=1)] = []
    options: RollbackOptions

    def problem(self) -> str:
        """Return why it is unclear where to go back to."""
        to, run = self.options.to, self.options.run
        if (to is None) == (run is None):
            return "say a version, or a run"
        if (to is None) != (not self.rows):
            return "a version belongs to one row, and a run to none"
        return "including_later goes with a run" if to and self.options.including_later else ""


Order = Annotated[
    StageOrder
    | RunOrder
    | PublishOrder
    | WithdrawOrder
    | RetryOrder
    | ReleaseOrder
    | RepairOrder
    | RollbackOrder,
    Field(discriminator="verb"),
]
"""What a browser may ask for."""


def words(order: Order) -> list[str]:
    """Return the verb, the rows and the options as words; many rows are `-`, for standard input."""
    rows = ["-"] if read_from_input(order) else [str(row) for row in order.rows]
    return [order.verb, *rows, *order.options.words()]


def read_from_input(order: Order) -> bool:
    """Tell whether the ids are too many to be typed."""
    return len(order.rows) > ROWS_TYPED


def as_typed(order: Order) -> str:
    """Return the command as a person would type it."""
    rows = [str(row) for row in order.rows]
    return shlex.join(["photojournal", order.verb, *rows, *order.options.words()])


def in_brief(order: Order) -> str:
    """Return the command for a listing; about many rows, in words: `publish 12 rows`."""
    if len(order.rows) <= _LISTED:
        return as_typed(order)
    rows, options = counted(len(order.rows), "row"), map(shlex.quote, order.options.words())
    return " ".join([order.verb, rows, *options])
