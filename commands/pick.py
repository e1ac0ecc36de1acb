"""`pick`: a person likes photos."""

from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from driver.decisions import ask_each
from machine.intents import Pick


def pick(call: Call, choice: Choice, asked: Asked) -> None:
    """
    Mark rows as liked

    A pick may come at any time, also before the captions are there; `approve` is what lets a photo
    be published. Picking a rejected row brings it back.
    """
    decision = Decision(
        "pick", "Picked", lambda shell, numbers: ask_each(shell, numbers, lambda _row: [Pick()])
    )
    decide(call, choice, asked, decision)
