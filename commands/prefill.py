"""`prefill`: one stage, for the rows that are due."""

from commands.call import Call
from commands.doing import run_stage
from commands.options import Asked, Choice
from commands.portion import Portion
from commands.trial import Trial, try_out


def prefill(call: Call, choice: Choice, portion: Portion, trial: Trial, asked: Asked) -> None:
    """
    Write captions, alt texts and keywords where they are due

    Without a choice, every row that is due. A text that a person wrote is never replaced; the new
    one becomes a suggestion. With `--trial`, another model or prompt is tried on the rows that are
    named, and what it says is shown beside the text of today; nothing is changed.
    """
    if trial.is_asked():
        try_out(call, choice, portion, asked, trial)
        return
    run_stage(call, choice, asked, "prefill", portion)
