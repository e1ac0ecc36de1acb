"""
Spares the start of every command a fifth of a second.

Typer 0.29 turns words into values with pydantic, which takes longer to load than everything else
together; our options are texts, numbers, paths and lists of them. `spare` puts a plain conversion
in its place, where Typer has the place; any other kind of option is left to Typer.
"""

from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperCommand

_PLACE = "_runtime_param"
"""Where Typer keeps a parameter's conversion, made at its first use."""


_KINDS = (str, int, float, bool, Path, list[str], list[Path])


class Plain:
    """Turns words into text, numbers within bounds, flags, paths, or lists of texts or paths."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401  (an annotation)
        """Keep what the words are to become."""
        self._kind = kind

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401  (Typer's own)
        """Return a value as the verb expects it. Raises typer.BadParameter."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._kind in (list[str], list[Path]):
            (of,) = get_args(self._kind)
            return [of(one) for one in value]
        try:
            made = self._kind(value)
        except ValueError as error:
            msg = f"{value!r} is not a {'whole ' if self._kind is int else ''}number."
            raise typer.BadParameter(msg, ctx=ctx, param=param) from error
        self._within(made, param, ctx)
        return made

    def _within(self, made: Any, param: Any, ctx: Any) -> None:  # noqa: ANN401
        least, most = getattr(param, "min", None), getattr(param, "max", None)
        msg = ""
        if least is not None and not made >= least:
            msg = f"{made} is not at least {least}."
        elif most is not None and not made <= most:
            msg = f"{made} is not at most {most}."
        if msg:
            raise typer.BadParameter(msg, ctx=ctx, param=param)


def spare(param: Any) -> Any:  # noqa: ANN401  (a Typer option or argument)
    """Give an option a plain conversion where that will do, and return it."""
    kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    if kind in _KINDS and getattr(param, _PLACE, param) is None:
        setattr(param, _PLACE, Plain(kind))
    return param


class Verb(TyperCommand):
    """A Typer command whose options are converted plainly."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        """Return the options and arguments."""
        return [spare(param) for param in super().get_params(ctx)]
