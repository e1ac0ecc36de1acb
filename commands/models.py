"""`models`: the weights of neural networks, fetched and checked."""

import contextlib
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.call import Call
from commands.models_listing import say_weights
from commands.output import line, warn, write_json
from driver.errors import UNREACHABLE, Misused, worst
from machine.text import size

if TYPE_CHECKING:
    from adapters.weights import Verdict, Weights

_ACTIONS = ("list", "pull", "verify")
_VARIABLE = "PHOTOJOURNAL_SCORE_WEIGHTS"
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class _Place:
    """Where the weights lie, and which of them are needed there."""

    folder: Path
    profile: str
    metrics: tuple[str, ...]
    """`[score] metrics`."""
    again: Callable[..., str]
    """Returns the command for an action, in this folder."""

    def path(self, entry: "Weights") -> Path:
        return self.folder / entry.file

    def needed(self) -> list[str]:
        """Return the names of what today's settings need."""
        from adapters.neural import required
        from adapters.weights import names, needed_by

        return names(needed_by(required(self.profile, self.metrics)))

    def needed_by(self, entry: "Weights") -> list[str]:
        """Return what needs the weights: profiles, and the settings where they name the metric."""
        named = entry.metric in self.metrics
        return [*entry.profiles, *(["[score] metrics"] if named else [])]

    def others(self) -> list[str]:
        """Return the metrics of the settings that no weights of ours are for."""
        from adapters.neural import neural
        from adapters.weights import of_metric

        return [metric for metric in neural(self.metrics) if not of_metric(metric)]

    def misnamed(self) -> dict[str, str]:
        """Return the metrics of the settings that cannot measure a photo, and why."""
        from adapters.neural import misnamed

        return misnamed(self.metrics)

    def settings(self) -> str:
        """Return today's settings in words."""
        more = ", ".join(f"`{metric}`" for metric in self.metrics)
        return f"The profile `{self.profile}`{f' with {more}' if more else ''}"

    def as_json(self, told: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the answer of every action."""
        return {
            "folder": str(self.folder),
            "profile": self.profile,
            "metrics": list(self.metrics),
            "metrics_without_entry": self.others(),
            "metrics_unsuitable": self.misnamed(),
            "weights": list(told),
        }


def models(
    call: Call,
    action: Annotated[
        str,
        typer.Argument(metavar="ACTION", help="`list`, `pull` or `verify`.", show_default=True),
    ] = "list",
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Name or file of weights; else what [score] needs (pull), or all there are.",
            show_default=False,
        ),
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All weights there are.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="FOLDER",
            help="Where they lie; else [score] weights, else a folder in your cache.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """
    Fetch and check the weights that scores by neural networks need

    `list` shows them, judged by size; `verify` reads every byte of those that are there, and notes
    the digest of those that are pinned by eight digits; `pull` fetches what the profile and the
    metrics in photojournal.toml need, goes on where an earlier one stopped, and keeps nothing but
    the pinned bytes. No workspace is needed, and nothing is appended. Exit code 4: damaged, not to
    be had, or, for `verify`, not there although named or needed.
    """
    if action not in _ACTIONS:
        near = get_close_matches(action, _ACTIONS, n=1)
        msg = f"there is no `photojournal models {action}`"
        raise Misused(msg, f"photojournal models {near[0]}" if near else "list, pull or verify")
    chosen = _chosen(names or [], everything=everything)
    place = _place(call, folder)
    if action == "list":
        _list(place, chosen, json=json)
    elif action == "pull":
        _pull(call, place, chosen, json=json)
    else:
        _verify(call, place, chosen, json=json)


def _chosen(words: Sequence[str], *, everything: bool) -> list[str]:
    """Return the names that were typed, each once; a file stands for its name. Raises Misused."""
    from adapters.weights import CATALOGUE, names

    if everything and words:
        msg = "either names or --all"
        raise Misused(msg, "photojournal models --help")
    known = {entry.name: entry.name for entry in CATALOGUE}
    known |= {entry.file: entry.name for entry in CATALOGUE}
    for word in words:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            msg = f"there are no weights called {word}"
            hint = f"did you mean {near[0]}?" if near else "photojournal models list"
            raise Misused(msg, hint)
    return names() if everything else list(dict.fromkeys(known[word] for word in words))


def _place(call: Call, folder: Path | None) -> _Place:
    """Return where the weights lie: as typed, as configured, or in the user's cache."""
    from adapters.weights import folder_of
    from driver.sections import Score

    score, root = Score(weights=os.environ.get(_VARIABLE, "")), None
    if _has_workspace(call):
        workspace = call.find()
        score, root = workspace.config.score, workspace.root
    found = folder.expanduser().absolute() if folder else folder_of(score.weights, root)
    where = ["--folder", str(folder)] if folder else []

    def again(*words: str) -> str:
        return shlex.join(["photojournal", "models", *words, *where])

    return _Place(found, score.profile, score.metrics, again)


def _has_workspace(call: Call) -> bool:
    """Tell whether a workspace was named, or is here or above; only then it has to be sound."""
    from driver.workspace import MARKER, VARIABLE

    if call.given or os.environ.get(VARIABLE):
        return True
    here = Path.cwd()
    return any(
        (folder / MARKER).is_file() and (folder / "data").is_dir()
        for folder in (here, *here.parents)
    )


def _told(place: _Place, entry: "Weights", verdict: "Verdict") -> dict[str, Any]:
    """Return everything about weights, for programs."""
    from adapters.weights import pinned

    size_bytes = verdict.size_bytes if verdict.size_bytes is not None else entry.size_bytes
    return {
        "name": entry.name,
        "file": entry.file,
        "path": str(place.path(entry)),
        "url": entry.url,
        "licence": entry.licence,
        "metric": entry.metric,
        "needed_by": place.needed_by(entry),
        "needed": entry.name in place.needed(),
        "state": verdict.state,
        "problem": verdict.problem,
        "detail": verdict.detail,
        "size_bytes": size_bytes,
        "pinned": pinned(place.path(entry), entry),
        "pin": entry.pin,
        "sha256": verdict.sha256 or None,
    }


def _list(place: _Place, chosen: Sequence[str], *, json: bool) -> None:
    from adapters.weights import look, named, names

    entries = [named(name) for name in chosen or names()]
    told = [_told(place, entry, look(place.path(entry), entry)) for entry in entries]
    if json:
        write_json(place.as_json(told))
        return
    line(f"Folder {place.folder}")
    say_weights(told)
    needed = place.needed()
    missing = [name for name in needed if look(place.path(named(name)), named(name)).problem]
    if not needed:
        line(f"{place.settings()} needs none of them.")
    elif missing:
        line(f"{place.settings()} lacks {', '.join(missing)}: {place.again('pull')}")
    else:
        line(f"{place.settings()} has what it needs.")
    _say_others(place)
    line(f"Judged by size; every byte: {place.again('verify')}")


def _say_others(place: _Place) -> None:
    """Say what has to be copied by hand, as the catalogue does not have it, or is no metric."""
    misnamed = place.misnamed()
    for why in misnamed.values():
        line(f"In [score] metrics: {why}")
    if others := [one for one in place.others() if one not in misnamed]:
        line(
            f"Not in this list: {', '.join(others)}. Weights that they need are copied into the"
            " folder by hand, under their own file names; photojournal doctor names what lacks."
        )


def _pull(call: Call, place: _Place, chosen: Sequence[str], *, json: bool) -> None:
    wanted = chosen or place.needed()
    if not json:
        line(f"Folder {place.folder}")
    if not wanted and not json:
        line(f"{place.settings()} needs none of these weights; nothing to fetch.")
        line(f"Others by name, or all: {place.again('pull', '--all')}")
    if not chosen and not json:
        _say_others(place)
    told = []
    for name in wanted:
        one = _fetched(place, name, json=json)
        told.append(one)
        if one["error"]:
            call.exit_code = worst(call.exit_code, UNREACHABLE)
    if json:
        write_json(place.as_json(told))


def _fetched(place: _Place, name: str, *, json: bool) -> dict[str, Any]:
    """Fetch one and say how that went; errors are told, the others still have their turn."""
    from adapters.downloads import part_path, pull
    from adapters.errors import AdapterError
    from adapters.weights import named, pinned
    from commands.app import say_error
    from commands.progress import progress

    entry = named(name)
    path = place.path(entry)
    told = {"name": name, "path": str(path), "fetched_bytes": 0, "sha256": None, "error": ""}
    try:
        with progress(f"{name}, MB") as shown:
            done = pull(
                entry,
                place.folder,
                told=lambda here, total: shown.count(
                    here // _MEGABYTE, max(here, total) // _MEGABYTE
                ),
                waits=lambda: warn(f"Another process fetches {name}; waits for it. Ctrl+C stops."),
            )
    except AdapterError as error:
        hint = getattr(error, "hint", "") or f"check {place.folder} and who may write there"
        hint = hint.replace(entry.url, f"{entry.url} to {path}")
        say_error(error.detail, hint)
        return told | {"error": error.detail, "hint": hint}
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            warn(f"Stopped. {size(part_path(path).stat().st_size)} of {name} are kept.")
        warn(f"To go on: {place.again('pull', name)}")
        raise
    if not json:
        how = f"fetched {size(done.fetched_bytes)}" if done.fetched_bytes else "is there already"
        line(f"{name}: {how}, pinned {pinned(path, entry)}, SHA-256 {done.sha256}")
        line(f"  {path}")
    return told | {"fetched_bytes": done.fetched_bytes, "sha256": done.sha256}


def _verify(call: Call, place: _Place, chosen: Sequence[str], *, json: bool) -> None:
    from adapters.errors import AdapterError
    from adapters.weights import hold, named, names, verify

    told = []
    for name in chosen or names():
        entry = named(name)
        verdict = verify(place.path(entry), entry)
        if verdict.state == "present":
            with contextlib.suppress(AdapterError):  # a folder that others look after
                hold(place.path(entry), entry, verdict.sha256)
        told.append(_told(place, entry, verdict))
    wanted = {*chosen, *place.needed()}
    bad = [
        one
        for one in told
        if one["problem"] and (one["state"] == "damaged" or one["name"] in wanted)
    ]
    if json:
        write_json(place.as_json(told))
    else:
        line(f"Folder {place.folder}")
        say_weights(told, verified=True)
    if bad:
        call.exit_code = worst(call.exit_code, UNREACHABLE)
        from commands.app import say_error

        what = "; ".join(f"{one['file']} {one['detail']}" for one in bad)
        say_error(f"weights are not what they have to be: {what}", _mending(place, bad))


def _mending(place: _Place, bad: Sequence[dict[str, Any]]) -> str:
    """Return what to type or do about weights that are not as they have to be."""
    if any(one["problem"] == "wrong pin" for one in bad):
        return f"find out who wrote the .sha256 file in {place.folder}; remove it to begin anew"
    if any(one["problem"] == "unreadable" for one in bad):
        return f"check {place.folder} and who may read there"
    again = place.again("pull", *(one["name"] for one in bad))
    wrong = [one["path"] for one in bad if one["state"] == "damaged"]
    by_hand = f"; or replace {', '.join(wrong)} by hand" if wrong else ""
    return f"{again}{by_hand}"
