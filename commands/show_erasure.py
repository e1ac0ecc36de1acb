"""A row that was erased, in the words of `show`."""

from typing import Any

from commands.output import line, local, pairs
from machine.text import size


def say_erasure(row: dict[str, Any], leads_on: str) -> None:
    """Print who wanted the row forgotten and why, what went, and what could not be reached."""
    known = row["erasure"]
    done = known["erased_at"]
    went = f"{known['events']} events redacted, {known['objects']} objects"
    unreached = [
        ("Not reached", f"{one['what']}: {one['where']}" if one["where"] else one["what"])
        for one in known["unreached"]
    ]
    entries: list[tuple[str, object]] = [
        ("Status", row["Review_Status"] if done else "being erased"),
        ("Wanted", f"{local(known['wanted_at'])} by {known['by']}: {known['reason']}"),
        ("Erased", f"{local(done)}: {went} removed ({size(known['size_bytes'])})" if done else ""),
        ("Set", row["set_id"]),
        ("Name", "stays taken"),
        ("Former names", ", ".join(row["former_names"])),
        *unreached,
    ]
    pairs([(name, value) for name, value in entries if value])
    line()
    line(f"Next: {leads_on}")
    line(f"Its story: photojournal history {row['id']}")
