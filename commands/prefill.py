"""`prefill`: one stage, for the rows that are due."""

from commands.call import Call
from commands.doing import run_stages
from commands.options import Asked, Choice


def prefill(call: Call, choice: Choice, asked: Asked) -> None:
    """
    Write captions, alt texts and keywords where they are due

    Without a choice, every row that is due. A text that a person wrote is never replaced; the new
    one becomes a suggestion.
    """
    run_stages(call, choice, asked, "prefill", ["prefill"])
