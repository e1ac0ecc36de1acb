"""
The renditions of a workspace: the recipe that its settings ask for, and how a row comes by them.

Of the renditions that a row has, those that still are what the recipe asks for, and whose bytes lie
unharmed in `data/objects`, are kept; only the others are made.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.recipes import Order, Size
from adapters.tasks import Rendered
from adapters.workers import WorkerResult, Workers
from driver.recipe import recipe_of
from driver.workspace import Workspace
from journal.crashpoints import point
from machine.row import Row, of_other_pixels
from machine.values import Rendition


class Darkroom:
    """Orders renditions of rows, and takes them in."""

    def __init__(self, workspace: Workspace, objects: Objects, workers: Workers) -> None:
        """
        Work out the recipe.

        Raises:
            Misused: the watermark or a format cannot be made here.
        """
        self.recipe = recipe_of(workspace)
        self._objects = objects
        self._workers = workers
        self._deadline_s = workspace.config.resize.deadline_s

    def marker(self) -> str:
        """Return what is made, for the log."""
        return " ".join(f"{one.name}={_in_words(one)}" for one in self.recipe.sizes)

    def kept(self, row: Row) -> tuple[Rendition, ...]:
        """
        Return the row's renditions that need not be made again; each is read and checked.

        What shows the pixels of a photo that was replaced is never among them.
        """
        if of_other_pixels(row, "resize"):
            return ()
        wanted = {one.name: self.recipe.digest_of(one) for one in self.recipe.sizes}
        return tuple(
            one
            for one in row.decided.resize.renditions
            if one.recipe_digest and one.recipe_digest == wanted.get(one.name)
            if self._is_whole(one)
        )

    def _is_whole(self, one: Rendition) -> bool:
        try:
            return len(self._objects.get(one.sha256)) == one.size_bytes
        except AdapterError:  # It is made again, which is all that there is to say.
            return False

    def begin(self, row: Row, original: Callable[[], bytes]) -> Future[Any]:
        """Begin to make what the row lacks. Raises AdapterError: the original cannot be read."""
        kept = self.kept(row)
        if len(kept) < len(self.recipe.sizes):
            order = msgspec.json.encode(Order(recipe=self.recipe, kept=kept))
            return self._workers.submit("resize", original(), order, deadline_s=self._deadline_s)
        by_name = {one.name: one for one in kept}
        rendered = Rendered((), tuple(by_name[one.name] for one in self.recipe.sizes))
        nothing: Future[WorkerResult] = Future()
        nothing.set_result(WorkerResult(data=msgspec.msgpack.encode(rendered), duration_ms=0))
        return nothing

    def take_in(self, answer: bytes) -> tuple[Rendition, ...]:
        """
        Store what was made, read it back, and return all renditions of the row.

        Raises:
            AdapterError: a picture cannot be written, or is not what was made.
        """
        rendered = msgspec.msgpack.decode(answer, type=Rendered)
        for picture in rendered.pictures:
            facts = picture.rendition
            point("stage.resize.before_put")
            if self._objects.put(picture.data) != facts.sha256 or not self._is_whole(facts):
                detail = f"{facts.name} is not what was made when it is read back"
                raise AdapterError("ResizeFailed", detail)
        point("stage.resize.after_put")
        return rendered.renditions


def _in_words(size: Size) -> str:
    mode = "" if size.mode == "fit" else f" {size.mode}"
    kind = "" if size.format == "jpeg" else f" {size.format}"
    return f"{size.width_px}x{size.height_px}{mode}{kind}"
