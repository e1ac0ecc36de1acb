"""What the lines of JSON are made of that leave a journal: heads and segments."""

from base64 import b64decode, b64encode
from typing import Annotated

from msgspec import Meta

from journal.codec import MAX_NUMBER

Uuid = Annotated[str, Meta(pattern="^[0-9a-f-]{36}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
At = Annotated[str, Meta(pattern="^[0-9TZ:.-]{27}$")]
"""A time as the journal writes it."""
Number = Annotated[int, Meta(ge=0, lt=MAX_NUMBER)]
"""A position, a version, a step."""


def to_base64(content: bytes) -> str:
    """Return bytes as text."""
    return b64encode(content).decode()


def from_base64(text: str) -> bytes:
    """Return the bytes that a text stands for; none where it is not written as `to_base64` does."""
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        return b""
    return content if to_base64(content) == text else b""
