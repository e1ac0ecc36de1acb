"""
The key of a journal: it signs what leaves, so that others can tell where it came from.

`journal.key` lies beside the journal: Ed25519, PKCS #8 in PEM, for its user alone (mode 0600).
`journal.pub` is its public half, in PEM: keep a copy of it, or of its fingerprint, elsewhere. Any
tool that knows Ed25519 can check a signature (`openssl pkeyutl -verify -rawin`).

Promised: whoever has the public key sees that what was signed is what the holder of the private key
signed. Not promised: anything against somebody who can read the private key, for example who may
write to this disk: that person signs whatever they like. What helps then is what was signed before
and lies elsewhere.

What is signed has to begin with what it is, such as `photojournal/head/1`, so that the signature of
one thing never passes for that of another.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from journal.database import beside
from journal.disk import sync_folder
from journal.errors import SigningKeyUnusable
from journal.locks import FairLock
from journal.ownership import PRIVATE, exposed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY, PUBLIC = "key", "pub"
"""Endings of the files beside the journal."""

PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
"""Of Ed25519. Source: RFC 8032, section 5.1."""


class SigningKey:
    """The private key of a journal; printing it shows nothing of it."""

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        """Keep the key."""
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        """The public key, 32 bytes."""

    @property
    def fingerprint(self) -> str:
        """Return what people compare: SHA-256 of the public key, 64 hex digits."""
        return fingerprint(self.public)

    def sign(self, content: bytes) -> bytes:
        """Return the signature of `content`, 64 bytes; the same content gives the same one."""
        return self._private.sign(content)


def open_key(journal: Path) -> SigningKey:
    """
    Return the key of the journal at this path; one that never had a key gets one.

    Raises:
        SigningKeyUnusable: the key is gone, cannot be read or written, is no Ed25519 key, is open
            to others, or is not the one that `journal.pub` tells of.
    """
    path = beside(journal, KEY)
    make_key(journal)
    try:
        key = _read(path)
        _compare(key, path, beside(journal, PUBLIC))
    except OSError as error:
        raise _unusable(path, error) from error
    return key


def make_key(journal: Path) -> None:
    """
    Make the key of a journal that never had one; an existing one is not even looked at.

    Raises:
        SigningKeyUnusable: the key is gone, or cannot be written.
    """
    path = beside(journal, KEY)
    if path.exists():
        return
    try:
        lock = FairLock(beside(journal, "lock"))
        try:
            with lock:
                _make(path, beside(journal, PUBLIC))
        finally:
            lock.close()
    except OSError as error:
        raise _unusable(path, error) from error


def fingerprint(public: bytes) -> str:
    """Return the fingerprint of a public key: SHA-256 of its 32 bytes, as 64 hex digits."""
    return sha256(public).hexdigest()


def check(public: bytes, content: bytes, signature: bytes) -> bool:
    """Tell whether the holder of the key with this public half signed exactly this content."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def read_public(path: Path) -> bytes | None:
    """Return the public key in a file, 32 bytes; None: it is not there, or is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        public = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        return None
    return public.public_bytes_raw() if isinstance(public, Ed25519PublicKey) else None


def _make(path: Path, public: Path) -> None:
    """Make a key, unless another process was first, or there was one that is gone."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if path.exists():
        return
    if public.exists():
        msg = f"the signing key {path} is gone; {public} tells of it"
        raise SigningKeyUnusable(msg)
    private = Ed25519PrivateKey.generate()
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(path, text, PRIVATE)
    _compare(SigningKey(private), path, public)


def _read(path: Path) -> SigningKey:
    """Return the key in a file that nobody else may read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    with path.open("rb") as file:
        problem = exposed(path, os.fstat(file.fileno()))
        if problem:
            raise SigningKeyUnusable(*problem)
        text = file.read()
    try:
        private = load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None  # and nothing of what the file says is repeated
    if not isinstance(private, Ed25519PrivateKey):
        msg = f"{path} is no Ed25519 key that can be read"
        raise SigningKeyUnusable(msg)
    return SigningKey(private)


def _compare(key: SigningKey, path: Path, public: Path) -> None:
    """Write the public half where it is missing; refuse a key that is not the one known."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text = Ed25519PublicKey.from_public_bytes(key.public).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    if not public.exists():
        _write(public, text, 0o644)
    elif public.read_bytes().split() != text.split():
        msg = f"{path} is not the key that {public} tells of"
        raise SigningKeyUnusable(msg)


def _unusable(path: Path, error: OSError) -> SigningKeyUnusable:
    return SigningKeyUnusable(f"the signing key {path} cannot be used: {error.strerror or error}")


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file under another name first, so that there is never half a key."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, flags, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
    sync_folder(path.parent)
