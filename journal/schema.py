"""
The tables of a journal in SQLite, and the triggers that keep them append-only.

Frozen with the format (decision record 0001). Triggers on UPDATE and DELETE would not be enough:
`INSERT OR REPLACE` deletes the line in its way without asking them, so a third one looks before
each insert.

Not promised: protection from somebody who drops the triggers. The hash chain shows what was done.
"""

from journal.chain import FORMAT
from journal.codec import REDACTED

APPLICATION_ID = 0x70686A6E
"""`phjn`, in the file's header: tells a journal from any other SQLite file."""

COLUMNS = (
    "position, stream, version, type, schema_version, payload, digest,"
    " append_key, run_id, step, cause, actor, at, hash"
)
"""All columns of `events`, in the order of the table."""

JOURNAL_STREAM = "journal"
"""The stream of events about the journal itself."""

TABLES = """
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,  -- format, uuid, created
    value TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    position       INTEGER PRIMARY KEY,  -- 1, 2, 3 ... without a gap, given inside the commit
    stream         TEXT    NOT NULL,     -- what the event is about, such as row/17
    version        INTEGER NOT NULL,     -- 1, 2, 3 ... within the stream
    type           TEXT    NOT NULL,     -- the event's tag, frozen for ever
    schema_version INTEGER NOT NULL,     -- of the payload's shape
    payload        TEXT    NOT NULL,     -- JSON
    digest         BLOB    NOT NULL,     -- SHA-256 of the payload as first written
    append_key     TEXT    NOT NULL,     -- <key of the append>#<index within it>
    run_id         TEXT    NOT NULL,     -- the process that appended
    step           INTEGER NOT NULL,     -- within the run; (run_id, step) is the unit of undo
    cause          INTEGER,              -- position of the event that led to this one
    actor          TEXT    NOT NULL,     -- who wanted it
    at             TEXT    NOT NULL,     -- UTC, never before the line above
    hash           BLOB    NOT NULL,     -- SHA-256 of this line and the hash above
    UNIQUE (stream, version),
    UNIQUE (append_key),
    CHECK (length(digest) = 32 AND length(hash) = 32 AND length(at) = 27)
) STRICT;
"""

TRIGGERS = f"""
CREATE TRIGGER events_insert BEFORE INSERT ON events
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events)
  OR NEW.version IS NOT (
      SELECT coalesce(max(version), 0) + 1 FROM events WHERE stream = NEW.stream
  )
  OR EXISTS (SELECT 1 FROM events WHERE append_key = NEW.append_key)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: a line goes to the end or nowhere');
END;

CREATE TRIGGER events_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: nothing is deleted');
END;

-- One change is allowed: the payload to its redacted form, where it caused a Redacted event.
CREATE TRIGGER events_update BEFORE UPDATE ON events
WHEN NOT (
    NEW.position = OLD.position AND NEW.stream = OLD.stream AND NEW.version = OLD.version
    AND NEW.type = OLD.type AND NEW.schema_version = OLD.schema_version
    AND NEW.digest = OLD.digest AND NEW.append_key = OLD.append_key
    AND NEW.run_id = OLD.run_id AND NEW.step = OLD.step AND NEW.cause IS OLD.cause
    AND NEW.actor = OLD.actor AND NEW.at = OLD.at AND NEW.hash = OLD.hash
    AND rtrim(NEW.payload, ' ') = '{REDACTED}'
    AND OLD.stream <> '{JOURNAL_STREAM}'
    AND EXISTS (
        SELECT 1 FROM events
        WHERE stream = '{JOURNAL_STREAM}' AND type = 'Redacted' AND cause = OLD.position
    )
)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: nothing is changed');
END;

CREATE TRIGGER meta_insert BEFORE INSERT ON meta
WHEN (SELECT count(*) FROM meta) >= 3
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: meta is complete');
END;

CREATE TRIGGER meta_update BEFORE UPDATE ON meta
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: nothing is changed');
END;

CREATE TRIGGER meta_delete BEFORE DELETE ON meta
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: nothing is deleted');
END;
"""


FILE = f"""
PRAGMA encoding = 'UTF-8';
PRAGMA page_size = 4096;
PRAGMA auto_vacuum = NONE;
PRAGMA application_id = {APPLICATION_ID};
"""
"""What the file is, before anything stands in it."""


def creation(uuid: str, created: str) -> str:
    """Return the script that makes an empty journal, in one transaction."""
    return f"""
{FILE}
BEGIN IMMEDIATE;
{TABLES}
INSERT INTO meta (name, value)
VALUES ('format', '{FORMAT}'), ('uuid', '{uuid}'), ('created', '{created}');
{TRIGGERS}
COMMIT;
"""
