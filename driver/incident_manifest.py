"""
What an incident bundle says about itself, and the signature under it.

`manifest.json` names every other member with size and SHA-256, the journal with its head, and what
was withheld. `manifest.sig` is the signature of `SIGNED` followed by these very bytes, with the key
of the journal. Nothing in a bundle counts before both hold.
"""

import re
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

FORMAT = 2
"""The newest that is known: that of a bundle of a damaged journal."""
OF_SOUND = 1
"""Of a sound journal: earlier versions of the program read it."""
SIGNED = b"photojournal/incident/1\n"
"""Stands before the manifest where it is signed: the signature is good for nothing else."""

README = "README.txt"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
SIGNER = "signer.pub"
EVENTS = "events.jsonl.gz"
BEFORE = "before.json.gz"
AFTER = "after.json.gz"
SETTINGS = "photojournal.toml"
QC_REPORT = "prefill_qc_last.json"
RUN_LOG = "logs/run.log"
UPLOADER = "logs/db_uploader.log"
ACCOUNT = "logs/run_log.txt"
OBJECTS = "objects"

MAX_MANIFEST_BYTES = 64_000_000

MEANING = {
    README: "how to look at it, also without the program",
    AFTER: "the read models right after the run",
    BEFORE: "the read models right before the run",
    EVENTS: "every event; some without what they say",
    UPLOADER: "what failed in the gallery during the run",
    RUN_LOG: "the log of the run",
    ACCOUNT: "counts and times of its stages",
    SETTINGS: "the settings; passwords never stand there",
    QC_REPORT: "the report on the texts of its rows",
    SIGNER: "the public key of the signature",
}
"""What the members are, by name; beside them pictures by their SHA-256."""
_NEEDED = {EVENTS, BEFORE, AFTER, SETTINGS}
_OBJECT = re.compile(r"objects/([0-9a-f]{2})/(\1[0-9a-f]{62})")

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Run = Annotated[str, Meta(pattern="^[0-9A-Za-z-]{1,64}$")]
"""It names a file where a bundle is opened."""
Amount = Annotated[int, Meta(ge=0)]


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of the bundle."""

    path: str
    sha256: Sha256
    size_bytes: Amount
    unpacked_bytes: Amount
    """The size of what is compressed in it; else its own."""


class Withheld(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in the journal and not in the bundle; of each event, its line without the payload."""

    rows: Amount
    """Rows that the run did not touch."""
    events: Amount
    """Of these rows, and of sets, names and photos that are none of the rows of the run."""
    private: Amount
    """Events with place, serial numbers and owner of the rows in the bundle."""


class Earlier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last run of the same verb that ended well."""

    run: str
    at: str
    """When it began, UTC."""
    versions: dict[str, str]
    as_configured: bool
    """True: its settings were those of the run."""


class Flaw(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that was wrong with the journal when the bundle was made, as `verify` names it."""

    position: Amount
    """0: not about one event."""
    kind: str
    detail: str

    def __str__(self) -> str:
        """Return it in words."""
        where = f"event {self.position}" if self.position else "the file"
        return f"{where}: {self.kind}, {self.detail}"


class Damage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that was wrong with the journal, in told and in withheld events."""

    flaws: tuple[Flaw, ...]
    more: Amount
    """Further ones, not named."""

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.flaws) + self.more

    def covers(self, position: int, kind: str) -> bool:
        """Tell whether this is said to be damaged, or may be among what is not named."""
        if any((one.position, one.kind) == (position, kind) for one in self.flaws):
            return True
        return bool(self.more) and position > self.flaws[-1].position


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bundle is made of."""

    format: int
    public_key: Sha256
    """The key that signs, as 64 hex digits."""
    versions: dict[str, str]
    """Of the program and what it ran on when the bundle was made."""
    journal: str
    """UUID of the journal."""
    journal_format: int
    created: str
    """When the journal was made."""
    head: Sha256
    """Hash of the last event."""
    at: str
    """Time of the last event, UTC."""
    events: Amount
    """Also the position of the last one."""
    run: Run
    first: Amount
    """Position of the run's first event, and of its last one."""
    last: Amount
    run_versions: dict[str, str]
    """What the run had."""
    earlier: Earlier | None
    """To compare with; None: there was no such run."""
    rows: tuple[int, ...]
    """Rows that the run touched: these are in it, whole."""
    withheld: Withheld
    as_configured: bool
    """True: the settings in it are those that the run had."""
    thumbnails: Amount
    missing_thumbnails: Amount
    files: tuple[File, ...]
    damage: Damage | UnsetType = UNSET
    """Of the journal that the bundle was made of; left out where that was sound."""

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """Return what was wrong with the journal, as far as it is named."""
        return self.damage.flaws if self.damage else ()

    @property
    def pictures(self) -> frozenset[str]:
        """Return the SHA-256 of the pictures in it."""
        return frozenset(found[2] for one in self.files if (found := _OBJECT.fullmatch(one.path)))


class Mark(Struct, frozen=True):
    """What `incident.json` says in a folder that a bundle was opened in."""

    bundle: str
    """Name of the file."""
    sha256: Sha256
    manifest: Manifest


class _Form(Struct):
    format: int
    public_key: Sha256


def signed(manifest: bytes) -> bytes:
    """Return what is signed."""
    return SIGNED + manifest


def encoded(manifest: Manifest) -> bytes:
    """Return the bytes of `manifest.json`."""
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def form_of(manifest: bytes) -> tuple[int, bytes]:
    """Return format and public key, whatever else a later version may say. Raises ValueError."""
    form = msgspec.json.decode(manifest, type=_Form)
    return form.format, bytes.fromhex(form.public_key)


def decoded(manifest: bytes) -> Manifest:
    """Return a manifest. Raises ValueError where it is none, or names a file that cannot be."""
    found = msgspec.json.decode(manifest, type=Manifest)
    lacking = _NEEDED - {one.path for one in found.files}
    if lacking:
        msg = f"it has no {', '.join(sorted(lacking))}"
        raise ValueError(msg)
    for one in found.files:
        if one.path not in MEANING and not _OBJECT.fullmatch(one.path):
            msg = f"a bundle has no file {one.path!r}"
            raise ValueError(msg)
    return found


def as_json(value: Any) -> bytes:  # noqa: ANN401  (whatever JSON holds)
    """Return a value as the members hold it."""
    return msgspec.json.format(msgspec.json.encode(value)) + b"\n"
