"""The incident page as text: fits a terminal, times local and in UTC."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from commands.output import (
    RUN_SHOWN,
    both,
    counted,
    hanging,
    heading,
    line,
    middle_cut,
    pairs,
    table,
)
from machine.text import in_ranges

_ROWS = 20
"""Lines of a table, and ranges of rows; the others are counted."""
_PATHS = 5
_OVER = "a later run ended well, and nothing of it is left"
_FEW = 3
"""Runs that are told one by one; of more, how they ended is counted."""
_COMMAND = 150
"""Characters of a run's command line; `runs` has all of it."""
_INDENT = "   "


def say(found: dict[str, Any], fitting: Callable[[str], str] = str) -> None:
    """Print an incident page; `fitting` says commands as they fit the workspace."""
    heading(Path(found["workspace"]))
    if found["as_of"]:
        line(f"As of {found['as_of']}")
    _say_runs(found["runs"])
    _say_damage(found["damage"])
    line()
    line(_verdict(found))
    _say_elsewhere(found["open_elsewhere"])
    _say_causes(found)
    _say_first(found)
    _say_impact(found)
    _say_noticed(found["noticed"])
    _say_evidence(found)
    _say_outside(found["outside"], fitting)
    _say_next(found["next"], fitting)


def _say_runs(runs: list[dict[str, Any]]) -> None:
    if len(runs) <= _FEW:
        for one in runs:
            pairs(_run(one))
        return
    ended: dict[str, int] = {}
    for one in runs:
        ended[one["outcome"]] = ended.get(one["outcome"], 0) + 1
    between = f"from {both(runs[0]['started_at'])} to {both(runs[-1]['started_at'])}"
    counts = ", ".join(f"{number} {outcome}" for outcome, number in ended.items())
    pairs([("Runs", f"{len(runs)}, begun {between}"), ("Ended", counts)])


def _run(run: dict[str, Any]) -> list[tuple[str, object]]:
    ended = {
        "working": "is at work",
        "died": "died without a word",
        "unfinished": "did not come to its end",
    }.get(run["outcome"], f"{both(run['ended_at'])}: {run['outcome']}")
    code = f", exit code {run['exit_code']}" if run["exit_code"] is not None else ""
    return [
        ("Run", f"{middle_cut(run['command'], _COMMAND)}, by {run['actor']}"),
        ("Began", both(run["started_at"])),
        ("Ended", f"{ended}{code}"),
    ]


def _verdict(found: dict[str, Any]) -> str:
    verdict, causes = found["verdict"], found["causes"]
    settled = _classes(one for one in causes if one["over"])
    if verdict == "settled":
        nothing = "" if found["open_elsewhere"] else "Nothing is open. "
        return f"{nothing}What failed is settled: {settled}"
    if verdict in ("failed", "needs attention"):
        classes = _classes(one for one in causes if not one["over"]) or settled
        also = f" (settled since: {settled})" if settled not in ("", classes) else ""
        return f"{verdict.capitalize()}: {classes}{also}"
    words = {
        "no runs": "No runs yet: nothing can have failed.",
        "at work": "The run is at work; nothing failed so far.",
        "nothing failed": "Nothing failed.",
    }
    return words[verdict]


def _say_elsewhere(other: dict[str, Any] | None) -> None:
    """Say that the runs of the page are not all that left something open."""
    if other:
        before = other["runs"] - 1
        more = f", and {counted(before, 'run')} before it" if before else ""
        hanging("", f"Open elsewhere: {_began(other['newest'])}{more}")
        line(f"{_INDENT}{other['command']}")


def _classes(causes: Iterable[dict[str, Any]]) -> str:
    return ", then ".join(dict.fromkeys(one["class"] for one in causes))


def _say_damage(damage: dict[str, Any]) -> None:
    for one in damage["problems"]:
        where = f"position {one['position']}" if one["position"] else "the file"
        hanging("Damaged  ", f"{where}: {one['kind']}: {one['detail']}")
    if damage["more"]:
        line(f"... and {damage['more']} more: photojournal verify")


def _say_causes(found: dict[str, Any]) -> None:
    """Tell what is open in full; what is settled in a line each, in full where nothing is open."""
    causes, runs = found["causes"], found["runs"]
    told = [one for one in causes if not one["over"]] or causes
    for number, cause in enumerate(told, start=1):
        line()
        _say_cause(f"{number}. ", cause, runs)
    settled = [one for one in causes if one not in told]
    if settled:
        line()
        line("Settled since")
        _say_short(settled)


def _say_cause(first: str, cause: dict[str, Any], runs: list[dict[str, Any]]) -> None:
    meaning = cause["class_meaning"]
    hanging(first, f"{meaning[:1].upper()}{meaning[1:]} ({cause['class']})")
    entries: list[tuple[str, object]] = [("What", _what(cause)), ("When", _when(cause))]
    if len(runs) > 1:
        entries.append(("Run", _struck(cause["runs"], runs)))
    if cause["id"] is not None:
        entries.append(("First row", f"{cause['id']} {cause['File_Name']}"))
    elif cause["File_Name"]:
        entries.append(("File", cause["File_Name"]))
    entries.append(("Log", cause["log_line"]))
    entries += [("Came of it", _group(one)) for one in cause["consequences"]]
    entries += [("Because", one) for one in cause["because"]]
    entries.append(("Settled", _OVER if cause["over"] else ""))
    _indented(entries)


def _struck(ids: list[str], runs: list[dict[str, Any]]) -> str:
    """Return the first run that a cause struck, and how many others."""
    first = next((one for one in runs if one["run_id"] in ids), None)
    if first is None:
        return ""
    more = f", and {counted(len(ids) - 1, 'later run')}" if len(ids) > 1 else ""
    return f"{_began(first)}{more}"


def _began(run: dict[str, Any]) -> str:
    """Return which run is meant."""
    return f"{run['verb']} {run['run_id'][:RUN_SHOWN]}, began {both(run['started_at'])}"


def _what(sign: dict[str, Any]) -> str:
    words = sign["meaning"] or ("" if sign["detail"] else sign["type"])
    words += f" ({sign['code']})" if sign["code"] else ""
    step = f" at {sign['step']}" if sign["step"] else ""
    told = sign["detail"] if words and sign["detail"] in sign["log_line"] else ""
    detail = f"{': ' if words else ''}{sign['detail']}" if sign["detail"] != told else ""
    return f"{words}{step}{detail}"


def _when(sign: dict[str, Any]) -> str:
    position = f", position {sign['position']} of the journal" if sign["position"] else ""
    return f"{both(sign['at'])}{position}" if sign["at"] else position.removeprefix(", ")


def _group(one: dict[str, Any]) -> str:
    hit = counted(one["rows"], "row") if one["rows"] else counted(one["times"], "time")
    return f"{one['stage']} {one['code'] or one['meaning']}: {hit}".strip()


def _say_first(found: dict[str, Any]) -> None:
    first, sent = found["first_error"], found["first_publish_failure"]
    told = {cause["position"] for cause in found["causes"]}
    if first and first["position"] not in told:
        line()
        line("First error")
        _say_sign(first)
    if sent and sent["position"] not in told:
        line()
        line("First publication that failed")
        _say_sign(sent)


def _say_sign(sign: dict[str, Any]) -> None:
    row = f"{sign['id']} {sign['File_Name']}" if sign["id"] is not None else sign["File_Name"]
    entries = [("What", _what(sign)), ("When", _when(sign)), ("Row", row)]
    _indented([*entries, ("Log", sign["log_line"])])


def _say_impact(found: dict[str, Any]) -> None:
    if not found["impact"]:
        return
    line()
    line(f"Hit: {', '.join(_hit(found))}")
    shown = found["impact"][:_ROWS]
    table(
        ("stage", "code", "now", "rows", "first", "File_Name"),
        [
            (one["stage"], one["code"], one["status"], one["rows"], one["id"], one["File_Name"])
            for one in shown
        ],
        right=("rows", "first"),
        keep=("stage", "code", "now"),
        main="File_Name",
        cut="File_Name",
    )
    left = len(found["impact"]) - len(shown)
    if left:
        line(f"... and {counted(left, 'line')} more: --json")
    rows = {row for one in found["impact"] for row in one["ids"]}
    if len(rows) > 1:
        ranges = in_ranges(rows).split(", ")
        more = " and more: --json" if len(ranges) > _ROWS else ""
        hanging("Rows: ", ", ".join(ranges[:_ROWS]) + more)


def _hit(found: dict[str, Any]) -> list[str]:
    """Return what was hit: rows, files that became none, and rows that a stage left due."""
    refused = sum(one["rows"] for one in found["impact"] if one["status"] == "refused")
    left = [one for one in found["impact"] if one["status"] == "left due"]
    said = [counted(found["rows_hit"], "row")] if found["rows_hit"] else []
    if refused:
        said.append(f"{counted(refused, 'file')} refused")
    said += [f"{counted(one['rows'], 'row')} left due for {one['stage']}" for one in left]
    return said or ["nothing of it is left due"]


def _say_noticed(noticed: list[dict[str, Any]]) -> None:
    if not noticed:
        return
    line()
    line("Noticed")
    _say_short(noticed)


def _say_short(causes: list[dict[str, Any]]) -> None:
    for one in causes:
        rows = f", {counted(one['rows'], 'row')}" if one["rows"] else ""
        hanging("   - ", f"{one['class_meaning']} ({one['class']}){rows}: {_what(one)}")


def _say_evidence(found: dict[str, Any]) -> None:
    evidence = found["evidence"]
    if not evidence:
        return
    changed = [
        f"{one['what']} {one['then'] or 'none'} -> {one['now']}" for one in evidence["changed"]
    ]
    processors = dict.fromkeys(
        f"{one['model']} on {one['processor']}" for one in evidence["models"] if "model" in one
    )
    good = evidence["last_good_run"]
    since = f" since the last good run, {both(evidence['last_good_at'])}" if good else ""
    no_change = "nothing in versions, settings and processor" if good else ""
    entries: list[tuple[str, object]] = [
        ("Workers", _counts("exit", evidence["worker_exit_codes"])),
        ("HTTP", _counts("status", evidence["http_status"])),
        ("Model", ", then ".join(processors)),
        ("Changed", f"{', '.join(changed) or no_change}{since}" if good else ""),
    ]
    entries += [
        ("Traceback", f"{one['file']}:{one['line']}: {one['error']}")
        for one in found["tracebacks"][:_PATHS]
    ]
    later = found["later_runs"]
    if later:
        words = f"{counted(later['runs'], 'run')}, the newest ended: {later['newest']['outcome']}"
        entries.append(("Since then", words))
    if any(value for _, value in entries):
        line()
        line("Evidence")
        _indented(entries)


def _counts(word: str, counts: dict[str, int]) -> str:
    return ", ".join(f"{word} {code} ({number} x)" for code, number in counts.items())


def _say_outside(outside: dict[str, Any], fitting: Callable[[str], str]) -> None:
    if outside["partial"]:
        line()
        line(f"Half done outside: {counted(outside['rows'], 'row')}")
        for one in outside["open"][:_PATHS]:
            state = "is being taken back" if one["undoing"] else "is open"
            done, steps = len(one["done"]), one["steps"]
            words = f"{one['kind']} {state}, {done} of {steps} steps done"
            hanging("   - ", f"row {one['id']} {one['File_Name']}: {words}")
        hanging(_INDENT, f"Settle it: {fitting(outside['settle'])}")
    elif outside["published"]:
        line()
        line(f"Outside: nothing half done; {counted(outside['published'], 'row')} published.")
    if outside["take_back"]:
        hanging(_INDENT, f"Take it back: {fitting(outside['take_back'])}")


def _say_next(steps: list[dict[str, str]], fitting: Callable[[str], str]) -> None:
    line()
    if not steps:
        line("Next: nothing of it waits for you; all that is due: photojournal status")
        return
    line("Next")
    for number, one in enumerate(steps, start=1):
        hanging(f"{number:>4}. ", fitting(one["words"]))
        if one["command"]:
            line(f"      {fitting(one['command'])}")


def _indented(entries: list[tuple[str, object]]) -> None:
    width = max(len(name) for name, value in entries if value)
    before = ""
    for name, value in entries:
        if value:
            shown = "" if name == before else name
            hanging(f"{_INDENT}{shown:<{width}}  ", str(value))
            before = name
