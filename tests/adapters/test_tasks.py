"""The tasks do their work on real photos, in real workers, through their wire formats."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from adapters.darkroom import RECIPE
from adapters.recipes import Order
from adapters.tasks import Measured, Measuring, PhotoFacts, Rendered
from adapters.workers import Answer, WorkerFailure, WorkerResult, Workers
from machine.quality import PROFILES

EMBEDDED = Measuring(metrics=PROFILES["embedded"])
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2, deadline_s=60) as two:
        yield two


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def data_of(answer: Answer) -> bytes:
    assert isinstance(answer, WorkerResult), answer
    return answer.data


def failure_of(answer: Answer) -> tuple[str, str]:
    assert isinstance(answer, WorkerFailure), answer
    return answer.kind, answer.code


def test_metadata_travels(workers: Workers) -> None:
    """Size and media type of a photo, decoded on this side."""
    answer = workers.submit("read_metadata", sample("coffee.jpg"), b"").result()
    facts = msgspec.json.decode(data_of(answer), type=PhotoFacts)
    assert facts.metadata.media_type == "image/jpeg"
    assert facts.metadata.width_px


@pytest.mark.parametrize(
    ("photo", "code"), [(b"", "EmptyFile"), (b"Dear diary," * 100, "NotAPhoto")]
)
def test_what_is_no_photo_is_refused(workers: Workers, photo: bytes, code: str) -> None:
    """Before it becomes a row."""
    answer = workers.submit("read_metadata", photo, b"").result()
    assert failure_of(answer) == ("refused", code)


def test_scores_travel(workers: Workers) -> None:
    """A number for every metric of the embedded profile."""
    answer = workers.submit(
        "score", sample("astronaut.jpg"), msgspec.json.encode(EMBEDDED)
    ).result()
    measured = msgspec.msgpack.decode(data_of(answer), type=Measured)
    metrics = {score.metric for score in measured.scores}
    assert metrics == {"blur_score", "brightness_score", "contrast_score", "brisque_score"}
    assert measured.missing == ()


def test_pictures_travel(workers: Workers) -> None:
    """Web picture and thumb, each with the bytes that its facts describe."""
    argument = msgspec.json.encode(Order(recipe=RECIPE))
    answer = workers.submit("resize", sample("rocket.jpg"), argument).result()
    pictures = msgspec.msgpack.decode(data_of(answer), type=Rendered).pictures
    assert [one.rendition.name for one in pictures] == ["web", "thumb"]
    assert all(one.rendition.size_bytes == len(one.data) for one in pictures)


@pytest.mark.parametrize(
    ("task", "argument", "code"),
    [
        ("score", msgspec.json.encode(EMBEDDED), "ScoringUnreadable"),
        ("resize", msgspec.json.encode(Order(recipe=RECIPE)), "ResizeUnreadable"),
    ],
)
def test_a_damaged_photo_is_nobody_else_s_trouble(
    workers: Workers, task: str, argument: bytes, code: str
) -> None:
    """Refused with the stage's code; the photo beside it is served."""
    damaged = workers.submit(task, sample("damaged_coffee.jpg"), argument)
    sound = workers.submit(task, sample("coffee.jpg"), argument)
    assert failure_of(damaged.result()) == ("refused", code)
    assert isinstance(sound.result(), WorkerResult)
