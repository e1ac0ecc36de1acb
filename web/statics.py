"""
The page's own files, read once: a browser asks for some fifty of them at once, and waits for all.

They are kept in memory (less than a megabyte) with a tag of their content, so that a browser that
has them is told in a word that nothing changed.
"""

import hashlib
import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from web.answers import refused

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""Said here: on Windows, the registry may say something else."""


class Statics:
    """An application that answers with the files of a folder, as they were at its start."""

    def __init__(self, folder: Path) -> None:
        """Read all files below a folder."""
        found = [path for path in folder.rglob("*") if path.is_file()]
        self._files = {path.relative_to(folder).as_posix(): _File(path) for path in found}

    @property
    def modules(self) -> list[str]:
        """The JavaScript modules, by their names below the folder."""
        return sorted(name for name in self._files if name.endswith(".js"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, with 304 to whoever has it, or with 404."""
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        file = self._files.get(name)
        if file is None or scope["method"] not in ("GET", "HEAD"):
            await refused(404, "there is no such file", "see /")(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match") == file.tag
        answer = Response(
            b"" if known else file.content,
            304 if known else 200,
            headers={"ETag": file.tag, "Cache-Control": "no-cache"},
            media_type=file.media_type,
        )
        await answer(scope, receive, send)


class _File:
    """One file, and what is said about it."""

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.tag = f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'
        guessed, _ = mimetypes.guess_type(path.name)
        self.media_type = TYPES.get(path.suffix, guessed or "application/octet-stream")
