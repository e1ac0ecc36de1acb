"""`pick`: a person likes photos."""

from commands.answers import report
from commands.call import Call
from commands.options import Asked, Choice
from driver.decisions import ask_each
from driver.selection import labelled
from machine.intents import Pick


def pick(call: Call, choice: Choice, asked: Asked) -> None:
    """
    Mark rows as liked

    A pick may come at any time, also before the captions are there; `approve` is what lets a photo
    be published. Picking a rejected row brings it back.
    """
    with call.opened() as program:
        numbers = choice.numbers(program)
        if not numbers:
            report([])
        elif asked.agree("Pick", labelled(program.models, numbers), choice):
            with program.run("pick", call.argv) as shell:
                answers = ask_each(shell, numbers, lambda _row: [Pick()])
                program.exit_code = report(answers)
