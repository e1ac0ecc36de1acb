"""
A workspace: `photojournal.toml`, `data/`, `logs/`, `site/`. Found, never made in silence.

Paths of originals are stored relative to a named root, with bytes that are not UTF-8 escaped
(`escape_name`), so that a moved home folder or drive needs one change in one place.
"""

import contextlib
import os
import re
import shlex
from pathlib import Path, PurePosixPath

import platformdirs

from driver import config, template, vocabulary
from driver.credentials import Credentials
from driver.errors import Misused
from driver.sections import Config
from machine.values import Source

MARKER = "photojournal.toml"
RESTORING = "restoring.json"
"""Stands in a folder as long as a restore into it has not come to its end."""
INCIDENT = "incident.json"
"""Stands in a folder that an incident bundle was opened in."""
VARIABLE = "PHOTOJOURNAL_WORKSPACE"
_VERB = re.compile(r"\bphotojournal ([a-z]+)(?: (--remote|--accept-head|prune|hold|unhold)\b)?")
_LOOKING = {
    *("blame", "diff", "events", "history", "incident", "logs", "queue", "replay", "report"),
    *("runs", "search", "sets", "show", "similar", "status", "triage", "verify"),
}
"""Verbs that an opened bundle answers."""


class Workspace:
    """The folders and files of a workspace, and its configuration."""

    def __init__(self, root: Path, settings: Config | None = None) -> None:
        """Read the configuration below `root`, unless it is given. Raises Misconfigured."""
        self.root = root.resolve()
        self.data = self.root / "data"
        self.logs = self.root / "logs"
        self.site = self.root / "site"
        self.journal = self.data / "journal.db"
        self.review = self.data / "review.db"
        self.objects = self.data / "objects"
        self.locks = self.data / "locks"
        self.vocabulary = self.root / vocabulary.FILE
        self.config = settings or config.load(self.root / MARKER)
        self.credentials = Credentials(self.root)

    @property
    def is_incident(self) -> bool:
        """Tell whether this is an opened incident bundle, which can only be read."""
        return (self.root / INCIDENT).is_file()

    def refuse_incident(self) -> None:
        """Raise Misused where this is an opened incident bundle."""
        if self.is_incident:
            msg = f"{self.root} is an opened incident bundle: it can only be looked at"
            hint = "triage, queue, show, history, events and runs look; work where it was made"
            raise Misused(msg, hint)

    def fitting(self, words: str) -> str:
        """Return words with a command as they fit here: an opened bundle only lets one look."""
        if not self.is_incident or all(
            verb in _LOOKING and not asking for verb, asking in _VERB.findall(words)
        ):
            return words
        return f"{words} (where the bundle was made)"

    def roots(self) -> dict[str, Path]:
        """Return the named roots, the most specific first."""
        return {"workspace": self.root, "home": Path.home(), "filesystem": Path(self.root.anchor)}

    def source_of(self, path: Path, *, copied: bool) -> Source:
        """Return `path` as it is stored in an event."""
        with contextlib.suppress(OSError, RuntimeError):  # a loop of links above it
            path = path.parent.resolve() / path.name
        path = path.absolute()
        for name, root in self.roots().items():
            if path.is_relative_to(root):
                relative = path.relative_to(root).as_posix()
                return Source(root=name, path=escape_name(relative), copied=copied)
        return Source(root="filesystem", path=escape_name(path.as_posix()), copied=copied)

    def path_of(self, source: Source) -> Path:
        """Return where a stored path lies today."""
        root = self.roots().get(source.root, self.root)
        return root / PurePosixPath(unescape_name(source.path))


def escape_name(name: str) -> str:
    r"""Return `name` as valid text: a byte that is not UTF-8 as `\xNN`, a backslash doubled."""
    text = name.replace("\\", "\\\\")
    return "".join(
        f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else char for char in text
    )


def shown_name(name: str) -> str:
    r"""Return a name for a screen or a log, on one line: what cannot be printed as `\xNN`."""
    return "".join(char if char.isprintable() else _visible(char) for char in name)


def _visible(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def unescape_name(text: str) -> str:
    """Return the name that `escape_name` was given."""

    def plain(found: re.Match[str]) -> str:
        code = found.group(1)
        return chr(0xDC00 + int(code[1:], 16)) if code.startswith("x") else code

    return re.sub(r"\\(\\|x[0-9a-f]{2})", plain, text)


def find(given: Path | None, settings: Config | None = None) -> Workspace:
    """
    Return the workspace that is meant: the one given, the environment's, or the nearest above.

    Args:
        given: what `-w` said.
        settings: used instead of those in its file, for who only looks while that is broken.

    Raises:
        Misconfigured: the settings in its file cannot be used.
        Misused: there is none; the hint names the one used last. Or it is half restored.
    """
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    candidates = [named] if named else [Path.cwd(), *Path.cwd().parents]
    for folder in candidates:
        if (folder / MARKER).is_file() and (folder / "data").is_dir():
            _refuse_half_restored(folder)
            workspace = Workspace(folder, settings)
            if not workspace.is_incident:
                remember(workspace.root)
            return workspace
    where = named or Path.cwd()
    last = last_used()
    msg = f"there is no workspace in {where}" + ("" if named else " or above it")
    if last is None:
        raise Misused(msg, "photojournal init FOLDER")
    msg = f"{msg}; the one used last is {last}"
    raise Misused(msg, shlex.join(["photojournal", "-w", str(last), "status"]))


def create(folder: Path) -> Workspace:
    """
    Make a workspace in `folder`; an existing one is returned as it is.

    Raises:
        Misused: the folder cannot be made, or a restore into it did not come to its end.
    """
    _refuse_half_restored(folder)
    try:
        for part in ("data/objects", "data/locks", "logs/runs"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for name, text in ((vocabulary.FILE, vocabulary.TEMPLATE), (MARKER, template.TEMPLATE)):
            if not (folder / MARKER).exists() and not (folder / name).exists():
                (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"cannot make a workspace in {folder}: {error.strerror or error}"
        raise Misused(msg, "choose a folder that you may write to") from error
    workspace = Workspace(folder)
    workspace.refuse_incident()
    remember(workspace.root)
    return workspace


def _refuse_half_restored(folder: Path) -> None:
    if (folder / RESTORING).exists():
        msg = f"{folder} is half restored from a backup"
        raise Misused(msg, f"photojournal restore BACKUP {shlex.quote(str(folder))}")


def _memory() -> Path:
    return platformdirs.user_state_path("photojournal") / "last_workspace"


def remember(root: Path) -> None:
    """Note the workspace used last; a home folder that cannot be written to is no error."""
    memory = _memory()
    try:
        if last_used() != root:
            memory.parent.mkdir(parents=True, exist_ok=True)
            memory.write_text(str(root), encoding="utf-8")
    except (OSError, ValueError):
        return


def last_used() -> Path | None:
    """Return the workspace used last, if it is still there."""
    try:
        root = Path(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return root if (root / MARKER).is_file() else None
