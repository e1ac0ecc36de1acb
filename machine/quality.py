"""
The metrics, and the quality rating: one number from several metrics, and its tier.

The only copy of ranges, directions, weights, tiers and profiles; `docs/metrics.md` shows it to
people. Source of weights, normalisation and tiers: the predecessor's batch scorer. A metric that
was not measured is left out and the other weights are scaled up to one; the tier is then
provisional. A stand-in number is never used.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Metric(Struct, frozen=True, kw_only=True):
    """What is known about a metric before anything is measured."""

    name: str
    low: float
    """The range that is normalised; what lies outside counts as its end."""
    high: float
    better: Literal["higher", "lower"]
    measures: str
    source: str
    """Formula or model, and who made it."""
    trust: str
    """How far its ranking of photos agrees with people's (SRCC, 1 is perfect), and on what."""


_TABLE: tuple[Metric, ...] = (
    Metric(
        name="clip_aesthetic_score",
        low=0,
        high=10,
        better="higher",
        measures="how beautiful people would find it",
        source="LAION aesthetic predictor on CLIP ViT-L/14",
        trust="SRCC 0.67 on AVA: a fair guess at taste",
    ),
    Metric(
        name="nima_score",
        low=0,
        high=10,
        better="higher",
        measures="how beautiful people would find it",
        source="NIMA, InceptionResNetV2, trained on AVA",
        trust="SRCC 0.71 on AVA: a fair guess at taste",
    ),
    Metric(
        name="blur_score",
        low=0,
        high=10,
        better="higher",
        measures="sharp edges: min(variance of the Laplacian / 200, 1) x 10",
        source="`adapters.scorer`, formula of the predecessor",
        trust="no study known: noise counts as sharpness, a soft background as blur",
    ),
    Metric(
        name="brightness_score",
        low=0,
        high=10,
        better="higher",
        measures="a middle mean brightness: (1 - abs(mean - 128) / 128) x 10",
        source="`adapters.scorer`, formula of the predecessor",
        trust="no study known: a night or a snow scene is meant to be off the middle",
    ),
    Metric(
        name="contrast_score",
        low=0,
        high=10,
        better="higher",
        measures="spread of brightness: min(standard deviation / 64, 1) x 10",
        source="`adapters.scorer`, formula of the predecessor",
        trust="no study known: fog and high key are low on purpose",
    ),
    Metric(
        name="brisque_score",
        low=0,
        high=100,
        better="lower",
        measures="how unnatural the fine structure is: noise, blur, compression",
        source="`adapters.brisque`, equal to pyiqa's `brisque` within 0.05",
        trust="SRCC 0.31 on LIVE-C, 0.23 on KonIQ, 0.53 on SPAQ: weak on real photographs",
    ),
    Metric(
        name="topiq_nr",
        low=0,
        high=1,
        better="higher",
        measures="technical quality, as people judge it",
        source="TOPIQ, pyiqa's `topiq_nr`, trained on KonIQ",
        trust="SRCC 0.81 on LIVE-C, 0.93 on KonIQ, 0.87 on SPAQ: the better choice beside BRISQUE",
    ),
    Metric(
        name="topiq_iaa_res50",
        low=1,
        high=10,
        better="higher",
        measures="how beautiful people would find it",
        source="TOPIQ, pyiqa's `topiq_iaa_res50`, trained on AVA",
        trust="SRCC 0.74 on AVA: the better choice beside NIMA and CLIP, at about their cost",
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}
"""Every metric by name. Those without a weight are described, not measured by a profile yet."""

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

HIGHEST = 10.0
"""The best rating; the worst is 0."""


def normalised(metric: str, value: float) -> float:
    """
    Return `value` on the common scale, 0 to 10, higher is better.

    Raises:
        KeyError: the metric is not in the table.
    """
    known = METRICS[metric]
    within = min(max(value, known.low), known.high)
    good = within - known.low if known.better == "higher" else known.high - within
    return good * (HIGHEST / (known.high - known.low))


def rating(values: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> float | None:
    """
    Return the weighted mean of the known metrics, 0 to 10 with two decimals; None for none.

    Args:
        values: what was measured, by metric.
        weights: shares of the metrics, above 0; they need not add up to one.
    """
    known = {metric: weights[metric] for metric in values if metric in weights}
    if not known:
        return None
    total = sum(weight * normalised(metric, values[metric]) for metric, weight in known.items())
    return round(total / sum(known.values()), 2)


def tier(qr: float | None, tiers: tuple[tuple[float, str], ...] = TIERS) -> str:
    """Return the tier of a rating; `tiers` have the highest first."""
    if qr is None:
        return "NA"
    return next((name for least, name in tiers if qr >= least), "Very Low")
