"""`status`: where the work stands."""

from typing import Any

from commands.call import Call
from commands.options import View
from commands.output import counted, line, local, pairs, write_json
from driver.looking import overview, typed
from machine.text import size

_BLOCKED = 5
_LOOSE = {"unknown", "temporaries"}
"""Kinds of objects that nothing may need."""


def status(call: Call, view: View) -> None:
    """
    Show where the work stands and what to type next

    The workspace, the last run and how it ended, rows by Review_Status, what stands in the way,
    sizes, and one command. Also what `photojournal` without a verb shows.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        found, fitting = overview(seen), seen.program.workspace.fitting
    if view.json:
        write_json(found)
        return
    last, *others = _lines(found)
    pairs([last, *((name, fitting(str(value))) for name, value in others)])
    line()
    if found["next_command"]:
        line(f"Next: {found['next_command']}")
    else:
        line("Next: nothing waits for you.")


def _lines(found: dict[str, Any]) -> list[tuple[str, object]]:
    statuses = ", ".join(f"{number} {status}" for status, number in found["by_status"].items())
    rows = f"{found['rows']:,}: {statuses}" if found["rows"] else "none yet"
    entries: list[tuple[str, object]] = [("Last run", _last_run(found["last_run"]))]
    if found["triage"]:
        entries.append(("", f"What failed, and why: {found['triage']}"))
    entries.append(("Rows", rows))
    if found["site_rows"]:
        words = f"{counted(found['site_rows'], 'published row')} of the site, from before"
        entries.append(("Adopted", words))
    if due := _due(found["due"]):
        entries.append(("Due", f"{due}: photojournal publish"))
    entries += [("At work", f"run {run}") for run in found["working"]]
    for one in found["blocked"][:_BLOCKED]:
        entries.append(("Blocked", _blocked(one)))
        entries.append(("", one["hint"]))
    left = len(found["blocked"]) - _BLOCKED
    if left > 0:
        entries.append(
            ("", f"... and {left} other failures: photojournal queue --count-by failure")
        )
    if found["other_settings"]:
        scored = "row was" if found["other_settings"] == 1 else "rows were"
        words = f"{found['other_settings']:,} {scored} scored with another profile"
        entries.append(("Settings", f"{words}: photojournal score --dry-run"))
    if found["other_addresses"]:
        words = f"{counted(found['other_addresses'], 'row')} published under another address"
        entries.append(
            ("Settings", f"{words} than public_url_base: photojournal publish --dry-run")
        )
    if found["other_pictures"]:
        have = "row has" if found["other_pictures"] == 1 else "rows have"
        words = f"{found['other_pictures']:,} {have} pictures made by other settings"
        entries.append(("Settings", f"{words}: photojournal resize --dry-run"))
    behind: dict[str, list[str]] = {}
    for one in found["projections"]:
        behind.setdefault(one["error"], []).append(one["name"])
    entries += [("Behind", f"{', '.join(names)}: {error}") for error, names in behind.items()]
    if found["sizes"]:
        entries.append(("Sizes", _sizes(found["sizes"])))
        entries.append(("Objects", _objects(found["sizes"]["objects"])))
    return entries


def _due(due: dict[str, int]) -> str:
    """Return which rows wait for `publish`; empty: none."""
    words = {"approved": "approved row", "published": "published row"}
    said = [counted(due[one], word) for one, word in words.items() if due[one]]
    return ", ".join(said) + (" changed since" if due["published"] else "")


def _last_run(run: dict[str, Any] | None) -> str:
    if run is None:
        return "none yet"
    words = {
        "working": "is at work",
        "died": "died without a word; the next run settles what it left open",
        "unfinished": "did not come to its end",
    }
    ended = words.get(run["outcome"], f"ended {local(run['ended_at'])}: {run['outcome']}")
    detail = f" ({run['detail']})" if run["detail"] else ""
    return f"{typed(run)}, began {local(run['started_at'])}, {ended}{detail}"


def _blocked(one: dict[str, Any]) -> str:
    if one["id"] is None:
        return f"{one['meaning']} ({one['code']})"
    who = f"row {one['id']} {one['File_Name']}"
    more = f" and {one['rows'] - 1} more" if one["rows"] > 1 else ""
    return f"{who}{more}: {one['meaning'] or one['code']} ({one['code']})"


def _sizes(sizes: dict[str, Any]) -> str:
    return (
        f"journal {size(sizes['journal_bytes'])} ({counted(sizes['events'], 'event')}),"
        f" read models {size(sizes['review_bytes'])}, objects {size(sizes['objects_bytes'])},"
        f" logs {size(sizes['logs_bytes'])}, site {size(sizes['site_bytes'])},"
        f" the page's pictures {size(sizes['thumbs_bytes'])};"
        f" {size(sizes['free_bytes'])} free"
    )


def _objects(kinds: dict[str, dict[str, int]]) -> str:
    """Return what the objects are, and where to look if nothing is known to name some of them."""
    said = ", ".join(f"{n['files']:,} {kind} {size(n['bytes'])}" for kind, n in kinds.items())
    return f"{said}: photojournal prune objects" if _LOOSE & kinds.keys() else said
