"""
The hash chain: each event's hash covers its whole line and the hash before it.

    hash = SHA-256(previous | digest | numbers | stream type append_key run_id actor at)

Each text is UTF-8 and its length in bytes stands among the numbers, so that no two lines give the
same bytes. The payload counts by its digest only: it can be redacted and the chain still holds.
The recipe is frozen (decision record 0001, with an example in bytes).

It shows that a line was changed, dropped, added or moved. It does NOT show that somebody rewrote
every line from some position on: for that, compare a hash noted elsewhere (head file, backups,
projections).
"""

import hashlib
import struct

FORMAT = 1
"""The journal format that is written; older ones are read, newer ones refused."""

pack_numbers = struct.Struct(">QQQQIIIIIII").pack
"""
position, version, step, cause (0: none) as 64 bits, then schema_version and the lengths in bytes of
stream, type, append_key, run_id, actor, at as 32 bits; all unsigned, most significant byte first.
"""


def genesis(uuid: str, format: int = FORMAT) -> bytes:
    """Return the hash before the first event: SHA-256 of `photojournal/<format>/<uuid>`."""
    return hashlib.sha256(f"photojournal/{format}/{uuid}".encode()).digest()


def line_hash(
    *,
    previous: bytes,
    position: int,
    stream: bytes,
    version: int,
    type: bytes,
    schema_version: int,
    digest: bytes,
    append_key: bytes,
    run_id: bytes,
    step: int,
    cause: int | None,
    actor: bytes,
    at: bytes,
) -> bytes:
    """Return the hash of one line; texts in UTF-8. The plain form: store and verify inline it."""
    numbers = pack_numbers(
        position, version, step, cause or 0, schema_version,
        len(stream), len(type), len(append_key), len(run_id), len(actor), len(at),
    )  # fmt: skip
    texts = stream + type + append_key + run_id + actor + at
    return hashlib.sha256(previous + digest + numbers + texts).digest()
