"""
The quality rating: one number from several metrics, and its tier; their only copy stands here.

Source of weights, normalisation and tiers: the predecessor's batch scorer. A metric that was not
measured is left out and the other weights are scaled up to one; the tier is then provisional. A
stand-in number is never used.
"""

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {
    "clip_aesthetic_score": 0.23,
    "nima_score": 0.20,
    "blur_score": 0.17,
    "brightness_score": 0.17,
    "contrast_score": 0.13,
    "brisque_score": 0.10,
}
"""Share of each metric in the rating; they add up to one."""

TIERS: tuple[tuple[float, str], ...] = (
    (7.5, "Top"),
    (6.5, "Good"),
    (5.5, "Average"),
    (4.5, "Low"),
)
"""Lowest rating of each tier; below the last one: Very Low; unrated: NA."""

PROFILES: Mapping[str, tuple[str, ...]] = {
    "embedded": ("brisque_score", "blur_score", "brightness_score", "contrast_score"),
    "full": tuple(WEIGHTS),
}
"""Metrics that each profile requires."""


def normalised(metric: str, value: float) -> float:
    """Return `value` on the common scale, 0 to 10, higher is better (BRISQUE: 0 to 100, lower)."""
    if metric == "brisque_score":
        return (1 - min(max(value, 0.0) / 100, 1.0)) * 10
    return min(max(value, 0.0), 10.0)


def rating(values: Mapping[str, float]) -> float | None:
    """Return the weighted mean of the known metrics, 0 to 10 with two decimals; None for none."""
    known = {metric: WEIGHTS[metric] for metric in values if metric in WEIGHTS}
    if not known:
        return None
    total = sum(weight * normalised(metric, values[metric]) for metric, weight in known.items())
    return round(total / sum(known.values()), 2)


def tier(qr: float | None) -> str:
    """Return the tier of a rating."""
    if qr is None:
        return "NA"
    return next((name for least, name in TIERS if qr >= least), "Very Low")
