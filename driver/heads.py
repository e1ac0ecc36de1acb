"""
Signed heads of a workspace: making one, and comparing what was kept elsewhere with the journal.

Both come after the whole journal was checked: a head is a proof only beside a chain that holds.
"""

from collections.abc import Iterator, Sequence

import msgspec

from driver import clock
from driver.errors import Damaged, Misused
from driver.problems import Problem
from driver.program import Program
from journal import Journal
from journal.database import beside, identity_of
from journal.heads import SignedHead, read_head_line, sign_head
from journal.signing import PUBLIC, fingerprint, open_key, read_public
from journal.verify import Progress, verify


def signed_head(program: Program, progress: Progress) -> SignedHead:
    """
    Check the journal and return its head, signed.

    Raises:
        Damaged: it is not what was appended; nothing is signed.
        SigningKeyUnusable: there is no key, or it cannot be used.
        CannotOpen: there is no journal, or it is something else.
    """
    journal = program.workspace.journal
    report = verify(journal, progress=progress)
    if not report.ok:
        first = report.damages[0]
        msg = f"position {first.position}: {first.kind}, {first.detail}; nothing was signed"
        raise Damaged(msg, "photojournal verify")
    return sign_head(report.uuid, report.head, clock.now(), open_key(journal))


def read_heads(name: str, text: bytes) -> list[tuple[str, SignedHead]]:
    """
    Return the heads in a file, one a line, each with where it stands.

    Args:
        name: of the file, for the words.
        text: its bytes.

    Raises:
        Misused: a line is no head, or there is none.
    """
    hint = "give it what `photojournal verify --head` printed, one head a line"
    heads = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            heads.append((f"{name} line {number}", read_head_line(line)))
        except (msgspec.MsgspecError, ValueError) as error:
            msg = f"{name} line {number} is no signed head: {error}"
            raise Misused(msg, hint) from error
    if not heads:
        msg = f"there is no head in {name}"
        raise Misused(msg, hint)
    return heads


def compared(journal: Journal, heads: Sequence[tuple[str, SignedHead]]) -> Iterator[Problem]:
    """
    Say which heads do not fit the journal, or are not what was signed.

    Args:
        journal: opened; its chain is whole.
        heads: what was kept elsewhere, and where each stands.
    """
    for where, head in heads:
        if not head.is_signed:
            detail = "the line was changed after it was signed; take another copy of it"
            yield Problem(part="heads", where=where, problem="signature", detail=detail)
        elif head.journal != journal.uuid:
            detail = f"it is of journal {head.journal}, this one is {journal.uuid}"
            yield Problem(part="heads", where=where, problem="foreign", detail=detail)
        else:
            yield from _against(where, head, journal)


def other_keys(journal: Journal, heads: Sequence[tuple[str, SignedHead]]) -> Iterator[str]:
    """Say in words which heads the key beside the journal did not sign."""
    public = read_public(beside(journal.path, PUBLIC))
    for where, head in heads:
        if public is not None and head.public != public:
            yield (
                f"{where} was signed by key {fingerprint(head.public)}, and the key here is"
                f" {fingerprint(public)}: compare the first with what you noted"
            )


def _against(where: str, head: SignedHead, journal: Journal) -> Iterator[Problem]:
    end = journal.head.position
    if head.position > end:
        detail = f"ends at {end}, but {where} was signed at {head.position}: the end is missing"
        yield _damage(end + 1, detail)
    elif _hash_at(journal, head.position) != head.hash:
        signed = f"{where}, signed {head.signed_at}, has another hash"
        detail = f"{signed}: an event up to here was changed since, and all hashes made anew"
        yield _damage(head.position, detail)


def _damage(position: int, detail: str) -> Problem:
    return Problem(
        part="journal",
        where=f"position {position}",
        problem="head",
        detail=detail,
        position=position,
    )


def _hash_at(journal: Journal, position: int) -> str:
    if not position:
        return identity_of(journal.path).genesis.hash.hex()
    return next(journal.read_raw(position - 1, position)).hash.hex()
