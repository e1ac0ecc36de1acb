"""`resize`: one stage, for the rows that are due."""

from commands.call import Call
from commands.doing import run_stage
from commands.options import Asked, Choice


def resize(call: Call, choice: Choice, asked: Asked) -> None:
    """
    Make the web pictures, thumbs and other renditions that are due

    Without a choice, every row that is due. After a change of [resize], only the renditions that it
    touches are made anew; --dry-run says which, and about how many bytes. What was approved stays
    what it is: new pictures need a new approval.
    """
    run_stage(call, choice, asked, "resize")
