"""`retry`: what failed is due now."""

from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from commands.stages import StageName
from driver import decisions
from driver.errors import Misused

if TYPE_CHECKING:
    from driver.shell import Shell


def retry(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    stage: Annotated[
        StageName | None,
        typer.Option("--stage", help="This stage, failed or not; else every one that failed."),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Caption it with this model, whether it has a text or not.",
            show_default=False,
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the decision.", show_default=False)
    ] = "",
) -> None:
    """
    Make what failed due again, now

    The next `photojournal run` works on it, without waiting for the pause after a failure. What is
    quarantined is a matter for `release`. With `--model`, the next caption is asked of that model;
    a text that a person wrote stays, and the model's becomes a suggestion.
    """
    wanted = stage.stage if stage else None
    if model and wanted not in (None, "prefill"):
        msg = f"only prefill asks a model; {wanted} does not"
        raise Misused(msg, "leave out --stage, or --model")

    def act(shell: "Shell", numbers: list[int]) -> list[decisions.Answer]:
        _check_captioner(shell, model)
        return decisions.retry(shell, numbers, wanted, reason, model)

    decide(call, choice, asked, Decision("retry", "Due again", act))


def _check_captioner(shell: "Shell", model: str) -> None:
    """Refuse a model where none is asked. Raises Misused."""
    captioner = shell.workspace.config.prefill.captioner
    if model and captioner != "ollama":
        msg = f"no model is asked: [prefill] captioner is {captioner}"
        hint = 'set [prefill] captioner = "ollama" in photojournal.toml; then: photojournal doctor'
        raise Misused(msg, hint)
