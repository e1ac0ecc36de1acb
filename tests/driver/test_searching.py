"""Words as a vector: what is said where CLIP cannot be asked."""

from pathlib import Path

import msgspec
import pytest

from adapters import neural
from adapters.errors import AdapterError
from adapters.neural import Loaded
from driver import searching
from driver.errors import UNREACHABLE, Unreachable
from machine.values import MissingScore


def damaged(_photo: bytes, _argument: bytes) -> bytes:
    """Answer like a process whose weights are not the pinned ones."""
    missing = MissingScore(
        metric=neural.CLIP,
        code="ScoringWeights",
        detail="ViT-L-14.pt is damaged (wrong hash): photojournal models pull clip",
    )
    loaded = Loaded(device="cpu", batch=1, threads=1, versions={}, missing=(missing,))
    return msgspec.json.encode(loaded)


def crowded(_photo: bytes, _argument: bytes) -> bytes:
    """Answer like a process without memory."""
    raise AdapterError("OutOfMemory", "the model does not fit")


def loaded(_photo: bytes, _argument: bytes) -> bytes:
    """Answer like a process that is ready."""
    return msgspec.json.encode(
        Loaded(device="cpu", batch=1, threads=1, versions={}, clip_sha256="c")
    )


def echo(photo: bytes, _argument: bytes) -> bytes:
    """Return what is to be turned into a vector."""
    return photo


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a quick look finds nothing wrong with."""
    monkeypatch.setattr(neural, "unavailable", lambda _metrics, _folder: {})
    return tmp_path


@pytest.mark.parametrize(
    ("load", "words", "hint"),
    [
        (
            "damaged",
            "CLIP cannot be asked: ViT-L-14.pt is damaged (wrong hash)",
            "photojournal models pull clip-vit-l-14-openai laion-aesthetic-l14",
        ),
        ("crowded", "CLIP cannot be asked: the model does not fit", "close other programs"),
        ("gone", "CLIP cannot be asked: AttributeError", "photojournal doctor"),
    ],
)
def test_a_clip_that_cannot_be_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, load: str, words: str, hint: str
) -> None:
    """It is a dependency that does not answer, with what helps."""
    monkeypatch.setattr(neural, "FUNCTIONS", {"load": f"tests.driver.test_searching:{load}"})
    with pytest.raises(Unreachable) as refused:
        searching.vector_of("x", folder, "cpu")
    assert UNREACHABLE == refused.value.exit_code
    assert str(refused.value).startswith(words)
    assert refused.value.hint.startswith(hint)


def test_the_vector_comes_with_the_network_that_made_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only photos of the same one can be compared with it; odd words do no harm."""
    tasks = {"load": "loaded", "encode_text": "echo"}
    functions = {name: f"tests.driver.test_searching:{task}" for name, task in tasks.items()}
    monkeypatch.setattr(neural, "FUNCTIONS", functions)
    assert ("zee é?".encode(), "c") == searching.vector_of("zee é\udcff", folder, "cpu")
