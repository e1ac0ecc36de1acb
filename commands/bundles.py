"""
Options that several verbs share, written once.

A verb asks for a `Bundle` by annotating a parameter with its class; `expand` puts the fields of the
bundle in its place as options of their own, so that every verb that has them has them alike.
"""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import typer

from commands.call import Call


class Bundle:
    """The base of a frozen dataclass whose fields are options or arguments."""


def expand(verb: Callable[..., None]) -> Callable[..., None]:
    """
    Return `verb` with plain parameters only, as Typer wants them.

    A parameter annotated `Call` gets this invocation, one annotated with a bundle gets the bundle.
    """
    signature = inspect.signature(verb, eval_str=True)
    parameters = [_parameter("context", typer.Context, inspect.Parameter.empty)]
    bundles: dict[str, tuple[type[Bundle], list[str]]] = {}
    calls: list[str] = []
    for parameter in signature.parameters.values():
        kind = parameter.annotation
        if kind is Call:
            calls.append(parameter.name)
        elif isinstance(kind, type) and issubclass(kind, Bundle):
            fields = _fields(kind)
            bundles[parameter.name] = (kind, [one.name for one in fields])
            parameters += fields
        else:
            parameters.append(_parameter(parameter.name, kind, parameter.default))

    def expanded(context: typer.Context, **given: Any) -> None:  # noqa: ANN401  (any verb's)
        for name, (kind, names) in bundles.items():
            given[name] = kind(**{one: given.pop(one) for one in names})
        for name in calls:
            given[name] = context.obj
        verb(**given)

    expanded.__name__, expanded.__doc__ = verb.__name__, verb.__doc__
    expanded.__annotations__ = {one.name: one.annotation for one in parameters}
    vars(expanded)["__signature__"] = inspect.Signature(parameters)
    return expanded


def _fields(kind: type[Bundle]) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    assert dataclasses.is_dataclass(kind)
    found = []
    for field in dataclasses.fields(kind):
        missing = field.default is dataclasses.MISSING
        default = inspect.Parameter.empty if missing else field.default
        found.append(_parameter(field.name, hints[field.name], default))
    return found


def _parameter(name: str, kind: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=default, annotation=kind)
