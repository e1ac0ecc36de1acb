"""
Find and replace in the texts of many rows: a plan with before and after, then one step.

The plan has a digest: what is carried out is what was shown, or nothing. Nobody looks at the photos
meanwhile, so a text that nobody checked stays one that nobody checked. An expression that takes too
long, as those do that can match in very many ways, is stopped and refused.
"""

import math
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import regex
from msgspec import Struct
from msgspec.structs import replace

from driver.decisions import Answer, ask_one
from driver.errors import Misused
from driver.shell import Shell
from machine.digests import digest_of, text_digest
from machine.intents import EditText, Intent
from machine.row import Row
from machine.values import Text, TextField, TextLimits
from projections.reader import Reader

FIELDS: tuple[TextField, ...] = ("caption", "alt_text", "keywords")
LONGEST = 500
"""Characters of what is looked for, and of what is put in its place."""
REPEATS_MAX = 10_000
"""Each repetition is written out where an expression is prepared, which nothing can stop."""
PATIENCE_S = 2.0
"""Of this thread's work, for all texts together, where an expression is looked for."""
TEXT_MAX = 10_000
"""Characters that a text may come to; the rules complain long before."""
_HINT = "look for plain words, or for less at once"


class Sought(Struct, frozen=True, kw_only=True):
    """What is looked for, and what comes in its place."""

    find: str
    replace: str
    fields: tuple[TextField, ...] = FIELDS
    regex: bool = False
    """`find` is an expression, and `replace` may name its groups (`\\1`)."""
    match_case: bool = False


class Replacement(Struct, frozen=True, kw_only=True):
    """What becomes of one text of one row; keywords are joined with `, `."""

    row: int
    file_name: str
    field: TextField
    before: str
    after: str
    based_on: str
    """`text_digest` of the row's texts."""


def plan_replacements(
    shell: Shell, models: Reader, numbers: Iterable[int], sought: Sought
) -> list[Replacement]:
    """
    Return what would change, by row and field; rows that were erased are left alone.

    Raises:
        Misused: there is nothing to look for, it is no expression, or it takes too long.
    """
    changed = _replacer(sought)
    found = list[Replacement]()
    for line in models.queue(numbers):
        if line["Review_Status"] == "Erased" or not _may_hold(line, changed):
            continue
        row = shell.row(line["id"])
        text = row.decided.prefill.text
        after = _replaced(text, sought.fields, changed)
        found += [
            Replacement(
                row=line["id"],
                file_name=row.happened.file_name,
                field=field,
                before=_shown(text, field),
                after=_shown(after, field),
                based_on=text_digest(text),
            )
            for field in sought.fields
            if getattr(after, field) != getattr(text, field)
        ]
    return found


def digest_of_plan(sought: Sought, plan: Sequence[Replacement]) -> str:
    """Return the digest of all that a plan says."""
    return digest_of((sought, list(plan)))


def carry_out_replacements(
    shell: Shell, plan: Iterable[Replacement], sought: Sought
) -> list[Answer]:
    """
    Replace as planned; a text that changed since the plan was made is left alone, and said.

    Raises:
        Misused: it takes too long; nothing was changed.
    """
    based_on = {one.row: one.based_on for one in plan}
    limits, changed = shell.workspace.config.prefill.text_limits(), _replacer(sought)
    texts = {number: shell.row(number).decided.prefill.text for number in based_on}
    after = {number: _replaced(text, sought.fields, changed) for number, text in texts.items()}

    def intents(row: Row) -> list[Intent]:
        number = row.happened.row
        return [_edit(row, after[number], based_on[number], shell.actor, limits)]

    return [ask_one(shell, number, intents) for number in based_on]


def _edit(row: Row, after: Text, based_on: str, by: str, limits: TextLimits) -> EditText:
    before = row.decided.prefill.text
    return EditText(
        caption=None if after.caption == before.caption else after.caption,
        alt_text=None if after.alt_text == before.alt_text else after.alt_text,
        keywords=None if after.keywords == before.keywords else after.keywords,
        by=by,
        based_on=based_on,
        limits=limits,
        unseen=True,
    )


def _replacer(sought: Sought) -> Callable[[str], str]:
    """Return what replaces in one text. Raises Misused, also when it is called."""
    if not sought.find:
        msg = "there is nothing to look for"
        raise Misused(msg, "type the words that are to be replaced")
    if max(len(sought.find), len(sought.replace)) > LONGEST:
        msg = f"what is looked for, or put in its place, has more than {LONGEST} characters"
        raise Misused(msg, _HINT)
    flags = 0 if sought.match_case else regex.IGNORECASE
    pattern = _compiled(sought, flags)
    put = sought.replace if sought.regex else _plain(sought.replace)
    left_s = [PATIENCE_S]

    def replaced(text: str) -> str:
        if not sought.regex:
            return _bounded(text, pattern.sub(put, text))
        began = time.thread_time()
        try:
            found = pattern.sub(put, text, timeout=left_s[0], concurrent=True)
        except TimeoutError as error:
            msg = f"`{sought.find}` takes too long: it can match in too many ways"
            raise Misused(msg, _HINT) from error
        except (regex.error, IndexError) as error:
            msg = f"`{sought.replace}` cannot be put in: {error}"
            raise Misused(msg, r"groups of the expression are \1, \2 ...") from error
        left_s[0] = max(left_s[0] - (time.thread_time() - began), 0.001)
        return _bounded(text, found)

    return replaced


def _compiled(sought: Sought, flags: int) -> Any:  # noqa: ANN401  (regex has no types)
    """Return what is looked for, prepared. Raises Misused."""
    find = sought.find
    if not sought.regex:
        return regex.compile(regex.escape(find), flags)
    counts = [re.sub(r"\D", "", one) for one in re.findall(r"\{([^,{}]*)", find)]
    if math.prod(int(one) for one in counts if one) > REPEATS_MAX:
        msg = f"`{find}` repeats something more than {REPEATS_MAX:,} times"
        raise Misused(msg, _HINT)
    try:
        return regex.compile(find, flags)
    except (regex.error, ValueError, RecursionError, OverflowError) as error:
        msg = f"`{find}` is no expression: {error}"
        raise Misused(msg, "look for it as plain words, or mend it") from error


def _bounded(before: str, text: str) -> str:
    """Return a text. Raises Misused where it became too long to be one."""
    if len(text) > max(len(before), TEXT_MAX):
        msg = f"a text would have more than {TEXT_MAX:,} characters"
        raise Misused(msg, _HINT)
    return text


def _plain(words: str) -> Callable[[object], str]:
    """Return what puts words in as they are, whatever they would mean in an expression."""
    return lambda _match: words


def _may_hold(line: dict[str, Any], changed: Callable[[str], str]) -> bool:
    """Tell whether a line of the queue shows a text that would change."""
    texts = (line["Caption"], line["alt_text"], *line["Keywords"].split(", "))
    return any(changed(one) != one for one in texts if one)


def _replaced(text: Text, fields: Iterable[TextField], changed: Callable[[str], str]) -> Text:
    """Return a text with everything replaced; a keyword that is left empty or twice goes."""
    after = text
    if "caption" in fields:
        after = replace(after, caption=changed(text.caption))
    if "alt_text" in fields:
        after = replace(after, alt_text=changed(text.alt_text))
    if "keywords" in fields:
        words = (changed(one).strip() for one in text.keywords)
        after = replace(after, keywords=tuple(dict.fromkeys(one for one in words if one)))
    return after


def _shown(text: Text, field: TextField) -> str:
    return ", ".join(text.keywords) if field == "keywords" else str(getattr(text, field))
