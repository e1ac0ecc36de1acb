"""`prefill --trial`: what another model or prompt would write, beside what stands there today."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.bundles import Bundle
from commands.call import Call
from commands.options import Asked, Choice
from commands.output import counted, line, pairs, warn, write_json
from commands.portion import Portion
from driver.errors import DONE, ROWS_FAILED, Misused, worst
from driver.word_parts import duration
from driver.words import call_in_words

if TYPE_CHECKING:
    from driver.program import Program
    from driver.trials import RowTrial


@dataclass(frozen=True)
class Trial(Bundle):
    """Another model or another prompt, tried on some rows."""

    trial: Annotated[
        str,
        typer.Option(
            "--trial",
            metavar="MODEL",
            help="Change nothing; show what this model would write about these rows.",
            show_default=False,
        ),
    ] = ""
    prompt: Annotated[
        Path | None,
        typer.Option(
            "--prompt",
            metavar="FILE",
            help="With --trial: a prompt of your own, see docs/ollama.md.",
            show_default=False,
        ),
    ] = None

    def is_asked(self) -> bool:
        """Tell whether a trial is wanted. Raises Misused for a prompt without a model."""
        if self.prompt is not None and not self.trial:
            msg = "a prompt of your own is only for trials"
            raise Misused(msg, f"photojournal prefill --trial MODEL --prompt {self.prompt} ROW")
        return bool(self.trial)


def try_out(call: Call, choice: Choice, portion: Portion, asked: Asked, trial: Trial) -> None:
    """Ask a model about rows and show what it says; nothing is appended, no row is changed."""
    from driver.trials import template_from, tried

    template, end = template_from(trial.prompt), portion.end()
    with call.opened(heading=not asked.json, readonly=True) as program:
        program.until = end
        numbers = _numbers(program, choice, portion, trial)
        if asked.dry_run:
            said = f"{trial.trial} would be asked about {counted(len(numbers), 'row')}."
            (warn if asked.json else line)(said)
            if asked.json:
                write_json([])
            return
        found: list[RowTrial] = []
        try:
            for one in tried(program, numbers, trial.trial, template):
                found.append(one)
                if not asked.json:
                    _say(one)
        finally:
            refused = any(one.code for one in found)
            program.exit_code = worst(program.exit_code, ROWS_FAILED if refused else DONE)
            for words in program.warnings:
                warn(f"Warning: {words}")
            if asked.json and found:
                write_json(to_builtins(found))
        if asked.json and not found:
            write_json([])
        elif not asked.json:
            line("This was a trial: nothing was changed.")


def _numbers(program: "Program", choice: Choice, portion: Portion, trial: Trial) -> Sequence[int]:
    """Return the rows that are to be tried, those that are worth most first where not all are."""
    from machine.worth import worth

    if choice.is_empty() and not portion.picked:
        msg = "say which rows are to be tried"
        raise Misused(msg, f"photojournal prefill --trial {trial.trial} ROW...")
    shell = program.rehearsal("prefill")
    numbers = portion.picks(shell, choice.numbers(program, everything=True))
    if portion.limit is None:
        return numbers
    return sorted(numbers, key=lambda number: worth(shell.row(number)))[: portion.limit]


def _say(one: "RowTrial") -> None:
    from driver.trials import marked

    line()
    line(f"Row {one.row}  {one.file_name}")
    entries: list[tuple[str, object]] = [("Today by", one.author or "nobody"), ("Trial", one.model)]
    texts = (
        ("Caption", one.today.caption, one.text.caption if one.text else None),
        ("Alt text", one.today.alt_text, one.text.alt_text if one.text else None),
        ("Keywords", _joined(one.today.keywords), _joined(one.text.keywords) if one.text else None),
    )
    for name, today, then in texts:
        was, now = marked(today, then) if then is not None else (today, "")
        entries += [(f"{name}, today", was), (f"{name}, trial", now)]
    entries += [
        ("Mended", f"{change.rule}, {change.field.replace('_', ' ')}") for change in one.changes
    ]
    for finding in one.findings:
        blocks = " (blocks approval)" if finding.blocking else ""
        entries.append(("Finding", f"{finding.code}{blocks}: {finding.detail}".rstrip(": ")))
    if one.code:
        entries.append(("Refused", f"{one.code}: {one.detail}" if one.detail else one.code))
    if one.code and one.text is None:
        entries.append(("Reply", one.reply))
    pairs([*entries, ("Took", _took(one))])


def _joined(keywords: Sequence[str]) -> str:
    return ", ".join(keywords)


def _took(one: "RowTrial") -> str:
    """Return tries, the newest request's tokens and seconds, and the time of all tries."""
    if not one.tries:
        return ""
    tries = "1 try" if one.tries == 1 else f"{one.tries} tries"
    last = call_in_words(one.call) if one.call else ""
    total = f"{duration(one.duration_ms)} in all" if one.tries > 1 else ""
    return ", ".join(words for words in (tries, last, total) if words)
