"""The process with the models: what is loaded, what is measured, and what one failure costs."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters import clip, neural, offline, weights
from adapters.errors import AdapterError
from adapters.neural import Batch, Inferred, InputPicture, Loaded, PhotoInputs
from adapters.workers import WorkerResult, Workers
from tests.adapters import small_models
from tests.adapters.neural_tests import ROOT, equipment, infer, inputs, load, needs_torch, values

BOTH = (neural.CLIP, "nima_score")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small weights for CLIP and NIMA."""
    made = tmp_path_factory.mktemp("weights")
    small_models.make_clip(made)
    small_models.make_nima(made)
    return made


def python(code: str, *, path: Path | None = None) -> str:
    """Run code in a process of its own, with a folder of stand-ins before everything else."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path or ROOT), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_importing_the_tasks_loads_no_heavy_library() -> None:
    """A worker is there at once; torch comes with the first task."""
    listed = python("""
        import adapters.neural_side, sys
        print({"torch", "torchvision", "pyiqa", "open_clip", "PIL"} & set(sys.modules))
    """)
    assert listed.strip() == "set()"


def broken(folder: Path, name: str, error: str) -> Path:
    """A folder with a library that does not import."""
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"raise {error}\n", encoding="utf-8")
    return folder


LOAD = """
    import sys
    from tests.adapters import small_models
    sys.stdout.write(small_models.load(b"", {argument!r}).decode())
"""


@needs_torch
@pytest.mark.soak
def test_a_broken_pyiqa_costs_its_metrics_alone(folder: Path, tmp_path: Path) -> None:
    """CLIP goes on; the message of the library is there, in one line."""
    stand_ins = broken(tmp_path, "pyiqa", r"ImportError('DLL load failed\nwhile importing')")
    code = LOAD.format(argument=equipment(folder, *BOTH, "musiq"))
    answer = msgspec.json.decode(python(code, path=stand_ins), type=Loaded)
    assert [neural.CLIP] == [one.metric for one in answer.ready]
    assert ["nima_score", "musiq"] == [one.metric for one in answer.missing]
    assert {"ScoringDependency"} == {one.code for one in answer.missing}
    assert all("DLL load failed" in one.detail for one in answer.missing)
    assert all("\n" not in one.detail for one in answer.missing)
    assert "pyiqa" not in answer.versions


@pytest.mark.parametrize(
    "error", ["OSError('[WinError 126] c10.dll')", "ImportError('libcudart.so.12')", "KeyError(3)"]
)
def test_without_torch_every_metric_says_so(tmp_path: Path, error: str) -> None:
    """Whatever it raises: the process lives on and answers."""
    stand_ins = broken(tmp_path, "torch", error)
    code = LOAD.format(argument=equipment(tmp_path, *BOTH))
    answer = msgspec.json.decode(python(code, path=stand_ins), type=Loaded)
    assert list(BOTH) == [one.metric for one in answer.missing]
    assert all("torch cannot be imported" in one.detail for one in answer.missing)
    assert {"ScoringDependency"} == {one.code for one in answer.missing}


def test_too_little_memory_for_the_models_is_the_machine_s_failure(tmp_path: Path) -> None:
    """Not the metrics': they are not given up for it."""
    said = python(
        f"""
        from adapters import neural_side
        from adapters.errors import AdapterError
        try:
            neural_side.load(b"", {equipment(tmp_path, *BOTH)!r})
        except AdapterError as error:
            print(error.code)
        """,
        path=broken(tmp_path, "torch", "MemoryError()"),
    )
    assert said.strip() == "OutOfMemory"


@needs_torch
@pytest.mark.soak
def test_a_process_that_was_replaced_loads_by_itself(folder: Path) -> None:
    """In a real worker, which nobody told to load: it answers what this process does."""
    argument = equipment(folder, neural.CLIP)
    photo = msgspec.msgpack.encode(Batch(photos=(inputs("chelsea", neural.CLIP),)))
    with Workers(1, deadline_s=120, functions=small_models.FUNCTIONS) as workers:
        answer = workers.submit("infer", photo, argument).result()
    assert isinstance(answer, WorkerResult), answer
    (there,) = msgspec.msgpack.decode(answer.data, type=Inferred).photos
    (here,) = infer(argument, inputs("chelsea", neural.CLIP))
    assert values(here) == pytest.approx(values(there), abs=1e-3)
    vectors = [np.frombuffer(one.embedding, "<f4") for one in (here, there)]
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-3)


@needs_torch
def test_a_score_says_what_measured_it(folder: Path) -> None:
    """Implementation, weights, device, the size of the picture."""
    argument = equipment(folder, *BOTH)
    answer = load(argument)
    assert answer.device == "cpu fp32"
    assert {"python", *neural.LIBRARIES} == set(answer.versions)
    assert answer.missing == ()
    assert len(answer.clip_sha256) == 64
    (photo,) = infer(argument, inputs("chelsea", *BOTH))
    assert {(one.metric, one.weights_sha256, one.implementation) for one in answer.ready} == {
        (one.metric, one.weights_sha256, one.implementation) for one in photo.scores
    }
    assert [(224, 224), (299, 299)] == [(one.width_px, one.height_px) for one in photo.scores]
    assert {"cpu fp32"} == {one.device for one in photo.scores}
    vector = np.frombuffer(photo.embedding, "<f4")
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


@needs_torch
def test_a_batch_gives_what_each_photo_gives_alone(folder: Path) -> None:
    """More photos than go through at once, and each asks for its own metrics."""
    argument = equipment(folder, *BOTH)
    names = ("chelsea", "coffee", "rocket", "flower", "china", "astronaut")
    photos = [inputs(name, *BOTH[: 2 if number < 2 else 1]) for number, name in enumerate(names)]
    together = infer(argument, *photos)
    for photo, scores in zip(photos, together, strict=True):
        (alone,) = infer(argument, photo)
        assert set(photo.metrics) == set(values(scores))
        assert values(alone) == pytest.approx(values(scores), abs=1e-3)
    assert len({values(scores)[neural.CLIP] for scores in together}) == len(names)


@needs_torch
def test_a_known_embedding_spares_the_network(folder: Path) -> None:
    """No picture is needed then; what cannot be an embedding is computed anew."""
    argument = equipment(folder, neural.CLIP)
    (first,) = infer(argument, inputs("coffee", neural.CLIP))
    known = PhotoInputs(pictures={}, metrics=(neural.CLIP,), embedding=first.embedding)
    (again,) = infer(argument, known)
    assert values(first) == pytest.approx(values(again), abs=1e-3)
    assert first.embedding == again.embedding
    for wrong in (first.embedding[:-4], b"\xff" * len(first.embedding)):
        (anew,) = infer(argument, inputs("coffee", neural.CLIP, embedding=wrong))
        assert values(first) == values(anew)
        assert first.embedding == anew.embedding


@needs_torch
def test_one_damaged_picture_costs_no_other_photo_its_score(folder: Path) -> None:
    """Nor its own other metrics."""
    both = (neural.CLIP, "entropy")
    good = inputs("coffee", *both)
    short = InputPicture(width_px=224, height_px=224, data=b"\0" * 100)
    damaged = PhotoInputs(pictures={**good.pictures, "clip": short}, metrics=both)
    without = PhotoInputs(pictures={}, metrics=("entropy",))
    answers = infer(equipment(folder, *both), good, damaged, without)
    assert [set(both), {"entropy"}, set()] == [set(values(one)) for one in answers]
    assert [[], [neural.CLIP], ["entropy"]] == [
        [one.metric for one in answer.missing] for answer in answers
    ]
    assert {"ScoringFailed"} == {one.code for answer in answers for one in answer.missing}


@needs_torch
def test_weights_that_are_not_there_cost_one_metric(folder: Path, tmp_path: Path) -> None:
    """The others are measured; each photo says why the one is missing."""
    both = (neural.CLIP, "entropy")
    argument = equipment(tmp_path, *both)
    answer = load(argument)
    assert ["entropy"] == [one.metric for one in answer.ready]
    assert [(neural.CLIP, "ScoringWeights")] == [(one.metric, one.code) for one in answer.missing]
    assert weights.named("clip-vit-l-14-openai").file in answer.missing[0].detail
    assert answer.clip_sha256 == ""
    (photo,) = infer(argument, inputs("coffee", *both))
    assert {"entropy"} == set(values(photo))
    assert answer.missing == photo.missing
    with pytest.raises(AdapterError) as caught:
        small_models.encode_text(b"a cat", argument)
    assert caught.value.code == "ScoringWeights"
    (unasked,) = infer(equipment(folder, neural.CLIP), inputs("coffee", "entropy"))
    assert ["ScoringFailed"] == [one.code for one in unasked.missing]


@needs_torch
@pytest.mark.soak
def test_a_model_that_gives_no_numbers_is_not_ready(tmp_path: Path) -> None:
    """It is tried out when it is loaded."""
    import torch

    tensors = small_models.nima_tensors()
    tensors["classifier.2.bias"] = torch.full((10,), float("nan"))
    entry = weights.named("nima-inception-resnet-v2-ava")
    torch.save({"params": tensors}, tmp_path / entry.file)
    small_models.accept(tmp_path, entry.name)
    answer = load(equipment(tmp_path, "nima_score"))
    assert answer.ready == ()
    assert "nan" in answer.missing[0].detail


@needs_torch
def test_a_text_has_an_embedding_of_the_same_length(folder: Path) -> None:
    """So that photos can be looked for by words."""
    argument = equipment(folder, neural.CLIP)
    vector = np.frombuffer(
        small_models.encode_text("Möwe über dem Hafen".encode(), argument), "<f4"
    )
    (photo,) = infer(argument, inputs("coffee", neural.CLIP))
    assert len(photo.embedding) == vector.nbytes
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


@needs_torch
def test_the_network_is_not_used_while_photos_and_texts_are_measured(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that fetches something late costs its score, and is told what is the matter."""
    argument = equipment(folder, neural.CLIP)
    load(argument)

    def fetch(*_: object) -> None:
        socket.create_connection(("weights.example", 443))

    monkeypatch.setattr(clip.Clip, "measure", fetch)
    monkeypatch.setattr(clip.Clip, "text", fetch)
    (photo,) = infer(argument, inputs("coffee", neural.CLIP))
    assert [(neural.CLIP, "ScoringFailed")] == [(one.metric, one.code) for one in photo.missing]
    assert "the network is not used for models (weights.example)" in photo.missing[0].detail
    with pytest.raises(offline.NetworkRefused, match=r"weights\.example"):
        small_models.encode_text(b"a cat", argument)


@needs_torch
def test_a_device_that_is_not_there_is_said(folder: Path) -> None:
    """Nothing is measured on another one in silence."""
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("this machine has what others lack")
    argument = json.loads(equipment(folder, *BOTH)) | {"device": "mps"}
    answer = load(json.dumps(argument).encode())
    assert list(BOTH) == [one.metric for one in answer.missing]
    assert {"ScoringDependency"} == {one.code for one in answer.missing}
    assert all("mps" in one.detail for one in answer.missing)
