"""An incident bundle is what was made and signed, or it is refused."""

import random
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from adapters.workers import Workers
from driver import incident_manifest as m
from driver.errors import Damaged, Drift, DriverError, Misused
from driver.incident_export import Wanted, gather, write
from driver.incident_file import pack
from driver.incident_open import check, prove, unpack
from driver.program import Program
from driver.workspace import Workspace
from journal.chain import genesis, line_hash
from journal.signing import SigningKey, open_key
from tests.driver.bundles import events, members, packed, repacked
from tests.driver.desk import Desk

SEED = 20261129


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory, workers: Workers) -> tuple[Path, Path]:
    """A workspace with two photos, and the bundle of the run that took in the second one."""
    folder = tmp_path_factory.mktemp("incident")
    desk = Desk(folder / "studio", workers)
    desk.ingest(desk.photo("coffee"))
    desk.work("prefill")
    desk.ingest(desk.photo("chelsea"))
    bundle = folder / "bundle.zip"
    with Program(desk.workspace, readonly=True) as program:
        manifest = gather(program, Wanted(desk.newest_run("ingest")), _new(folder / "members"))
        write(program, manifest, folder / "members", bundle)
    return desk.root, bundle


@pytest.fixture
def bundle(incident: tuple[Path, Path]) -> Path:
    return incident[1]


@pytest.fixture
def stranger(tmp_path: Path) -> SigningKey:
    """Somebody else's key."""
    return open_key(_new(tmp_path / "stranger") / "journal.db")


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextmanager
def refused(kind: type[DriverError], words: str, target: Path) -> Iterator[None]:
    """Something is refused with these words, and nothing is left of it."""
    with pytest.raises(kind, match=words) as caught:
        yield
    assert caught.value.hint
    assert not target.exists()


def opened(bundle: Path, folder: Path) -> None:
    """Do all that `incident open` does."""
    unpack(check(bundle), folder)


# --- Tampering.


def is_found(content: bytes, at: int, other: int, place: Path) -> bool:
    """Tell whether a bundle is refused in which one byte is another one; its hash is not known."""
    place.write_bytes(content[:at] + bytes([other]) + content[at + 1 :])
    try:
        check(place)
    except (Drift, Misused):
        return True
    return False


def test_any_other_byte_anywhere_is_found_without_knowing_the_hash(
    bundle: Path, tmp_path: Path
) -> None:
    """In members, in the manifest and the signature, and in every byte of the container."""
    content, chance = bundle.read_bytes(), random.Random(SEED)
    container = [*range(60), *range(len(content) - 900, len(content))]
    places = sorted({*chance.sample(range(len(content)), 200), *chance.sample(container, 100)})
    missed = [
        at
        for at in places
        if not is_found(content, at, content[at] ^ chance.randrange(1, 256), tmp_path / "x.zip")
    ]
    assert [] == missed, f"seed {SEED}"


@pytest.mark.soak
@pytest.mark.parametrize("change", [0x01, 0x20, 0xFF])
def test_every_other_byte_is_found(bundle: Path, tmp_path: Path, change: int) -> None:
    """Each in turn, with one bit changed, or all of them."""
    content, place = bundle.read_bytes(), tmp_path / "x.zip"
    missed = [
        at for at in range(len(content)) if not is_found(content, at, content[at] ^ change, place)
    ]
    assert [] == missed


def test_the_hash_of_the_file_finds_whatever_else_would_hold(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    other = repacked(bundle, tmp_path / "other.zip", {}, stranger)
    check(other)
    found = check(bundle, digest=sha256(bundle.read_bytes()).hexdigest().upper())
    assert found.sha256 == sha256(bundle.read_bytes()).hexdigest()
    with pytest.raises(Drift, match="and not the one given"):
        check(other, digest=found.sha256)
    with pytest.raises(Misused, match="--sha256 takes the 64 digits"):
        check(bundle, digest="abc")


def forged(bundle: Path) -> bytes:
    """Return the events with one of them changed, and every hash after it computed again."""
    lines = events(bundle)
    manifest = check(bundle).manifest
    victim = next(one for one in lines if one["type"] == "RowIngested" and one["payload"])
    victim["payload"] = victim["payload"].replace("chelsea", "charlie")
    victim["digest"] = sha256(victim["payload"].encode()).hexdigest()
    previous = genesis(manifest.journal, manifest.journal_format)
    for one in lines:
        previous = hashed(previous, one)
        one["hash"] = previous.hex()
    return packed(lines)


def hashed(previous: bytes, line: dict[str, Any]) -> bytes:
    texts = ("stream", "type", "append_key", "run_id", "actor", "at")
    numbers = ("position", "version", "schema_version", "step", "cause")
    return line_hash(
        previous=previous,
        digest=bytes.fromhex(line["digest"]),
        **{name: line[name].encode() for name in texts},
        **{name: line[name] for name in numbers},
    )


def test_an_edited_event_with_everything_recomputed_is_caught_by_the_signature(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    """Another key's signature holds, and is not the one that the receiver was told of."""
    lie = forged(bundle)

    def head(told: dict[str, Any]) -> None:
        told["head"] = events(repacked(bundle, tmp_path / "y.zip", {m.EVENTS: lie}))[-1]["hash"]

    unsigned = repacked(bundle, tmp_path / "unsigned.zip", {m.EVENTS: lie}, manifest=head)
    with refused(Drift, "the signature of its manifest does not hold", tmp_path / "o"):
        opened(unsigned, tmp_path / "o")
    signed = repacked(bundle, tmp_path / "signed.zip", {m.EVENTS: lie}, stranger, head)
    opened(signed, tmp_path / "believed")
    known = check(bundle).fingerprint
    assert check(bundle, key=known).fingerprint == known
    with pytest.raises(Drift, match="and not with the one given"):
        check(signed, key=known)


def test_an_edited_event_breaks_the_chain_whoever_signs(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    lines = events(bundle)
    lines[2]["actor"] = "nobody"
    lie = repacked(bundle, tmp_path / "x.zip", {m.EVENTS: packed(lines)}, stranger)
    with refused(Damaged, "the chain breaks at event 3: line", tmp_path / "o"):
        opened(lie, tmp_path / "o")


def test_events_that_are_left_out_are_missed_whoever_signs(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    """In the middle by the chain, at the end by the head, one by one by the count of withheld."""
    lines = events(bundle)
    middle = packed(lines[:3] + lines[4:])
    with refused(Damaged, "the chain breaks at event 4: missing", tmp_path / "o"):
        opened(repacked(bundle, tmp_path / "1.zip", {m.EVENTS: middle}, stranger), tmp_path / "o")
    with refused(Damaged, "do not lead to the head that was signed", tmp_path / "o"):
        short = repacked(bundle, tmp_path / "2.zip", {m.EVENTS: packed(lines[:-1])}, stranger)
        opened(short, tmp_path / "o")
    told = next(one for one in lines if one["payload"])
    told["payload"] = None
    with refused(Damaged, "do not lead to the head that was signed", tmp_path / "o"):
        less = repacked(bundle, tmp_path / "3.zip", {m.EVENTS: packed(lines)}, stranger)
        opened(less, tmp_path / "o")


# --- The container.


def zipped(target: Path, found: dict[str, bytes], **options: Any) -> Path:
    """Return a zip file as others write it."""
    with zipfile.ZipFile(target, "w", **options) as file:
        for name, content in found.items():
            file.writestr(name, content)
    return target


@pytest.mark.parametrize(
    ("before", "behind"), [(b"MZ", b""), (b"", b"\0"), (b"", b"PK\5\6" + bytes(18))]
)
def test_bytes_around_the_members_are_refused(
    bundle: Path, tmp_path: Path, before: bytes, behind: bytes
) -> None:
    other = tmp_path / "other.zip"
    other.write_bytes(before + bundle.read_bytes() + behind)
    with refused(Drift, "no incident bundle as it was made", tmp_path / "o"):
        opened(other, tmp_path / "o")


def test_a_comment_is_refused(bundle: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(bundle, tmp_path / "other.zip"))
    with zipfile.ZipFile(other, "a") as file:
        file.comment = b"nothing to see here"
    with refused(Drift, "not their directory", tmp_path / "o"):
        opened(other, tmp_path / "o")


def test_a_bundle_that_was_compressed_again_is_refused(bundle: Path, tmp_path: Path) -> None:
    """So is one that other programs packed: what is expanded here is only what was signed."""
    deflated = zipped(tmp_path / "deflated.zip", members(bundle), compression=zipfile.ZIP_DEFLATED)
    stored = zipped(tmp_path / "stored.zip", members(bundle))
    for other in (deflated, stored):
        with refused(Drift, "is not stored as it should be", tmp_path / "o"):
            opened(other, tmp_path / "o")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../evil", "C:evil", "a\\b", ".hidden", "ä"]
)
def test_a_member_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    other = zipped(tmp_path / "other.zip", {name: b"x"})
    with refused(Drift, "which is no name here", tmp_path / "o"):
        opened(other, tmp_path / "o")


@pytest.mark.parametrize("second", ["README.txt", "readme.TXT"])
def test_a_member_that_comes_twice_is_refused(bundle: Path, tmp_path: Path, second: str) -> None:
    """Also where only a disk that knows no case takes them for one."""
    for name, content in members(bundle).items():
        place = tmp_path / "d" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    (tmp_path / "d" / second).write_bytes(b"another one")
    with (tmp_path / "x.zip").open("wb") as file:
        pack(file, tmp_path / "d", [*members(bundle), second])
    with refused(Drift, "comes twice", tmp_path / "o"):
        opened(tmp_path / "x.zip", tmp_path / "o")


def test_a_member_that_nobody_signed_or_that_is_none_is_refused(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    more = repacked(bundle, tmp_path / "more.zip", {"logs/more.log": b"x"}, stranger)
    with refused(Drift, "its files are not those of its manifest", tmp_path / "o"):
        opened(more, tmp_path / "o")

    def add(told: dict[str, Any]) -> None:
        one = told["files"][0] | {"path": "logs/more.log"}
        told["files"].append(one)

    signed = repacked(bundle, tmp_path / "x.zip", {"logs/more.log": b"x"}, stranger, add)
    with refused(Drift, "a bundle has no file 'logs/more.log'", tmp_path / "o"):
        opened(signed, tmp_path / "o")


def test_a_bomb_is_refused_before_it_goes_off(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    """By what it says it would become, or as soon as it becomes more than it said."""
    bomb = packed([{"position": "0" * 10_000_000}])
    honest = repacked(bundle, tmp_path / "1.zip", {m.EVENTS: bomb}, stranger)
    with refused(Drift, "would become 10,000,01", tmp_path / "o"):
        opened(honest, tmp_path / "o")

    def say_little(told: dict[str, Any]) -> None:
        for one in told["files"]:
            one["unpacked_bytes"] = min(one["unpacked_bytes"], 1_000)

    liar = repacked(bundle, tmp_path / "2.zip", {m.EVENTS: bomb}, stranger, say_little)
    with refused(Drift, "longer than was signed", tmp_path / "o"):
        opened(liar, tmp_path / "o")


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no zip at all" * 99])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with refused(Drift, "no incident bundle", tmp_path / "o"):
        opened(tmp_path / "x.zip", tmp_path / "o")


def test_a_bundle_of_a_later_version_is_told_from_a_damaged_one(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    def later(told: dict[str, Any]) -> None:
        told["format"] = 3
        told["something"] = "new"

    other = repacked(bundle, tmp_path / "x.zip", {}, stranger, later)
    with refused(Misused, "has format 3, and this version knows up to 2", tmp_path / "o"):
        opened(other, tmp_path / "o")


def test_read_models_that_are_not_what_the_events_say_are_named(
    bundle: Path, tmp_path: Path, stranger: SigningKey
) -> None:
    """A later version may make them otherwise, so it is told and no reason to refuse."""
    found = unpack(check(bundle), tmp_path / "honest")
    assert () == found.differing
    before = members(bundle)[m.BEFORE]
    other = repacked(bundle, tmp_path / "x.zip", {m.AFTER: before}, stranger)
    differing = unpack(check(other), tmp_path / "o").differing
    assert "review_queue after the run" in differing
    assert "review_queue before the run" not in differing


# --- What others can do with it.


def test_the_same_run_gives_the_same_bytes(incident: tuple[Path, Path], tmp_path: Path) -> None:
    """And making one appends nothing."""
    root, bundle = incident
    journal = (root / "data" / "journal.db").read_bytes()
    with Program(Workspace(root), readonly=True) as program:
        run = check(bundle).manifest.run
        manifest = gather(program, Wanted(run), _new(tmp_path / "members"))
        write(program, manifest, tmp_path / "members", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()
    assert (root / "data" / "journal.db").read_bytes() == journal


def test_nothing_is_written_over(incident: tuple[Path, Path], tmp_path: Path) -> None:
    root, bundle = incident
    taken = tmp_path / "taken.zip"
    taken.write_bytes(b"precious")
    with Program(Workspace(root), readonly=True) as program:
        manifest = gather(program, Wanted(check(bundle).manifest.run), _new(tmp_path / "m"))
        with pytest.raises(Misused, match="exists"):
            write(program, manifest, tmp_path / "m", taken)
    assert b"precious" == taken.read_bytes()
    with pytest.raises(Misused, match="is not an empty folder"):
        unpack(check(bundle), tmp_path)
    assert b"precious" == taken.read_bytes()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_who_has_not_the_program_can_check_the_signature(bundle: Path, tmp_path: Path) -> None:
    """By the commands that the bundle itself names."""
    with zipfile.ZipFile(bundle) as file:
        assert file.testzip() is None
        file.extractall(tmp_path)
    said = (tmp_path / m.README).read_text("utf-8").splitlines()
    begin = next(n for n, line in enumerate(said) if "(echo" in line)
    script = "\n".join(line.strip() for line in said[begin : begin + 3])
    done = subprocess.run(
        ["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Signature Verified Successfully" in done.stdout, done.stderr


GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "incident-v1.zip"
"""Made by 0.1.0 and never again: the work on two rows, one with GPS and one damaged."""
GOLDEN_KEY = "e319ba45506a531019b4e2108382e635b68243b440d31c9b5e22db50df110aae"


def test_a_bundle_of_the_first_format_is_read_by_every_later_version(tmp_path: Path) -> None:
    found = check(GOLDEN, key=GOLDEN_KEY)
    prove(found, tmp_path / "journal.db")
    assert ((2, 3), 1) == (found.manifest.rows, found.manifest.withheld.rows)
    unpack(found, tmp_path / "opened")
    with Program(Workspace(tmp_path / "opened"), readonly=True) as program:
        assert ["Pending", "Quarantined"] == [
            one["Review_Status"] for one in program.models.queue()
        ]
