"""What `verify` found not to be as it was."""

from msgspec import Struct


class Problem(Struct, frozen=True, kw_only=True):
    """Something that is not as it was."""

    part: str
    """`journal`, `heads`, `reservations`, `read models` or `objects`."""
    where: str
    problem: str
    detail: str = ""
    position: int | None = None
    hint: str = ""
