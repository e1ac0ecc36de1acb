"""
Signed heads: one line that says where a journal ends, to be kept where its disk cannot be reached.

    {"photojournal":"head","format":1,"journal":UUID,"position":517,"hash":HEX,"at":TIME,
     "signed_at":TIME,"key":BASE64,"signature":BASE64}

The hash covers every event up to the position, so a head that was kept elsewhere proves later that
none of them was changed, dropped or moved, by whoever: also by somebody who made all hashes anew
and holds the key. The signature says that the line itself comes from the holder of the key; it
covers `content` of these fields, one a line, after the line `photojournal/head/1`.

Not promised: anything about events that came after the head, or that what was appended was true.
"""

from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from journal.lines import At, Number, Sha256, Uuid, from_base64, to_base64
from journal.records import Head
from journal.signing import SigningKey, check


class SignedHead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a journal ended when this was signed; the order of the fields is that of the line."""

    photojournal: Literal["head"] = "head"
    format: Literal[1] = 1
    journal: Uuid
    position: Number
    hash: Sha256
    """Of the event there; of the genesis at position 0."""
    at: At
    """Of the event there."""
    signed_at: At
    key: str
    """The public key, 32 bytes in base64."""
    signature: str = ""
    """64 bytes in base64."""

    @property
    def public(self) -> bytes:
        """Return the public key; empty where it is none."""
        return from_base64(self.key)

    @property
    def content(self) -> bytes:
        """Return what is signed."""
        fields = (self.journal, self.position, self.hash, self.at, self.signed_at)
        return "".join(f"{one}\n" for one in ("photojournal/head/1", *fields)).encode()

    @property
    def is_signed(self) -> bool:
        """Tell whether the holder of the key in this line signed it as it stands."""
        return check(self.public, self.content, from_base64(self.signature))

    @property
    def line(self) -> str:
        """Return it as one line of JSON."""
        return msgspec.json.encode(self).decode()


def sign_head(uuid: str, head: Head, signed_at: str, key: SigningKey) -> SignedHead:
    """
    Return a head with its signature.

    Args:
        uuid: of the journal.
        head: where it ends; its chain was checked up to there.
        signed_at: UTC, as the journal writes it.
        key: of the journal.
    """
    unsigned = SignedHead(
        journal=uuid,
        position=head.position,
        hash=head.hash.hex(),
        at=head.at,
        signed_at=signed_at,
        key=to_base64(key.public),
    )
    return replace(unsigned, signature=to_base64(key.sign(unsigned.content)))


def read_head_line(line: bytes) -> SignedHead:
    """Return the head in a line. Raises msgspec.MsgspecError or ValueError: it is none."""
    return msgspec.json.decode(line, type=SignedHead)
