"""The metrics of pyiqa: filled from a file or refused, and never from the network."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import model_inputs, neural, neural_device, offline, weights
from adapters.errors import AdapterError
from adapters.files import sha256_of
from adapters.scorer import views
from tests.adapters import small_models
from tests.adapters.neural_tests import equipment, infer, inputs, load, needs_torch, sample, values

pytestmark = needs_torch

NIMA_FILE = "NIMA_InceptionV2_ava-b0c77c00.pth"
WADIQAM_FILE = "WaDIQaM-NR-koniq-aaffea29.pth"


@pytest.fixture(autouse=True)
def offline_libraries() -> Iterator[None]:
    """What `load` does first, before a library is imported; undone after each test."""
    before = dict(os.environ)
    offline.announce()
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def nima(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with weights for NIMA."""
    folder = tmp_path_factory.mktemp("nima")
    small_models.make_nima(folder)
    return folder


def build(metric: str, folder: Path) -> Any:
    from adapters import pyiqa_models

    with small_models.accepted(folder):
        return pyiqa_models.build(metric, folder, "cpu")


def refused(metric: str, folder: Path) -> AdapterError:
    with pytest.raises(AdapterError) as caught:
        build(metric, folder)
    assert "\n" not in caught.value.detail
    return caught.value


def write_nima(folder: Path, tensors: object) -> None:
    import torch

    torch.save(tensors, folder / NIMA_FILE)
    small_models.accept(folder, "nima-inception-resnet-v2-ava")


def test_nima_scores_as_pyiqa_does_from_the_whole_photo(nima: Path) -> None:
    """Our small cut and pyiqa's own way from the proxy end at the same score."""
    import torch

    from adapters.neural_batches import stacked

    metric = build("nima_score", nima)
    for name in ("chelsea", "rocket"):
        _, proxy = views(sample(name))
        whole = neural.InputPicture(
            width_px=proxy.shape[1], height_px=proxy.shape[0], data=proxy.tobytes()
        )
        with torch.inference_mode():
            theirs = float(metric._net(stacked([whole]))[0])
            ours = float(metric.measure(stacked([model_inputs.cut(proxy, metric.input)]))[0][0])
        assert 1 <= ours <= 10
        assert abs(theirs - ours) < 0.02


def test_the_numbers_are_those_of_the_file(nima: Path, tmp_path: Path) -> None:
    """Every tensor of the network is the file's; names from a parallel training are understood."""
    import torch

    tensors = small_models.nima_tensors()
    write_nima(tmp_path, {"params": {f"module.{name}": one for name, one in tensors.items()}})
    for folder in (nima, tmp_path):
        held = build("nima_score", folder)._net.state_dict()
        assert held.keys() == tensors.keys()
        assert all(torch.equal(held[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize("what", ["no backbone", "one layer less", "one layer more", "other shape"])
def test_a_file_that_does_not_fill_the_network_is_refused(tmp_path: Path, what: str) -> None:
    """Nothing may stay as chance made it: a score of a random network looks like any other."""
    import torch

    tensors = small_models.nima_tensors()
    if what == "no backbone":
        tensors = {name: one for name, one in tensors.items() if name.startswith("classifier")}
    elif what == "one layer less":
        del tensors["base_model.conv2d_1a.conv.weight"]
    elif what == "one layer more":
        tensors["classifier.9.weight"] = torch.zeros(1)
    else:
        tensors["classifier.2.bias"] = torch.zeros(9)
    write_nima(tmp_path, {"params": tensors})
    error = refused("nima_score", tmp_path)
    assert error.code == "ScoringWeights"
    assert NIMA_FILE in error.detail


class Trap:
    """What runs code when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder / "sprung"),)


def test_nothing_in_a_file_is_run(nima: Path, tmp_path: Path) -> None:
    """Neither by our loader nor by pyiqa's, which asks for it."""
    import torch

    write_nima(tmp_path, {"params": small_models.nima_tensors(), "more": Trap(tmp_path)})
    assert refused("nima_score", tmp_path).code == "ScoringWeights"
    torch.save({"params": {}, "more": Trap(tmp_path)}, tmp_path / WADIQAM_FILE)
    error = refused("wadiqam_nr", tmp_path)
    assert error.code == "ScoringWeights"
    assert WADIQAM_FILE in error.detail
    assert not (tmp_path / "sprung").exists()


def test_torchscript_that_nobody_pinned_is_refused(tmp_path: Path) -> None:
    """It can run code. A library that then tries plain numbers may: it gets no more than those."""
    import torch
    from pyiqa.archs import clip_model

    network = tmp_path / "ViT-L-14.pt"
    small_models.make_clip(tmp_path, archive=True)
    files = offline.Files(tmp_path)
    with offline.sealed(files, backbones="empty"), pytest.raises(AdapterError) as caught:
        torch.jit.load(str(network))
    assert caught.value.code == "ScoringWeights"
    assert "ViT-L-14.pt as TorchScript, which can run code" in caught.value.detail
    network.rename(tmp_path / "RN50.pt")
    error = refused("clipiqa", tmp_path)
    assert error.code == "ScoringWeights"
    assert error.detail.startswith("clipiqa reads RN50.pt as TorchScript")
    small_models.make_clip(tmp_path)
    with offline.sealed(files, backbones="empty"):
        model = clip_model.load(str(network), "cpu")
    assert model.text_projection.shape[1] == small_models.DIMENSION


def test_a_package_that_a_metric_needs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it, also where the package has another name."""
    from adapters import pyiqa_models

    modules = {"entropy": "icecream.parts", "musiq": "skimage", "niqe": "torch.parts"}

    def network(settings: Any, **_: object) -> None:
        metric = next(one for one in modules if pyiqa_models._settings(one) is settings)
        raise ModuleNotFoundError(f"No module named {modules[metric]!r}", name=modules[metric])  # noqa: EM102

    for name in ("icecream", "skimage"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(pyiqa_models, "_network", network)
    missing = load(equipment(tmp_path, *modules)).missing
    assert {"ScoringDependency"} == {one.code for one in missing}
    assert [
        "entropy: icecream is not installed: pip install icecream",
        "musiq: skimage is not installed: pip install scikit-image",
        "niqe: ModuleNotFoundError: No module named 'torch.parts'",
    ] == [one.detail for one in missing]


@pytest.mark.soak
def test_topiq_sees_the_whole_photo_and_is_the_same_in_a_batch(tmp_path: Path) -> None:
    """Built from pyiqa's settings and filled from a file, alone and together."""
    small_models.make_topiq_iaa(tmp_path)
    argument = equipment(tmp_path, "topiq_iaa_res50")
    assert ["topiq_iaa_res50"] == [one.metric for one in load(argument).ready]
    photos = [inputs(name, "topiq_iaa_res50") for name in ("chelsea", "china")]
    together = [values(one)["topiq_iaa_res50"] for one in infer(argument, *photos)]
    alone = [values(infer(argument, photo)[0])["topiq_iaa_res50"] for photo in photos]
    assert together == pytest.approx(alone, abs=1e-3)
    assert len(set(together)) == 2


def test_another_metric_is_made_of_the_files_that_lie_there(tmp_path: Path) -> None:
    """By pyiqa's own code; the digest of its file is recorded."""
    import torch
    from pyiqa.archs.wadiqam_arch import WaDIQaM

    net = WaDIQaM(metric_type="NR", model_name="wadiqam_nr_koniq", pretrained=False)
    torch.save({"params": net.state_dict()}, tmp_path / WADIQAM_FILE)
    made = build("wadiqam_nr", tmp_path)
    assert made.sha256 == sha256_of(tmp_path / WADIQAM_FILE)
    assert made.implementation.startswith("pyiqa ")


def test_a_file_that_is_not_there_is_named_with_its_source(tmp_path: Path) -> None:
    """A person without a network on this machine knows what to copy, where from and where to."""
    error = refused("musiq", tmp_path)
    assert error.code == "ScoringWeights"
    assert "musiq_koniq_ckpt-e95806b9.pth" in error.detail
    assert str(tmp_path) in error.detail
    assert "https://" in error.detail
    backbone = refused("unique", tmp_path)  # Asked for through torchvision.
    assert backbone.code == "ScoringWeights"
    assert "resnet34-b627a593.pth" in backbone.detail


@pytest.mark.parametrize(
    ("metric", "words"),
    [("musik", "musiq"), ("nima_scor", "nima_score"), ("ssim", "reference"), ("fid", "sets")],
)
def test_what_is_no_metric_of_one_photo_is_refused(tmp_path: Path, metric: str, words: str) -> None:
    """With what was perhaps meant."""
    error = refused(metric, tmp_path)
    assert error.code == "ScoringDependency"
    assert words in error.detail


def test_a_metric_without_weights_needs_none(tmp_path: Path) -> None:
    """Entropy of a picture of one colour is nothing, of noise much."""
    made = build("entropy", tmp_path)
    assert made.sha256 == ""
    slope, noise, _ = made.measure(neural_device.probes(made.input))[0].tolist()
    assert 0 < slope < noise


def test_a_backbone_that_nothing_fills_shows(tmp_path: Path) -> None:
    """It holds NaN until something else fills it."""
    import timm

    files = offline.Files(tmp_path)
    with offline.sealed(files, backbones="empty"):
        net = timm.create_model("resnet18", pretrained=True)
    assert ["resnet18"] == offline.unfilled(net, files)
    with offline.sealed(offline.Files(tmp_path), backbones="empty"):
        other = timm.create_model("resnet18", pretrained=False)
    net.load_state_dict(other.state_dict())
    assert [] == offline.unfilled(net, files)


def test_the_libraries_are_as_before_when_a_model_is_made(tmp_path: Path) -> None:
    """Each function that was replaced stands in its own place again, also in late imports."""
    import timm
    import torch
    from pyiqa.archs import afineclip_model, arch_util, clip_model
    from pyiqa.utils import download_util

    def places() -> list[Any]:
        return [
            afineclip_model._download,
            clip_model._download,
            arch_util.load_file_from_url,
            download_util.load_file_from_url,
            torch.hub.load_state_dict_from_url,
            timm.create_model,
        ]

    before = places()
    with offline.sealed(offline.Files(tmp_path), backbones="empty"):
        assert not any(one is other for one, other in zip(before, places(), strict=True))
    assert all(one is other for one, other in zip(before, places(), strict=True))


def test_no_other_machine_is_reached_and_this_one_is(tmp_path: Path) -> None:
    """While a model is made; afterwards everything is as it was."""
    import torch

    before = (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)
    with offline.no_network() as tried:
        with pytest.raises(offline.NetworkRefused):
            socket.create_connection(("weights.example", 443))
        with socket.socket() as one, pytest.raises(offline.NetworkRefused):
            one.connect(("192.0.2.1", 443))
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(("localhost", server.getsockname()[1])).close()
        with pytest.raises(OSError, match=r"weights\.example"):
            torch.hub.download_url_to_file("https://weights.example/a.pth", str(tmp_path / "a"))
    assert ["weights.example", "192.0.2.1", "weights.example"] == tried
    assert before == (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)


def test_the_catalogue_knows_the_files_that_pyiqa_would_fetch() -> None:
    """The same names as in this version of pyiqa: else a pull would fetch the wrong ones."""
    from pyiqa.archs import nima_arch, topiq_arch

    theirs = {
        "nima_score": nima_arch.default_model_urls["inception_resnet_v2-ava"],
        "topiq_nr": topiq_arch.default_model_urls["cfanet_nr_koniq_res50"],
        "topiq_iaa_res50": topiq_arch.default_model_urls["cfanet_iaa_ava_res50"],
    }
    for metric, url in theirs.items():
        assert [url] == [entry.url for entry in weights.of_metric(metric)]
