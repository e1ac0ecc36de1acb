"""Another model is asked for a text from the page: two jobs, a model's server, and what it said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from tests.driver.nights import MODEL, QUICK, SECOND, config
from tests.standins.ollama_server import Model, StandIn
from tests.web.test_jobs import begin, ended
from tests.web.visitor import Visitor


@pytest.fixture
def models() -> Iterator[StandIn]:
    """A server with two models."""
    with StandIn(models=(Model(name=MODEL), Model(name=SECOND))) as server:
        yield server


@pytest.fixture
def page(workspace: Path, workers: Workers, models: StandIn) -> Iterator[Visitor]:
    """A page on the evening's photos; from now on, models write."""
    settings = config(models.url, **QUICK, fallback_models=[SECOND])
    (workspace / "photojournal.toml").write_text(settings, encoding="utf-8")
    visitor = Visitor(workspace, workers)
    yield visitor
    visitor.leave()


def test_a_model_that_is_asked_again_suggests_and_a_click_takes_its_text(
    page: Visitor, models: StandIn
) -> None:
    """The text of a person stays until then; the other model is the one that was asked."""
    before = page.get("/api/rows/1")
    assert [MODEL, SECOND] == page.get("/api/words")["models"]
    assert [] == before["suggestions"]

    assert "done" == ended(page, begin(page, "retry", 1, stage="prefill", model=SECOND))["state"]
    done = ended(page, begin(page, "prefill", 1))
    assert "done" == done["state"], done["lines"]
    asked = [call.model for call in models.calls if call.request is not None]
    assert [SECOND] == asked

    now = page.get("/api/rows/1")
    assert before["texts"] == now["texts"]
    (suggested,) = now["suggestions"]
    assert SECOND == suggested["model"]
    assert suggested["caption"] not in ("", before["texts"]["caption"])

    taken = {key: suggested[key] for key in ("caption", "alt_text", "keywords")}
    page.click("/api/rows/1/edit", {**taken, "based_on": now["texts"]["based_on"]})
    assert suggested["caption"] == page.get("/api/rows/1")["texts"]["caption"]
