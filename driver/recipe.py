"""From the settings to the recipe: what today's `[resize]` asks of the darkroom."""

from pathlib import Path

from adapters.recipes import Format, Recipe, Size, Watermark
from driver.config import line_of
from driver.errors import Misused
from driver.sections import RenditionTable, Resize, WatermarkTable, box
from driver.workspace import MARKER, Workspace

_QUALITY: dict[Format, int] = {"webp": 82, "avif": 63}
"""Where none is given; about what JPEG 90 looks like, at two thirds and at half of its size."""


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
