"""similar and search: with made-up vectors, and with a small CLIP on real photos."""

import importlib.util
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from adapters import neural, weights
from adapters.clip import NETWORK
from adapters.files import sha256_of
from adapters.workers import WorkerResult, Workers
from commands import similar as verb
from driver.similar import FIELDS, THRESHOLD
from machine.intents import Reject
from tests.adapters import small_models
from tests.commands.cli import Terminal
from tests.driver.alike import OTHER_CLIP, Album, leaning
from tests.driver.desk import CONFIG

WORDS = "a cup of coffee"
PHOTOS = ("coffee", "chelsea", "rocket")
CONFIGURED = CONFIG.replace(
    "[score]", '[score]\nmetrics = ["clip_aesthetic_score"]\ndevice = "cpu"'
)
needs_neural = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in neural.LIBRARIES),
    reason="the extra `score` is not installed",
)

GROUPS_TEXT = """\
Workspace WORKSPACE
group  id  File_Name  QR  quality_tier  Review_Status  similarity  by  QR is
    1  1  Harbour_at_dusk_Rotterdam_Travel_Photography_001.JPG  6.58  Good (provisional)  Queued\
  0.970-1.000  CLIP
    1  2  Harbour_at_dusk_Rotterdam_Travel_Photography_002.JPG  7.35  Good (provisional)  Queued\
  best
    1  3  Harbour_at_dusk_Rotterdam_Travel_Photography_003.JPG  4.72  Low (provisional)  Queued
    2  1  Harbour_at_dusk_Rotterdam_Travel_Photography_001.JPG  6.58  Good (provisional)  Queued\
  1.000  perceptual hash
    2  2  Harbour_at_dusk_Rotterdam_Travel_Photography_002.JPG  7.35  Good (provisional)  Queued
    2  3  Harbour_at_dusk_Rotterdam_Travel_Photography_003.JPG  4.72  Low (provisional)  Queued
    2  4  Harbour_at_dusk_Rotterdam_Travel_Photography_004.JPG  7.71  Top (provisional)  Queued\
  best
    2  5  Harbour_at_dusk_Rotterdam_Travel_Photography_005.JPG  NA  Queued
1 group of photos that are 0.96 or more alike, by CLIP: 3 of 4 rows compared.
1 group by perceptual hash, 10 of 64 bits apart at most: 1 row without an embedding compared.
Nothing is dropped.
By hash only: 1 row, not scored yet: set [score] profile = "full" in photojournal.toml, then\
 photojournal score
"""


@pytest.fixture
def album(tmp_path: Path, terminal: Terminal) -> Album:
    """Five photos, four of them with vectors; the terminal is about them."""
    made = Album(tmp_path / "album").taken(5).measured(leaning(1.0, 0.97, 0.5))
    terminal.root = made.root
    return made


def test_groups(album: Album, terminal: Terminal) -> None:
    """Each with its range and its best rated photo, and what could not be compared."""
    before = terminal.head(), terminal.files()
    said = terminal.type("similar")
    assert (0, GROUPS_TEXT) == (said.code, said.plain(album.root))
    assert before == (terminal.head(), terminal.files())
    said = terminal.type("similar", "--threshold", "0.999", "--status", "queued")
    assert "1 group of photos that are 0.999 or more alike, by CLIP: 2 of 4 rows" in said.out
    assert "0 groups" in terminal.type("similar", "--status", "Rejected").out
    assert THRESHOLD == verb._THRESHOLD


def test_groups_for_programs(album: Album, terminal: Terminal) -> None:
    """A list of objects on standard output; what is left out stands on standard error."""
    said = terminal.type("similar", "--json")
    (group, by_hash) = said.json
    assert (1, "CLIP", 0.97, 1.0, 2) == tuple(
        group[name] for name in ("group", "by", "similarity_min", "similarity_max", "best")
    )
    assert (2, "perceptual hash", 1.0) == tuple(
        by_hash[name] for name in ("group", "by", "similarity_min")
    )
    assert [1, 2, 3, 4, 5] == [one["id"] for one in by_hash["rows"]]
    assert [list(FIELDS)] * 3 == [list(one) for one in group["rows"]]
    assert said.err.startswith("By hash only: 1 row, not scored yet: ")
    album.ask(2, intents=[Reject()])
    assert [1, 3] == [one["id"] for one in terminal.type("similar", "--json").json[0]["rows"]]
    assert "1 row, rejected: add --rejected" in terminal.type("similar").out
    assert "3 of 4 rows compared" in terminal.type("similar", "--rejected").out
    assert [2] == [
        one["id"] for one in terminal.type("similar", "2", "--status", "rejected", "--json").json
    ]


def test_neighbours(album: Album, terminal: Terminal) -> None:
    """Of each row that is named, the nearest first; the other options say which."""
    (one, four) = terminal.type("similar", "p1.jpg", "4", "--json").json
    assert (1, 4) == (one["id"], four["id"])
    assert [(2, 1.0), (3, 0.97), (4, 0.5)] == [
        (near["id"], near["similarity"]) for near in one["nearest"]
    ]
    (one,) = terminal.type("similar", "1", "--limit", "1", "--json").json
    assert [2] == [near["id"] for near in one["nearest"]]
    said = terminal.type("similar", "-", "--limit", "1", stdin="1\n")
    assert "Row 1  Harbour" in said.out
    assert "1.000  2  Harbour" in said.plain()
    assert "No rows." in terminal.type("similar", "-", stdin="").out
    said = terminal.type("similar", "1", "--status", "Published")
    assert "No other photo can be compared." in said.out


def test_looking_back_at_what_was_alike(album: Album, terminal: Terminal) -> None:
    """Before a photo was scored, only its hash was known."""
    assert {"perceptual hash"} >= {
        one["by"] for one in terminal.type("similar", "--at", "10", "--json").json
    }
    head = terminal.head()
    album.measured(leaning(0.2, 0.3), weights=OTHER_CLIP)
    found = terminal.type("similar", "--at", head, "--json").json
    assert [("CLIP", 3), ("perceptual hash", 5)] == [(one["by"], len(one["rows"])) for one in found]


def test_a_row_without_an_embedding_has_neighbours_by_hash(
    album: Album, terminal: Terminal
) -> None:
    """It is said which of the two tells; a row with neither is refused with a hint."""
    (five, one) = terminal.type("similar", "5", "1", "--limit", "1", "--json").json
    assert (("perceptual hash", 1), ("CLIP", 2)) == tuple(
        (found["by"], found["nearest"][0]["id"]) for found in (five, one)
    )
    assert "Row 5 " in (said := terminal.type("similar", "5").out)
    assert "by perceptual hash" in said
    dark = album.inbox / "dark.png"
    Image.new("RGB", (64, 48)).save(dark)
    (row,) = album.ingest(dark).rows()
    refused = terminal.type("similar", row)
    assert 2 == refused.code
    assert f"row {row} cannot be compared: not scored yet" in refused.err
    assert refused.err.rstrip().endswith("photojournal score")


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["similar", "99"], "there is no row 99", "photojournal queue"),
        (
            ["similar", "--threshold", "2"],
            "Invalid value for '--threshold'",
            "photojournal similar --help",
        ),
        (["search", "  "], "say in words", "photojournal search 'a red boat on the beach'"),
        (["search"], "Missing argument 'WORDS", "photojournal search --help"),
    ],
)
def test_slips(album: Album, terminal: Terminal, words: list[str], error: str, hint: str) -> None:
    """Exit code 2, with what to type."""
    assert album.root == terminal.root
    said = terminal.type(*words)
    assert 2 == said.code
    assert error in said.err
    assert said.err.rstrip().endswith(hint)


def test_rows_that_cannot_be_compared_are_told_apart(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A published row, an approved one, a file that cannot be read; CLIP is not asked for them."""
    words = [
        "1 row, scored without CLIP: ",
        "1 row, approved and scored without CLIP: ",
        "1 row, published and scored without CLIP: ",
        "1 row, scoring failed: photojournal queue --missing-scores",
    ]
    monkeypatch.setattr(neural, "LIBRARIES", ())
    for folder in ("without", "damaged"):
        monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(tmp_path / folder))
        if folder == "damaged":
            (tmp_path / folder).mkdir()
            for one in weights.of_metric(neural.CLIP):
                (tmp_path / folder / one.file).write_bytes(b"?")
        said = terminal.type("search", WORDS)
        assert 0 == said.code
        assert "No photo can be searched." == said.lines[1]
        left_out = [one.removeprefix("Left out: ") for one in said.lines[2:]]
        alike = terminal.type("similar").out.partition("Nothing is dropped.\n")[2]
        assert sorted(left_out) == sorted(one.partition(": ")[2] for one in alike.splitlines())
        assert all(map(str.startswith, left_out, words)), left_out


def test_words_without_clip(
    album: Album, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 4, what is missing, and what to type; nothing is loaded."""
    assert album.root == terminal.root
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setattr(neural, "LIBRARIES", ())
    said = terminal.type("search", WORDS)
    assert 4 == said.code
    lacking = "ViT-L-14.pt and sac.logos.ava1-l14-linearMSE.pth are not"
    assert re.match(f"Error: CLIP cannot be asked: {lacking} .*none", said.err)
    assert "Hint: photojournal models pull clip-vit-l-14-openai laion-aesthetic-l14\n" in said.err
    monkeypatch.setattr(neural, "LIBRARIES", ("no_such_library",))
    said = terminal.type("search", WORDS, "--json")
    assert (4, "") == (said.code, said.out)
    assert said.err.endswith("Hint: pip install 'photojournal[score]'\n")


# --- with CLIP


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """
    A folder with a small CLIP.

    One process serves all that ask for a model: to load the libraries takes seconds each time.
    """
    folder = tmp_path / "weights"
    folder.mkdir()
    submit = Workers.submit
    functions = small_models.FUNCTIONS | {"make": "tests.commands.clip_maker:make"}
    with Workers(1, tasks_per_process=0, functions=functions) as models:

        def routed(self: Workers, name: str, *given: Any, **limits: Any) -> Any:
            return submit(models if name in functions else self, name, *given, **limits)

        monkeypatch.setattr(Workers, "submit", routed)
        monkeypatch.setattr(Workers, "kill", lambda _self: None)
        monkeypatch.setattr(neural, "FUNCTIONS", small_models.FUNCTIONS)
        monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(folder))
        made = models.submit("make", b"", str(folder).encode(), deadline_s=120).result()
        assert isinstance(made, WorkerResult), made
        with small_models.accepted(folder):
            yield folder


@needs_neural
def test_photos_and_words_by_clip(clip: Path, tmp_path: Path, terminal: Terminal) -> None:
    """Scored, compared, searched: a smaller copy is nearest to its original."""
    album = Album(tmp_path / "scored", config=CONFIGURED)
    originals = [album.photo(one) for one in PHOTOS]
    with Image.open(originals[0]) as original:
        smaller = original.resize((original.width // 2, original.height // 2))
    encoded = io.BytesIO()
    smaller.save(encoded, "JPEG", quality=80)
    copy = album.inbox / "smaller.jpg"
    copy.write_bytes(encoded.getvalue())
    album.ingest(*originals, copy)
    assert 4 == album.work("score").tallies["score"].done
    network = sha256_of(clip / weights.named(NETWORK).file)
    assert {network} == {line["clip_weights"] for line in album.queue()}
    terminal.root = album.root

    (coffee,) = terminal.type("similar", "coffee.jpg", "--json").json
    assert "smaller.jpg" == album.line(coffee["nearest"][0]["id"])["Original_File_Name"]
    assert coffee["nearest"][0]["similarity"] > coffee["nearest"][1]["similarity"]

    head = terminal.head()
    said = terminal.type("search", *WORDS.split(), "--json")
    assert (0, "") == (said.code, said.err)
    values = [one["similarity"] for one in said.json]
    assert ([1, 2, 3, 4], sorted(values, reverse=True)) == (
        sorted(one["id"] for one in said.json),
        values,
    )
    assert [*FIELDS, "similarity"] == list(said.json[0])
    said = terminal.type("search", WORDS, "--limit", "1", "--status", "queued")
    assert 3 == len(said.lines)
    assert head == terminal.head()

    album.spoil(1, None)
    assert "1 row, embedding gone or damaged" in terminal.type("search", WORDS).out
    for words in (("retry", "1", "--stage", "score"), ("score", "1")):
        assert 0 == terminal.type(*words).code
    assert "gone" not in terminal.type("similar").out

    album.measured(leaning(0.5), weights=OTHER_CLIP)
    assert [3, 4] == sorted(one["id"] for one in terminal.type("search", WORDS, "--json").json)
    assert "embedding of another CLIP" in terminal.type("search", WORDS).out
