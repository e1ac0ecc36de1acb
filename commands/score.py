"""`score`: one stage, for the rows that are due."""

from commands.call import Call
from commands.doing import run_stage
from commands.options import Asked, Choice


def score(call: Call, choice: Choice, asked: Asked) -> None:
    """
    Measure the quality of the photos that are due

    Without a choice, every row that is due. A metric that cannot be measured is said to be missing;
    no number stands in for it. Where [score] profile or metrics need models, they are loaded in a
    process of their own. After a change of these settings rows are due again, approved ones left
    alone: --dry-run says how many, what is needed and missing, and how long it takes if that is
    known.
    """
    run_stage(call, choice, asked, "score")
