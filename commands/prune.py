"""`prune`: what nothing refers to goes."""

from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.doing import working
from commands.options import Asked, ask
from commands.output import counted, line, table, warn, write_json
from driver.errors import ROWS_FAILED, Misused, worst
from machine.text import size

if TYPE_CHECKING:
    from driver.pruning import Plan, Pruned

_WORDS = {
    "in use": "in use",
    "of before": "kept: going back needs it",
    "named": "kept: an event names it",
    "unneeded": "nothing refers to it",
    "young": "kept: younger than an hour",
    "not ours": "left alone: not ours",
}
"""What becomes of files, in words."""

_LISTED = 20


def prune(
    call: Call,
    asked: Asked,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="`objects`: the files in data/objects; `thumbs`: those that the review made.",
        ),
    ] = "objects",
) -> None:
    """
    Remove from data/objects what nothing refers to

    Runs that were killed leave files that no event names, and half-written ones. These go, once
    they are an hour old and while no run is at work. Whatever an event names stays, since going
    back to an earlier version needs it; the plan says how much that is. `prune thumbs` empties
    data/thumbs: pictures that the review page made for looking, and makes again when it needs them.
    """
    if what == "thumbs":
        _prune_thumbs(call, asked)
        return
    if what != "objects":
        msg = f"there is no `photojournal prune {what}`"
        raise Misused(msg, "photojournal prune objects (or: photojournal prune thumbs)")
    from driver import pruning

    with call.opened(heading=not asked.json, readonly=asked.dry_run, frees_disk=True) as program:
        plan = pruning.plan(program)
        if not asked.json:
            _say_plan(plan)
        if asked.dry_run or not plan.unneeded:
            _say_nothing_done(plan, asked)
            return
        pruning.refuse_beside_others(program.workspace)
        if not asked.yes:
            ask()
        with working(call, program, "prune", as_json=asked.json):
            pruned = pruning.prune(program)
            program.exit_code = worst(program.exit_code, ROWS_FAILED if pruned.failed else 0)
        if asked.json:
            write_json(_as_json(plan, pruned))
        else:
            line(f"Removed {counted(len(pruned.removed), 'file')}, {size(pruned.size_bytes)}.")
        _say_failed(pruned)


def _prune_thumbs(call: Call, asked: Asked) -> None:
    """Remove the pictures that were made for looking; no event knows them."""
    from driver.kept_pictures import all_kept

    with call.opened(heading=not asked.json, readonly=True) as program:
        found = all_kept(program.workspace)
        size_bytes = sum(path.stat().st_size for path in found)
        if not asked.json:
            line(f"To be removed: {counted(len(found), 'file')}, {size(size_bytes)}.")
        if found and not asked.dry_run:
            if not asked.yes:
                ask()
            for path in found:
                path.unlink(missing_ok=True)
        if asked.json:
            removed = 0 if asked.dry_run else len(found)
            write_json({"unneeded_files": len(found), "removed_files": removed})
        elif asked.dry_run or not found:
            line("Nothing was changed.")


def _say_plan(plan: "Plan") -> None:
    """Print what lies there, and what becomes of it."""
    if plan.groups:
        table(
            ("kind", "files", "size", "what becomes of it"),
            [
                (one.kind, f"{one.files:,}", size(one.size_bytes), _WORDS[one.fate])
                for one in plan.groups
            ],
            right=("files", "size"),
        )
    before = [one for one in plan.groups if one.fate == "of before"]
    if before:
        number = counted(sum(one.files for one in before), "file")
        kept = size(sum(one.size_bytes for one in before))
        line(f"Kept for going back: {number} of earlier versions, {kept}.")
    if plan.unneeded:
        line(f"To be removed: {counted(len(plan.unneeded), 'file')}, {size(plan.size_bytes)}.")


def _say_nothing_done(plan: "Plan", asked: Asked) -> None:
    if asked.json:
        write_json(_as_json(plan, None))
    elif plan.unneeded:
        line("Dry run: nothing was changed.")
    else:
        line("Nothing changed: there is nothing that can be removed.")


def _as_json(plan: "Plan", pruned: "Pruned | None") -> dict[str, object]:
    return {
        "groups": [
            {"kind": one.kind, "fate": one.fate, "files": one.files, "bytes": one.size_bytes}
            for one in plan.groups
        ],
        "unneeded_files": len(plan.unneeded),
        "unneeded_bytes": plan.size_bytes,
        "removed_files": len(pruned.removed) if pruned else 0,
        "removed_bytes": pruned.size_bytes if pruned else 0,
        "failed": list(pruned.failed) if pruned else [],
    }


def _say_failed(pruned: "Pruned") -> None:
    for words in pruned.failed[:_LISTED]:
        warn(f"Error: {words}")
    if len(pruned.failed) > _LISTED:
        warn(f"... and {len(pruned.failed) - _LISTED} more")
    if pruned.failed:
        warn("Hint: see who owns these files in data/objects, then: photojournal prune objects")
