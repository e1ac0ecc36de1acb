"""Says what became of each row that a person's decision was about."""

from collections.abc import Sequence

from msgspec import to_builtins

from commands.output import counted, line, warn, write_json
from driver.decisions import Answer
from driver.errors import DONE, MISUSED, ROWS_FAILED

_LISTED = 20


def report(answers: Sequence[Answer], done: str = "Done", *, as_json: bool = False) -> int:
    """
    Print the answers and return the exit code: 2 if every row was refused, 10 if some were.

    Refusals go to standard error, as errors do everywhere; as JSON, all go to standard output.

    Args:
        answers: one for each row.
        done: what was done, as a word that begins the line, such as `Approved`.
        as_json: print them as a JSON list.
    """
    if as_json:
        write_json(to_builtins(answers))
    else:
        _print(answers, done)
    refused = sum(answer.outcome == "refused" for answer in answers)
    if refused:
        return MISUSED if refused == len(answers) else ROWS_FAILED
    return DONE


def _print(answers: Sequence[Answer], done: str) -> None:
    by_outcome: dict[str, list[Answer]] = {"done": [], "nothing": [], "refused": []}
    for answer in answers:
        by_outcome[answer.outcome].append(answer)
    if by_outcome["done"]:
        names = ", ".join(f"{one.row} {one.file_name}" for one in by_outcome["done"][:_LISTED])
        more = " ..." if len(by_outcome["done"]) > _LISTED else ""
        line(f"{done}: {counted(len(by_outcome['done']), 'row')} ({names}{more})")
    for answer in by_outcome["nothing"][:_LISTED]:
        line(f"Row {answer.row} {answer.file_name}: {answer.detail}")
    for answer in by_outcome["refused"][:_LISTED]:
        warn(f"Error: row {answer.row} {answer.file_name}: {answer.detail}")
        if answer.hint:
            warn(f"Hint: {answer.hint}")
    left = len(by_outcome["refused"]) - _LISTED
    if left > 0:
        warn(f"... and {left} more refused")
    if not by_outcome["done"] and not by_outcome["refused"]:
        line("Nothing changed.")
