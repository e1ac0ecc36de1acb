"""
The sidecars of photos: `NAME.EXT.xmp` or `NAME.xmp` beside them, in any case.

The longer name counts first, and then alone. What a sidecar says is read with its photo, in a
worker; one that is damaged, too large or cannot be opened is told as a warning and as a note of the
row, and its photo comes in without it. A sidecar is no photo: given by itself it is left out.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from adapters.tasks import PhotoFacts
from driver.listing import Found
from driver.workspace import Workspace, shown_name
from machine.naming import name_key
from machine.values import Sidecar

SUFFIX = ".xmp"
MAX_BYTES = 8 << 20
"""A larger file is none that a program wrote about one photo."""


class _Read(Struct, frozen=True, kw_only=True):
    """A sidecar that was opened for its photo."""

    path: Path
    sha256: str = ""
    size_bytes: int = 0
    problem: str = ""
    """Why it has no bytes for the worker."""


class Sidecars:
    """Finds and reads the sidecars of photos; a folder is listed once."""

    def __init__(self, workspace: Workspace) -> None:
        """Know no folder yet."""
        self._workspace = workspace
        self._folders: dict[Path, dict[str, Path]] = {}
        self._read: dict[Path, _Read] = {}
        self.warnings: list[str] = []
        """One for each sidecar that could not be read, with its name."""

    def of(self, photo: Path) -> Path | None:
        """Return the sidecar of a photo; None if it has none."""
        beside = self._beside(photo.parent)
        longer, shorter = name_key(photo.name + SUFFIX), name_key(photo.stem + SUFFIX)
        return beside.get(longer) or beside.get(shorter)

    def _beside(self, folder: Path) -> dict[str, Path]:
        """Return the sidecars in a folder by their names; of two that differ in case the first."""
        if folder not in self._folders:
            try:
                found = sorted(path for path in folder.iterdir() if is_sidecar(path))
            except OSError:  # whoever opens the photo there says why
                found = []
            self._folders[folder] = {name_key(path.name): path for path in reversed(found)}
        return self._folders[folder]

    def data(self, photo: Path) -> bytes:
        """Return the bytes of a photo's sidecar for the worker; none if there are none to read."""
        path = self.of(photo)
        if path is None:
            return b""
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            self._read[photo] = _Read(path=path, problem=error.strerror or str(error))
            return b""
        if len(data) > MAX_BYTES:
            problem = f"it is larger than {MAX_BYTES >> 20} MiB"
            self._read[photo] = _Read(path=path, problem=problem)
            return b""
        sha256 = hashlib.sha256(data).hexdigest()
        problem = "" if data.strip() else "it is empty"
        read = _Read(path=path, sha256=sha256, size_bytes=len(data), problem=problem)
        self._read[photo] = read
        return data

    def settle(self, photo: Path, facts: PhotoFacts) -> PhotoFacts:
        """Return what a worker told, with the sidecar that was read, or a note on a damaged one."""
        read = self._read.pop(photo, None)
        if read is None:
            return facts
        problem = read.problem or facts.sidecar_problem
        if not problem:
            source = self._workspace.source_of(read.path, copied=False)
            sidecar = Sidecar(source=source, sha256=read.sha256, size_bytes=read.size_bytes)
            return replace(facts, sidecar=sidecar)
        name = shown_name(read.path.name)
        self.warnings.append(
            f"the sidecar {shown_name(str(read.path))} cannot be read, "
            f"{shown_name(photo.name)} does without it: {problem}"
        )
        note = f"the sidecar {name} cannot be read: {problem}"
        metadata = replace(facts.metadata, notes=(*facts.metadata.notes, note))
        return replace(facts, metadata=metadata)

    def owners(self, files: Sequence[Found]) -> dict[Path, Path]:
        """Return the first photo of each sidecar that belongs to one of `files`."""
        found: dict[Path, Path] = {}
        for one in files:
            path = None if one.left_out or is_sidecar(one.path) else self.of(one.path)
            if path is not None:
                found.setdefault(path.absolute(), one.path)
        return found


def is_sidecar(path: Path) -> bool:
    """Tell whether a path is named like a sidecar."""
    return path.suffix.casefold() == SUFFIX
