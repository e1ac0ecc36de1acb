"""What is said about an incident bundle: what is in it, and what is withheld and so not absent."""

from collections.abc import Callable, Iterable, Iterator

from driver.incident_manifest import Manifest
from machine.text import counted

_RUN_SHOWN = 13
"""Characters of a run's id that tell it from others."""
_TOLD_EVERY = 2_000
_README = """\
An incident bundle of photojournal: what one run did to a workspace of photos, for somebody else.

Run {run}: {rows}, events {first} to {last} of {events}.

To look at it:   photojournal incident open THIS-FILE.zip --sha256 DIGEST --key FINGERPRINT
DIGEST is what the sender told you otherwise than with this file: the SHA-256 of this file.
FINGERPRINT likewise: the SHA-256 of the 32 bytes of the sender's public key.

Without that program:
manifest.json     every file in here with its SHA-256; the journal's identity and its last hash
manifest.sig      Ed25519 signature of the line photojournal/incident/1 followed by manifest.json:
                  (echo photojournal/incident/1; cat manifest.json) > signed
                  openssl pkeyutl -verify -rawin -pubin -inkey signer.pub -in signed \\
                      -sigfile manifest.sig
events.jsonl.gz   the whole journal, one event a line; "payload": null is one that is withheld
before.json.gz    the tables of the workspace right before the run, and after.json.gz right after
logs/             what the run logged
photojournal.toml the settings when this file was made; passwords never stand there

Withheld, which is not the same as absent: {withheld}.
"""
_DAMAGED = """
The journal was damaged when this file was made; everything is told as it is stored there.
Damaged: {}.
"""


def withheld(manifest: Manifest) -> str:
    """Return what is in the journal and not in the bundle."""
    kept = manifest.withheld
    if not (kept.events or kept.private):
        return "nothing"
    said = f"{counted(kept.events, 'event')} of what the run did not touch"
    if kept.rows:
        said += f" ({counted(kept.rows, 'row')})"
    if kept.private:
        said += f", and {counted(kept.private, 'event')} with place, serial numbers and owner"
    return said


def told(manifest: Manifest) -> str:
    """Return what is in the bundle."""
    pictures = f", {counted(manifest.thumbnails, 'thumbnail')}" if manifest.thumbnails else ""
    return f"{counted(len(manifest.rows), 'row')}, {_told_events(manifest)} whole{pictures}"


def damage(manifest: Manifest) -> str:
    """Return what was wrong with the journal that the bundle was made of; empty: nothing."""
    found = manifest.damage
    if not found:
        return ""
    more = f"; and {found.more:,} more" if found.more else ""
    return "; ".join(map(str, found.flaws)) + more


def since(manifest: Manifest) -> str:
    """Return what had changed since the last good run; empty: there is none to compare with."""
    earlier = manifest.earlier
    if earlier is None:
        return ""
    before, now = earlier.versions, manifest.run_versions
    changed = [
        f"{name} {before.get(name, 'none')} -> {now.get(name, 'none')}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
    changed += [] if earlier.as_configured else ["the settings"]
    said = ", ".join(changed) or "neither versions nor settings"
    return f"{said} (the last good run began {earlier.at[:19]}Z)"


def told_every(
    lines: Iterable[bytes], total: int, progress: Callable[[int, int], None]
) -> Iterator[bytes]:
    """Yield the lines, and say from time to time how many of how many that were."""
    for done, line in enumerate(lines, 1):
        if done % _TOLD_EVERY == 0:
            progress(done, total)
        yield line


def _told_events(manifest: Manifest) -> str:
    whole = manifest.events - manifest.withheld.events - manifest.withheld.private
    return f"{whole:,} of {counted(manifest.events, 'event')}"


def heading(manifest: Manifest) -> str:
    """Return the line that stands above whatever is looked at in an opened bundle."""
    rows, others = counted(len(manifest.rows), "row"), manifest.withheld.rows
    withheld = f"; {counted(others, 'other row')} withheld, not absent" if others else ""
    damaged = "; its journal is damaged" if manifest.damage else ""
    return f"Incident, read-only: run {manifest.run[:_RUN_SHOWN]}, {rows}{withheld}{damaged}"


def readme(manifest: Manifest) -> str:
    """Return the text for whoever has the bundle and not the program."""
    return _README.format(
        run=manifest.run,
        rows=counted(len(manifest.rows), "row"),
        first=manifest.first,
        last=manifest.last,
        events=manifest.events,
        withheld=withheld(manifest),
    ) + (_DAMAGED.format(damage(manifest)) if manifest.damage else "")
