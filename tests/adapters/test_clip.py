"""CLIP and the aesthetic head: the real code on a small network, and the real head."""

import math
from pathlib import Path

import numpy as np
import pytest

from adapters import clip, neural, weights
from adapters.errors import AdapterError
from tests.adapters import small_models
from tests.adapters.neural_tests import SHARED_MODELS, needs_torch

pytestmark = needs_torch


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small CLIP as a table of weights."""
    made = tmp_path_factory.mktemp("clip")
    small_models.make_clip(made)
    return made


def loaded(folder: Path) -> clip.Clip:
    with small_models.accepted(folder):
        return clip.Clip(folder, "cpu")


@pytest.mark.soak
def test_both_forms_of_the_file_are_the_same_network(folder: Path, tmp_path: Path) -> None:
    """OpenAI's TorchScript archive and a table of weights give the embeddings of the network."""
    import torch

    small_models.make_clip(tmp_path, archive=True)
    pictures = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(3))
    mean, std = torch.tensor(clip_mean()).view(3, 1, 1), torch.tensor(clip_std()).view(3, 1, 1)
    with torch.inference_mode():
        raw = small_models.clip_model().encode_image((pictures - mean) / std)
        expected = raw / raw.norm(dim=-1, keepdim=True)
        for form in (folder, tmp_path):
            made = loaded(form).embed(pictures)
            assert made.dtype == torch.float32
            assert torch.allclose(expected, made, atol=2e-3)  # OpenAI stores 16 bits.
            assert torch.allclose(torch.ones(2), made.norm(dim=-1), atol=1e-5)


def clip_mean() -> tuple[float, ...]:
    """OpenAI's, from the paper's code."""
    return (0.48145466, 0.4578275, 0.40821073)


def clip_std() -> tuple[float, ...]:
    return (0.26862954, 0.26130258, 0.27577711)


def test_the_file_is_named_by_its_digest(folder: Path) -> None:
    """What an embedding was made with is the network; what a score was made with, both files."""
    with small_models.accepted(folder):
        known = [weights.named(name).sha256 for name in (clip.NETWORK, clip.HEAD)]
        made = clip.Clip(folder, "cpu")
    assert made.network_sha256 == known[0]
    assert made.sha256 not in known
    assert len(made.sha256) == 64


def test_a_head_for_another_network_is_refused(folder: Path, tmp_path: Path) -> None:
    """Not at the first photo: when it is loaded, with both sizes in the message."""
    (tmp_path / weights.named(clip.NETWORK).file).symlink_to(
        folder / weights.named(clip.NETWORK).file
    )
    small_models.accept(tmp_path, clip.NETWORK)
    small_models.make_head(tmp_path, 768)
    with pytest.raises(AdapterError) as caught:
        loaded(tmp_path)
    assert caught.value.code == "ScoringWeights"
    assert "768" in caught.value.detail
    assert str(small_models.DIMENSION) in caught.value.detail


@pytest.mark.parametrize("what", ["no head", "not plain", "no weights", "wide end"])
def test_a_file_that_is_no_head_is_refused(folder: Path, tmp_path: Path, what: str) -> None:
    """With its name; nothing in it is run."""
    import torch

    entry = weights.named(clip.HEAD)
    held = {
        "no head": {"weight": torch.zeros(1, small_models.DIMENSION)},
        "not plain": {"layers.0.weight": Path("x")},
        "no weights": [1, 2],
        "wide end": {
            "layers.0.weight": torch.zeros(2, small_models.DIMENSION),
            "layers.0.bias": torch.zeros(2),
        },
    }[what]
    (tmp_path / weights.named(clip.NETWORK).file).symlink_to(
        folder / weights.named(clip.NETWORK).file
    )
    small_models.accept(tmp_path, clip.NETWORK)
    torch.save(held, tmp_path / entry.file)
    small_models.accept(tmp_path, clip.HEAD)
    with pytest.raises(AdapterError) as caught:
        loaded(tmp_path)
    assert caught.value.code == "ScoringWeights"
    assert entry.file in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("what", ["text", "other network", "cut off"])
def test_a_file_that_is_no_clip_is_refused(folder: Path, tmp_path: Path, what: str) -> None:
    """Whatever it is, it is a matter of weights, in one line."""
    import torch

    path = tmp_path / weights.named(clip.NETWORK).file
    if what == "text":
        path.write_text("<html>not found</html>", encoding="utf-8")
    elif what == "other network":
        torch.save({"fc.weight": torch.zeros(3, 3)}, path)
    else:
        path.write_bytes((folder / path.name).read_bytes()[:1_000_000])
    small_models.accept(tmp_path, clip.NETWORK)
    small_models.make_head(tmp_path, small_models.DIMENSION)
    with pytest.raises(AdapterError) as caught:
        loaded(tmp_path)
    assert caught.value.code == "ScoringWeights"
    assert path.name in caught.value.detail
    assert "\n" not in caught.value.detail


def test_a_changed_byte_is_noticed_before_anything_is_read(folder: Path, tmp_path: Path) -> None:
    """The pinned digest is compared with every byte."""
    small_models.make_head(tmp_path, small_models.DIMENSION)
    path = tmp_path / weights.named(clip.NETWORK).file
    content = bytearray((folder / path.name).read_bytes())
    path.write_bytes(content)
    small_models.accept(tmp_path, clip.NETWORK)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(AdapterError, match="wrong hash"):
        loaded(tmp_path)


def test_texts_are_embedded_by_the_same_network(folder: Path) -> None:
    """As open_clip does it by hand; a long text is cut, not refused; no text is a text, too."""
    import open_clip
    import torch

    made = loaded(folder)
    words = "a red kite over the harbour"
    with torch.inference_mode():
        raw = small_models.clip_model().encode_text(open_clip.tokenize([words]))
        assert torch.allclose(raw / raw.norm(dim=-1, keepdim=True), made.text(words), atol=2e-3)
        for text in ("", "sea " * 500, "Łódź 写真 \U0001f4f7"):
            vector = made.text(text)
            assert math.isclose(1.0, float(vector.norm()), abs_tol=1e-5)
            assert vector.shape == (1, small_models.DIMENSION)


def test_an_embedding_is_recognised_by_its_length_and_numbers(folder: Path) -> None:
    """Of another network, or damaged: then it is computed anew."""
    made = loaded(folder)
    good = np.ones(small_models.DIMENSION, "<f4")
    assert made.fits(good.tobytes())
    assert not made.fits(b"")
    assert not made.fits(good.tobytes()[:-4])
    good[3] = np.nan
    assert not made.fits(good.tobytes())


def test_the_real_head_computes_what_its_matrices_say(tmp_path: Path) -> None:
    """LAION's head on made-up embeddings equals its layers multiplied out here, in 64 bits."""
    import torch

    file = SHARED_MODELS / weights.named(clip.HEAD).file
    if not file.is_file():
        pytest.skip(f"{file.name} is not beside this checkout")
    layers = clip._head(file, 768)
    assert [(1024, 768), (128, 1024), (64, 128), (16, 64), (1, 16)] == [
        tuple(weight.shape) for weight, _ in layers
    ]
    held = torch.load(file, map_location="cpu", weights_only=True)
    chance = np.random.default_rng(7).normal(size=(50, 768))
    chance /= np.linalg.norm(chance, axis=1, keepdims=True)
    expected = chance
    for number in (0, 2, 4, 6, 7):
        weight, bias = (
            held[f"layers.{number}.{part}"].double().numpy() for part in ("weight", "bias")
        )
        expected = expected @ weight.T + bias
    made = clip.Clip.__new__(clip.Clip)
    made._head, made._device = layers, "cpu"
    values = made.value(torch.from_numpy(chance.astype(np.float32)))
    assert np.abs(expected[:, 0] - values.numpy()).max() < 1e-4


def test_the_real_head_is_refused_beside_a_network_that_it_does_not_fit(folder: Path) -> None:
    """The head for 768 numbers, a network of fewer."""
    file = SHARED_MODELS / weights.named(clip.HEAD).file
    if not file.is_file():
        pytest.skip(f"{file.name} is not beside this checkout")
    with pytest.raises(AdapterError) as caught:
        clip._head(file, small_models.DIMENSION)
    assert caught.value.code == "ScoringWeights"
    assert neural.CLIP not in caught.value.detail
