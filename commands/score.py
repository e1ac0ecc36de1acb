"""`score`: one stage, for the rows that are due."""

from commands.call import Call
from commands.doing import run_stage
from commands.options import Asked, Choice


def score(call: Call, choice: Choice, asked: Asked) -> None:
    """
    Measure the quality of the photos that are due

    Without a choice, every row that is due. A metric that cannot be measured is said to be missing;
    no number stands in for it.
    """
    run_stage(call, choice, asked, "score")
