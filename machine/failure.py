"""
What a line of the table of failures says (`machine.failures`).

Policies:

- `transient`: charged to the row's budget, due again after a backoff.
- `permanent`: the row can not succeed as it is; quarantined at once.
- `native`: the worker process died; charged, one more try alone, then quarantined.
- `wish`: what a person asked for in particular cannot be done; not charged, the wish is over.
- `nobody`: the host or a service failed; not charged, the stage pauses.
"""

from typing import Literal

from msgspec import Struct

Policy = Literal["transient", "permanent", "native", "wish", "nobody"]


class Failure(Struct, frozen=True):
    """One line of the table."""

    code: str
    stage: str
    """`prefill`, `score`, `resize`, `publish`, `ingest` or `any`."""
    domain: int
    """Number of the failure domain (README, "When something goes wrong")."""
    policy: Policy
    meaning: str
    hint: str
    """What a person can do, as a sentence or a command; `{row}` is the row's id."""

    @property
    def needs_file(self) -> bool:
        """Whether the row goes on with another file only, however often it is tried."""
        return self.hint.endswith(_REPLACE)


RELEASE = "Mend or replace the file, then: photojournal release {row} --reason '...'"
_REPLACE = "photojournal replace {row} FILE"
MENDED = f"Put a mended copy in its place: {_REPLACE}"
RETRY = "photojournal retry {row}"
