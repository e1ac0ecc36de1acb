"""The profile `full` from end to end: real photos, small weights in the real networks."""

import importlib.util
from collections.abc import Iterator
from hashlib import sha256

import pytest

from adapters import neural
from adapters.workers import Workers
from driver import pipeline
from machine.completeness import missing_scores
from machine.events import Scored
from machine.intents import Retry
from machine.quality import PROFILES
from machine.run_events import ScorerChecked
from tests.adapters import small_models
from tests.driver.desk import CONFIG, Desk

PHOTOS = ("coffee", "rocket", "chelsea", "flower")
EXTRA = "entropy"
"""A metric of pyiqa that needs no weights."""

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in neural.LIBRARIES),
    reason="the extra `score` is not installed",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, workers: Workers) -> Iterator[Desk]:
    """Four photos that were scored, the first of them once more; no Ollama answers meanwhile."""
    root = tmp_path_factory.mktemp("full") / "workspace"
    weights = tmp_path_factory.mktemp("weights")
    small_models.make_clip(weights)
    small_models.make_nima(weights)
    settings = f'profile = "full"\nweights = "{weights.as_posix()}"\nmetrics = ["{EXTRA}"]\n'
    config = CONFIG.replace("[score]\n", f"[score]\n{settings}")
    nobody = 'captioner = "ollama"\nhost = "http://127.0.0.1:9"\n'
    desk = Desk(root, workers, config.replace("[prefill]\n", f"[prefill]\n{nobody}"))
    with pytest.MonkeyPatch.context() as patch, small_models.accepted(weights):
        patch.setattr(neural, "FUNCTIONS", small_models.FUNCTIONS)
        patch.setenv("XDG_STATE_HOME", str(root.parent / "state"))
        desk.ingest(*[desk.photo(one) for one in PHOTOS])
        with desk.program("run") as program:
            numbers = desk.numbers(program)
            first = pipeline.work(program, numbers, ["score"], lambda _tallies: None)
            program.shell.ask(1, Retry(stage="score", reason="again"))
            again = pipeline.work(program, numbers, ["score"], lambda _tallies: None)
        assert ["", ""] == [first.paused, again.paused]
        yield desk


def scored(desk: Desk, number: int) -> list[Scored]:
    """Return the scores of a row, the oldest first."""
    with desk.reading() as journal:
        events = [one.event for one in journal.read_stream(f"row/{number}")]
    return [event for event in events if isinstance(event, Scored)]


def test_every_required_metric_is_measured_and_rated(desk: Desk) -> None:
    """Also the one that was added; the tier is not provisional."""
    required = {*PROFILES["full"], EXTRA}
    for number in range(1, len(PHOTOS) + 1):
        row = desk.row(number)
        (first, *_) = scored(desk, number)
        assert required == set(first.required) == {one.metric for one in first.scores}
        assert () == first.missing
        assert {} == missing_scores(row)
        assert not first.provisional
        line = desk.line(number)
        assert ("done", "full", "") == (
            line["score_status"],
            line["score_profile"],
            line["metrics_missing"],
        )
        assert first.qr == line["QR"]
        assert first.tier == line["QC_Status"]
        assert line["nima_score"] is not None
        assert line["clip_aesthetic_score"] is not None


def test_each_score_says_what_made_it(desk: Desk) -> None:
    """Implementation, weights, device, size of the picture, duration."""
    for score in scored(desk, 1)[0].scores:
        assert score.implementation
        assert score.device
        assert score.width_px
        assert score.height_px
        assert score.duration_ms is not None
    found = {one.metric: one for one in scored(desk, 1)[0].scores}
    assert "cpu fp32" in found["nima_score"].device or "cuda" in found["nima_score"].device
    for metric, edge, package in (("nima_score", 299, "pyiqa"), (neural.CLIP, 224, "open_clip")):
        assert (edge, edge) == (found[metric].width_px, found[metric].height_px)
        assert found[metric].implementation.startswith(f"{package} ")
        assert len(found[metric].weights_sha256) == 64


def test_the_process_with_the_models_says_once_what_it_runs_on(desk: Desk) -> None:
    """One process for all rows; interpreter, versions, device and weights, before the scores."""
    with desk.reading() as journal:
        events = [one.event for one in journal.read_all()]
    (checked,) = [event for event in events if isinstance(event, ScorerChecked)]
    first = next(place for place, event in enumerate(events) if isinstance(event, Scored))
    assert events.index(checked) < first
    assert {"torch", "torchvision", "pyiqa", "open_clip"} == set(checked.versions)
    assert checked.python.startswith("3.")
    assert checked.device
    assert checked.batch >= 1
    assert checked.threads >= 1
    assert {*PROFILES["full"], EXTRA} - set(PROFILES["embedded"]) == set(checked.weights)
    assert "" == checked.weights[EXTRA]
    assert () == checked.missing
    log = (desk.root / "logs" / "latest_run.log").read_text(encoding="utf-8")
    assert f"Scorer startup check: profile=full device={checked.device}" in log
    assert f"torch={checked.versions['torch']}" in log


def test_an_embedding_is_kept_by_its_hash_and_used_again(desk: Desk) -> None:
    """The second time the head alone is asked: the same embedding, the same score."""
    first, second = scored(desk, 1)
    kept = first.embedding
    assert kept is not None
    assert kept == second.embedding
    assert kept.weights_sha256
    with desk.program() as program:
        vector = program.objects.get(kept.sha256)
    assert sha256(vector).hexdigest() == kept.sha256
    assert (small_models.DIMENSION, 4 * small_models.DIMENSION) == (kept.dimensions, len(vector))
    values = [
        [one.value for one in event.scores if one.metric == neural.CLIP]
        for event in (first, second)
    ]
    assert values[0] == values[1]
    others = {scored(desk, number)[0].embedding for number in range(2, len(PHOTOS) + 1)}
    assert len({kept, *others}) == len(PHOTOS), "each photo has its own"
