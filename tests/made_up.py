"""Made-up results of the stages, the same for the same numbers."""

import hashlib

from machine.values import Rendition, Score, Text


def sha(text: str) -> str:
    """Return a made-up digest."""
    return hashlib.sha256(text.encode()).hexdigest()


def text(number: int, attempt: int = 1) -> Text:
    """Return three texts that quality control likes."""
    words = ("harbour", "morning", "ferry", "crane", "quay", "mist", "gull", "rope")
    subject = words[number % len(words)]
    return Text(
        caption=f"A {subject} lies under low clouds while two people wait, photo {number}.",
        alt_text=f"Two people stand beside a {subject}, seen from the water, take {attempt}.",
        keywords=(subject, "clouds", "people", f"no {number}"),
    )


def scores(seed: int) -> tuple[Score, ...]:
    """Return what the embedded profile measures."""
    metrics = ("brisque_score", "blur_score", "brightness_score", "contrast_score")
    return tuple(
        Score(
            metric=metric,
            value=(seed * 37 + place * 11) % 97 / 10 + 0.12345,
            implementation="photojournal 0.1.0",
            width_px=4096,
            height_px=2731,
            duration_ms=80,
        )
        for place, metric in enumerate(metrics)
    )


def renditions(number: int, attempt: int) -> tuple[Rendition, ...]:
    """Return a web picture and a thumb."""
    return tuple(
        Rendition(
            name=name,
            sha256=sha(f"{name} {number} {attempt}"),
            size_bytes=size,
            width_px=width,
            height_px=height,
        )
        for name, size, width, height in (("web", 600_000, 1500, 1000), ("thumb", 60_000, 548, 365))
    )
