"""Incident bundles as somebody makes them who wants to be believed."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from driver import incident_manifest as m
from driver.incident_file import pack
from driver.sections import Config
from driver.workspace import Workspace
from journal.signing import SigningKey


def members(bundle: Path) -> dict[str, bytes]:
    """Return what a bundle holds, read with the standard library alone."""
    with zipfile.ZipFile(bundle) as file:
        return {name: file.read(name) for name in file.namelist()}


def plain(bundle: Path) -> bytes:
    """Return everything in a bundle as one, unpacked."""
    found = members(bundle)
    for name in found:
        if name.endswith(".gz"):
            found[name] = gzip.decompress(found[name])
    return b"\n".join(found.values())


def events(bundle: Path) -> list[dict[str, Any]]:
    """Return the events of a bundle."""
    lines = gzip.decompress(members(bundle)[m.EVENTS]).splitlines()
    return [json.loads(line) for line in lines]


def repacked(
    bundle: Path,
    target: Path,
    changed: Mapping[str, bytes],
    key: SigningKey | None = None,
    manifest: Callable[[dict[str, Any]], None] = lambda _: None,
) -> Path:
    """
    Return a copy of a bundle with other members, and everything computed again that can be.

    Args:
        bundle: the honest one.
        target: where the other one goes.
        changed: members with their new bytes.
        key: signs the new manifest; None: the old signature stays, for want of the key.
        manifest: changes the manifest besides.
    """
    folder = target.with_suffix(".d")
    found = members(bundle) | dict(changed)
    told = json.loads(found[m.MANIFEST])
    for one in told["files"]:
        content = found[one["path"]]
        whole = gzip.decompress(content) if one["path"].endswith(".gz") else content
        one |= {"sha256": sha256(content).hexdigest(), "size_bytes": len(content)}
        one["unpacked_bytes"] = len(whole)
    manifest(told)
    if key is not None:
        told["public_key"] = key.public.hex()
    found[m.MANIFEST] = json.dumps(told).encode()
    if key is not None:
        found[m.SIGNATURE] = key.sign(m.signed(found[m.MANIFEST]))
    for name, content in found.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    with target.open("wb") as file:
        pack(file, folder, list(found))
    return target


def packed(lines: list[dict[str, Any]]) -> bytes:
    """Return events as a member holds them."""
    text = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, text, mtime=0) as file:
        file.writelines(json.dumps(line).encode() + b"\n" for line in lines)
    return text.getvalue()


def tables(bundle: Path, when: str) -> dict[str, list[dict[str, Any]]]:
    """Return the read models `before` or `after` the run."""
    found: dict[str, list[dict[str, Any]]] = json.loads(
        gzip.decompress(members(bundle)[f"{when}.json.gz"])
    )["tables"]
    return found


def settings(root: Path) -> Config:
    """Return the settings of a workspace."""
    return Workspace(root).config
