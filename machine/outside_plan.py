"""
The steps from what stands outside now to what shall stand there.

Files are put first, then the record, and files that are not wanted any more go last, so that a
visitor never reads a record whose picture is not there.
"""

from collections.abc import Mapping

from machine.digests import record_digest
from machine.row import FileFact, Row
from machine.values import Record, Step


def plan_outside(
    row: Row, files: Mapping[str, FileFact], record: Record | None, saga: str
) -> tuple[Step, ...]:
    """Return the steps from what stands outside to `files` and `record`; none when it is so."""
    now, steps = row.happened, list[Step]()
    for path, fact in files.items():
        before = now.files.get(path)
        if before != fact:
            put = Step(
                action="put_file",
                target=path,
                sha256=fact.sha256,
                size_bytes=fact.size_bytes,
                temporary=travelling(path, saga),
                expected=before.sha256 if before else "",
            )
            steps.append(put)
    stands = now.record
    if stands and (record is None or record.file_name != stands.file_name):
        key, digest = stands.file_name, record_digest(stands)
        steps.append(Step(action="remove_record", target=key, record=stands, expected=digest))
        stands = None
    if record and record != stands:
        steps.append(
            Step(
                action="put_record",
                target=record.file_name,
                record=record,
                expected=record_digest(stands),
            )
        )
    for path in reversed(now.files):
        if path not in files:
            gone = now.files[path].sha256
            steps.append(Step(action="remove_file", target=path, sha256=gone, expected=gone))
    return tuple(steps)


def travelling(path: str, saga: str) -> str:
    """Return the name by which bytes travel to a path."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{saga}-{name}"


def steps_down(row: Row, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """
    Return the steps that take a row down, with a look at what was somebody else's so far.

    Nothing is removed there, unless what was published stands there again. Records come first.
    """
    published, records, files = row.decided.publication, list[Step](), list[Step]()
    for target in row.happened.not_ours:
        if "/" in target:
            fact = published.files.get(target)
            known = fact.sha256 if fact else ""
            files.append(Step(action="remove_file", target=target, sha256=known, expected=known))
        else:
            known = record_digest(published.record)
            records.append(Step(action="remove_record", target=target, expected=known))
    return (*records, *steps, *files)
