"""`replay --rules FILE`: which rows would end otherwise under other rules."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.output import counted, line, table, write_json
from driver.looking import look
from driver.program import Program

if TYPE_CHECKING:
    from driver.other_rules import Judgement

_LISTED = 200


def judge_again(program: Program, file: Path, until: str, *, as_json: bool) -> None:
    """
    Fold the journal under the rules in `file`, and say which rows would end otherwise.

    Raises:
        Misused: the file cannot be read, or says what cannot be meant.
    """
    from driver.other_rules import judged_under
    from driver.rules_file import load_rules

    rules = load_rules(file, program.workspace.config.prefill.text_limits())
    with look(program, until) as seen:
        found = judged_under(seen, rules)
    if as_json:
        write_json(_as_json(found))
        return
    lines = [
        (row.id, row.File_Name, column, _shown(before), _shown(after))
        for row in found.different
        for column, (before, after) in row.changes.items()
    ]
    if lines:
        table(
            ("id", "File_Name", "column", "as recorded", f"under {file.name}"),
            lines[:_LISTED],
            right=("id",),
            keep=("column",),
            main=f"under {file.name}",
            spare=("File_Name",),
            cut="File_Name",
        )
    if len(lines) > _LISTED:
        line(f"... and {len(lines) - _LISTED} more: photojournal replay --rules {file} --json")
    _say_counts(found)


def _shown(value: object) -> str:
    return "-" if value in (None, "") else str(value)


def _say_counts(found: "Judgement") -> None:
    from driver.other_rules import GROUPED

    looked_at = f"{counted(found.rows, 'row')} as of position {found.position}"
    if not found.different:
        line(f"{looked_at}: none would end otherwise.")
        return
    for column in GROUPED:
        for (before, after), count in found.moves(column).items():
            line(f"{column}: {_shown(before)} -> {_shown(after)}: {counted(count, 'row')}")
    counts = ", ".join(f"{column} {count}" for column, count in found.by_column().items())
    line(f"{looked_at}: {len(found.different):,} would end otherwise ({counts}).")
    line("Nothing was changed: the rules were only tried.")


def _as_json(found: "Judgement") -> dict[str, Any]:
    from driver.other_rules import GROUPED

    return {
        "position": found.position,
        "rows": found.rows,
        "different": len(found.different),
        "by_column": found.by_column(),
        "moves": [
            {"column": column, "before": before, "after": after, "rows": count}
            for column in GROUPED
            for (before, after), count in found.moves(column).items()
        ],
        "changes": [
            {
                "id": row.id,
                "File_Name": row.File_Name,
                "changes": {
                    column: {"before": before, "after": after}
                    for column, (before, after) in row.changes.items()
                },
            }
            for row in found.different
        ],
    }
