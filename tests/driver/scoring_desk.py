"""A desk whose photos are measured by the profile `full`, with models that are in a mood."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import neural
from adapters.workers import Workers
from driver.pipeline import Worked
from machine.event_base import Event
from machine.events import AttemptFailed, AttemptStarted, PartlyScored, Scored
from machine.row import attempts_of
from machine.run_events import ScorerChecked, StagePaused
from machine.status import stage_status
from tests.adapters import small_models
from tests.driver import moody_models
from tests.driver.desk import CONFIG, Desk

FULL = CONFIG.replace(
    "[score]\n", '[score]\nprofile = "full"\nweights = "weights"\ndeadline_s = 20.0\n'
)
EMBEDDED = FULL.replace('profile = "full"', 'profile = "embedded"')
NIMA = "NIMA_InceptionV2_ava-b0c77c00.pth"
NETWORK = "ViT-L-14.pt"


class ScoringDesk(Desk):
    """A workspace with weights of a few bytes, and what is asked about its scores."""

    def __init__(self, root: Path, workers: Workers | None = None, config: str = FULL) -> None:
        """Make the workspace and its weights."""
        super().__init__(root, workers, config)
        self.weights = moody_models.make(root / "weights")
        self._painted = 0

    def configure(self, config: str) -> None:
        """Change the settings."""
        (self.root / "photojournal.toml").write_text(config, encoding="utf-8")

    def take(self, *moods: str) -> None:
        """Take painted photos in, one for each mood; row 1 is the first."""
        paths = []
        for mood in moods:
            self._painted += 1
            path = self.inbox / f"{self._painted:03}.jpg"
            path.write_bytes(moody_models.painted(mood, self._painted))
            paths.append(path)
        self.ingest(*paths)

    def score(self, *rows: int) -> Worked:
        """Score what is due."""
        return self.work("score", rows=rows)

    # --- what there is

    def events(self, number: int | None = None) -> list[Event]:
        """Return the events of a row, or of everything."""
        with self.reading() as journal:
            found = journal.read_all() if number is None else journal.read_stream(f"row/{number}")
            return [one.event for one in found]

    def of(self, kind: type[Event], number: int | None = None) -> list[Any]:
        """Return the events of a type."""
        return [one for one in self.events(number) if isinstance(one, kind)]

    def failures(self, number: int | None = None) -> list[AttemptFailed]:
        """Return what failed."""
        return self.of(AttemptFailed, number)

    def partly(self, number: int | None = None) -> list[PartlyScored]:
        """Return what was measured in part."""
        return self.of(PartlyScored, number)

    def tries(self) -> int:
        """Return how many attempts were begun."""
        return len(self.of(AttemptStarted))

    def checked(self) -> list[ScorerChecked]:
        """Return what the process with the models said about itself."""
        return self.of(ScorerChecked)

    def paused(self) -> list[StagePaused]:
        """Return what stopped a stage."""
        return self.of(StagePaused)

    def charged(self, number: int) -> int:
        """Return how many attempts a row has spent."""
        ledger = attempts_of(self.row(number), "score").ledger
        return sum(one.charged for one in ledger.values())

    def standing(self, number: int) -> str:
        """Return the status of a row's scoring."""
        return stage_status(self.row(number), "score")

    def asked(self, task: str = "infer") -> list[dict[str, Any]]:
        """Return what the process with the models was asked."""
        return moody_models.asked(self.weights, task)

    def log(self) -> str:
        """Return the newest run's log."""
        return (self.root / "logs" / "latest_run.log").read_text(encoding="utf-8")

    def check_complete(self, *numbers: int) -> None:
        """These rows have every score that the profile requires, and so a rating."""
        for number in numbers:
            row = self.row(number)
            scored = self.of(Scored, number)[-1]
            assert "done" == stage_status(row, "score"), number
            assert set(scored.required) <= {one.metric for one in row.decided.score.scores}
            assert row.decided.score.qr is not None
        self.check_honest()

    def check_honest(self) -> None:
        """No row's scoring is done with a required metric missing."""
        for line in self.queue():
            score = self.row(line["id"]).decided.score
            measured = {one.metric for one in score.scores}
            if score.status == "done":
                assert set(score.required) <= measured
            else:
                assert score.qr is None
                assert line["QR"] is None


@contextlib.contextmanager
def moody_scoring(
    root: Path, workers: Workers | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScoringDesk]:
    """Give a desk whose process with models is the moody one."""
    desk = ScoringDesk(root, workers)
    monkeypatch.setattr(neural, "FUNCTIONS", moody_models.FUNCTIONS)
    monkeypatch.setattr(neural, "LIBRARIES", ())
    with small_models.accepted(desk.weights):
        yield desk
