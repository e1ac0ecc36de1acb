"""
Spares the start of every command a fifth of a second.

Typer 0.29 turns words into values with pydantic, which takes longer to load than everything else
together; our options are texts, lists of texts, whole numbers and paths. `spare` puts a plain
conversion in its place, where Typer has the place; any other kind of option is left to Typer.
"""

from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

_PLACE = "_runtime_param"
"""Where Typer keeps a parameter's conversion, made at its first use."""


class Plain:
    """Turns words into text, lists of text, whole numbers, flags or paths."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401  (an annotation)
        """Keep what the words are to become."""
        self._kind = kind

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401  (Typer's own)
        """Return a value as the verb expects it. Raises typer.BadParameter."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._kind == list[str]:
            return [str(one) for one in value]
        try:
            return self._kind(value)
        except ValueError as error:
            msg = f"{value!r} is not a whole number."
            raise typer.BadParameter(msg, ctx=ctx, param=param) from error


def spare(param: Any) -> Any:  # noqa: ANN401  (a Typer option or argument)
    """Give an option a plain conversion where that will do, and return it."""
    kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    bounded = getattr(param, "min", None) is not None or getattr(param, "max", None) is not None
    plain = kind in (str, int, bool, Path, list[str]) and not bounded
    if plain and getattr(param, _PLACE, param) is None:
        setattr(param, _PLACE, Plain(kind))
    return param


class Verb(TyperCommand):
    """A Typer command whose options are converted plainly."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        """Return the options and arguments."""
        return [spare(param) for param in super().get_params(ctx)]
