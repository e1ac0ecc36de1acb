"""What somebody does to a journal behind its back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from journal.chain import line_hash
from journal.database import identify
from journal.schema import COLUMNS


@contextmanager
def behind_its_back(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a journal that no trigger holds back; they are put back at the end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = triggers.fetchall()
        for name, _ in kept:
            raw.execute(f"DROP TRIGGER {name}")
        yield raw
        for _, sql in kept:
            raw.execute(sql)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def forge(path: Path, position: int, payload: str) -> None:
    """Put another payload into an event, and make every hash from there to the end anew."""
    with behind_its_back(path) as raw:
        previous = identify(raw, path).genesis.hash
        digest = sha256(payload.encode()).digest()
        change = "UPDATE events SET payload = ?, digest = ? WHERE position = ?"
        raw.execute(change, (payload, digest, position))
        rows = raw.execute(f"SELECT {COLUMNS} FROM events ORDER BY position").fetchall()
        for row in rows:
            previous = line_hash(
                previous=previous,
                position=row[0],
                stream=row[1].encode(),
                version=row[2],
                type=row[3].encode(),
                schema_version=row[4],
                digest=row[6],
                append_key=row[7].encode(),
                run_id=row[8].encode(),
                step=row[9],
                cause=row[10],
                actor=row[11].encode(),
                at=row[12].encode(),
            )
            raw.execute("UPDATE events SET hash = ? WHERE position = ?", (previous, row[0]))
    path.with_suffix(".head").unlink(missing_ok=True)
