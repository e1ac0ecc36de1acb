"""
The renditions of a workspace: the recipe that its settings ask for, and how a row comes by them.

Of the renditions that a row has, those that still are what the recipe asks for, and whose bytes lie
unharmed in `data/objects`, are kept; only the others are made.
"""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.recipes import Format, Order, Recipe, Size, Watermark
from adapters.tasks import Rendered
from adapters.workers import WorkerResult, Workers
from driver.config import line_of
from driver.errors import Misused
from driver.sections import RenditionTable, Resize, WatermarkTable, box
from driver.workspace import MARKER, Workspace
from journal.crashpoints import point
from machine.row import Row, of_other_pixels
from machine.values import Rendition

_QUALITY: dict[Format, int] = {"webp": 82, "avif": 63}
"""Where none is given; about what JPEG 90 looks like, at two thirds and at half of its size."""


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


# --- From the settings to the recipe.


def recipe_of(workspace: Workspace) -> Recipe:
    """
    Return what today's settings ask of the darkroom.

    Raises:
        Misused: the image of the watermark cannot be read, the font lacks a sign of its text, or
            the installed Pillow cannot write a format.
    """
    settings, path = workspace.config.resize, workspace.root / MARKER
    sizes = tuple(_size(name, table, settings) for name, table in settings.tables().items())
    _check_formats(sizes, path)
    if not any(one.watermark for one in sizes):
        return Recipe(sizes=sizes)
    return Recipe(sizes=sizes, watermark=_watermark(settings.watermark, path))


def _size(name: str, table: RenditionTable, settings: Resize) -> Size:
    width, height = box(table.size)
    quality = table.quality
    return Size(
        name=name,
        width_px=width,
        height_px=height,
        quality=_QUALITY.get(table.format, settings.quality) if quality is None else quality,
        mode=table.mode,
        format=table.format,
        progressive=table.progressive is not False,
        subsampling=table.subsampling or "4:4:4",
        sharpen=table.sharpen,
        watermark=table.watermark,
    )


def _check_formats(sizes: tuple[Size, ...], path: Path) -> None:
    if all(one.format == "jpeg" for one in sizes):
        return  # and Pillow need not be loaded
    from adapters.darkroom import unsupported

    for one in sizes:
        if unsupported([one.format]):
            where = line_of(path, "resize", "renditions", one.name, "format")
            msg = (
                f"{where}: the installed Pillow cannot write `{one.format}`, which `{one.name}` is"
            )
            raise Misused(msg, "pip install --upgrade --force-reinstall pillow; or another format")


def _watermark(table: WatermarkTable, path: Path) -> Watermark:
    from adapters.watermark import image_problem, text_problem

    image, key, problem = b"", "image" if table.image else "text", ""
    if table.image:
        try:
            image = (path.parent / table.image).read_bytes()
        except OSError as error:
            problem = f"it cannot be read: {error.strerror or error}"
    problem = problem or (
        image_problem(image) if image or table.image else text_problem(table.text)
    )
    if problem:
        where = line_of(path, "resize", "watermark", key)
        msg = f"{where}: `{getattr(table, key)}` cannot be a watermark: {problem}"
        raise Misused(msg, f"mend [resize.watermark] {key} in {path.name}")
    return Watermark(
        text=table.text,
        image=image,
        position=table.position,
        opacity=table.opacity,
        size=table.size,
        margin=table.margin,
        color=table.color,
    )
