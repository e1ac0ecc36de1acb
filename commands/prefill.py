"""`prefill`: one stage, for the rows that are due."""

from commands.call import Call
from commands.doing import run_stage
from commands.options import Asked, Choice
from commands.portion import Portion


def prefill(call: Call, choice: Choice, portion: Portion, asked: Asked) -> None:
    """
    Write captions, alt texts and keywords where they are due

    Without a choice, every row that is due. A text that a person wrote is never replaced; the new
    one becomes a suggestion.
    """
    run_stage(call, choice, asked, "prefill", portion)
