"""The table of metrics: whole, normalised as it says, and shown to people as it is."""

from pathlib import Path

import pytest

from machine.quality import METRICS, PROFILES, TIERS, WEIGHTS, Metric, normalised

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


def shown(metric: Metric) -> str:
    """Return the line of a metric as it stands in the page."""
    weight = f"{WEIGHTS[metric.name]:.2f}" if metric.name in WEIGHTS else "none"
    about = f"{metric.measures} | {metric.source} | {metric.trust}"
    name, span = f"`{metric.name}`", f"{metric.low:g} to {metric.high:g}"
    return f"| {name} | {span} | {metric.better} | {weight} | {about} |"


def test_the_page_shows_the_table_and_nothing_else() -> None:
    """Ranges, directions, weights, sources and trust; one line for each metric, in order."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("| --- | --- | --- | --- | --- | --- | --- |") + 1
    assert [shown(metric) for metric in METRICS.values()] == lines[start : lines.index("", start)]


def test_the_page_shows_profiles_and_tiers() -> None:
    """With their metrics and bounds."""
    text = PAGE.read_text(encoding="utf-8")
    for profile, metrics in PROFILES.items():
        assert f"| `{profile}` | {', '.join(f'`{one}`' for one in metrics)} |" in text
    for least, name in TIERS:
        assert f"{name} from {least:g}" in text


def test_whatever_has_a_weight_or_a_profile_is_in_the_table() -> None:
    """No metric is used that nobody described; each is described in full."""
    assert set(WEIGHTS) <= set(METRICS)
    assert {one for metrics in PROFILES.values() for one in metrics} <= set(METRICS)
    assert {"topiq_nr", "topiq_iaa_res50"} == set(METRICS) - set(WEIGHTS)
    for name, metric in METRICS.items():
        assert name == metric.name
        assert metric.low < metric.high
        assert all((metric.measures, metric.source, metric.trust))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_the_ends_of_a_range_are_the_ends_of_the_scale(metric: Metric) -> None:
    """The better end is 10, the other 0, the middle 5; what lies outside counts as an end."""
    worst, best = (
        (metric.low, metric.high) if metric.better == "higher" else (metric.high, metric.low)
    )
    beyond = best - worst
    values = (worst - beyond, worst, (worst + best) / 2, best, best + beyond)
    found = [normalised(metric.name, value) for value in values]
    assert pytest.approx([0, 0, 5, 10, 10]) == found


def test_a_metric_that_nobody_described_has_no_place_on_the_scale() -> None:
    """Its range would be a guess."""
    with pytest.raises(KeyError):
        normalised("unheard_of_score", 5.0)
