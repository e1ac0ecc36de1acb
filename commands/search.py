"""`search`: photos by words."""

import sys
from typing import Annotated

import typer

from commands.call import Call
from commands.options import Filter, View
from commands.output import line, warn, write_json
from commands.similar import say_left_out, say_ranked, told
from driver.errors import Misused

_LIMIT = 20


def search(
    call: Call,
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="What the photo shows.")],
    choice: Filter,
    view: View,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Photos at most.")] = _LIMIT,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Also find rows that were rejected.")
    ] = False,
) -> None:
    """
    Find photos by what they show, in words

    CLIP compares the words with the photos that were scored with it (profile `full`); captions
    and keywords are not looked at. Every photo has a place in the order, also where none fits:
    look at the first ones. English works best. Exit code 4: CLIP cannot be asked; where no photo
    can be searched, it is not.
    """
    text = " ".join(" ".join(words).split())
    if not text:
        msg = "say in words what the photo shows"
        raise Misused(msg, "photojournal search 'a red boat on the beach'")
    with call.looking(view.at, heading=not view.json) as seen:
        from adapters.weights import folder_of
        from driver import searching
        from driver.similar import compared, ranked

        workspace = seen.program.workspace
        settings = workspace.config.score
        folder = folder_of(settings.weights, workspace.root)
        numbers = choice.found_in(seen.models, seen.journal, everything=True)
        every = rejected or any(one.casefold() == "rejected" for one in choice.status or ())
        photos = compared(seen, numbers, rejected=every)
        found = []
        if photos.lines:
            searching.check(folder)
            if sys.stderr.isatty():
                warn("CLIP is being loaded ...")
            vector, weights = searching.vector_of(text, folder, settings.device)
            if photos.weights != weights:
                photos = compared(seen, numbers, rejected=every, weights=weights)
            found = ranked(photos, vector, limit)
        if view.json:
            write_json([told(one) | {"similarity": value} for value, one in found])
        elif found:
            say_ranked(found)
        else:
            line("No photo can be searched.")
        say_left_out(photos.left_out, as_json=view.json)
