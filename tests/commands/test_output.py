"""Tables, JSON, names and progress: what arrives on the screen, in a pipe, in a log."""

import io
import json
import re
import sys
import time
from typing import Any

import pytest

from commands import output
from commands.progress import progress
from driver.tally import Tally
from machine.text import size
from machine.values import Stage
from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES, Desk

ODD_NAMES = [
    'it\'s "mine".jpg',
    "two\nlines.jpg",
    "\x1b[31mred.jpg",
    "rtl\u202egpj.exe.jpg",
    "Zu\u0308rich 🌊.jpg",
    "--yes.jpg",
    "CON.jpg",
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Zürich 🌊 日本", "Zürich 🌊 日本"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[2J\x07\x9b", "\\x1b[2J\\x07\\x9b"),
        ("a\u202eb", "a\\u202eb"),
        ("\udce9", "\\udce9"),
        ("\u2028", "\\u2028"),
        ("a\\n", "a\\n"),
    ],
)
def test_texts_are_printed_on_one_line_and_move_nothing(text: str, shown: str) -> None:
    """Control characters, turned directions and lone surrogates become visible."""
    assert shown == output.safe(text)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (5 * 10**13, "50.0 TB"),
    ],
)
def test_sizes(number: int, shown: str) -> None:
    """Decimal units, as file managers show them."""
    assert shown == size(number)


def test_counts() -> None:
    """One row, several rows."""
    assert ["1 row", "0 rows", "1,200 rows"] == [output.counted(n, "row") for n in (1, 0, 1200)]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be set")
def test_times_are_local() -> None:
    """Two hours ahead of UTC, in these tests."""
    assert "2026-07-04 14:30:00" == output.local("2026-07-04T12:30:00.123456Z")
    assert "" == output.local("")


def test_a_table_in_a_pipe_is_whole_and_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line is one line, wide characters count twice, nothing is cut."""
    lines = [(1, "日本", None), (20, "x" * 300, "a\nb")]
    output.table(("id", "name", "more"), lines, right=("id",))
    out = capsys.readouterr().out.splitlines()
    assert 3 == len(out)
    assert out[1] == " 1  日本"
    assert out[2] == f"20  {'x' * 300}  a\\nb"


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_table_in_a_terminal_fits(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """No line is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", str(width))
    said = terminal.answer("queue", answer="")
    assert 0 == said.code
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in said.lines[1:]]
    assert max(output.wide(line) for line in lines) <= width
    assert "Published" in said.out


@pytest.mark.parametrize("words", [("history", 1), ("runs",), ("sets",)])
def test_a_listing_in_a_small_terminal_can_be_read(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...]
) -> None:
    """Less important columns make room for the text."""
    monkeypatch.setenv("COLUMNS", "80")
    said = terminal.answer(*words, answer="")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said.out)
    lines = plain.splitlines()[1:]
    assert max(output.wide(line) for line in lines) <= 80
    assert "came in  " not in plain.splitlines()[1]
    assert re.search(r"\w+ \w+ \w+|publish|Harbour", plain)


def test_the_plan_of_a_publication_fits_a_small_terminal(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside a reason that is long; the folders stand below, once."""
    assert 0 == terminal.type("replace", "2", SAMPLES / "rocket.jpg", "--yes").code
    assert 0 == terminal.type("resize", "2").code
    monkeypatch.setenv("COLUMNS", "80")
    rest = "1 row (published as approved), 1 row (it is Pending), 1 row (it is Quarantined)"
    assert f"Not due: {rest}" in terminal.type("publish", "--dry-run").lines
    said = terminal.answer("publish", "--dry-run", "1", "2", "3", answer="")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said.out)
    shown = plain[: plain.index("0 rows due")].splitlines()[1:]
    assert max(map(len, shown)) <= 80
    assert "photojournal publish 2 --force" in " ".join(" ".join(shown).split())


def test_a_path_is_cut_in_its_middle() -> None:
    """The file's name is what is looked for."""
    assert "a/b.jpg" == output.middle_cut("a/b.jpg", 10)
    assert "/home/...bour/0001.jpg" == output.middle_cut("/home/anna/pictures/harbour/0001.jpg", 22)
    assert output.wide(output.middle_cut("日本" * 20, 15)) <= 15


def test_json_is_json_whatever_the_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the terminal cannot show a letter, JSON escapes it as JSON does."""
    for encoding in ("utf-8", "cp1252", "ascii"):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace")
        monkeypatch.setattr(sys, "stdout", stream)
        output.write_json([{"name": "Zürich 🌊"}])
        output.stream_json([{"name": "Zürich 🌊"}, {}])
        stream.flush()
        monkeypatch.undo()
        decoder, text = json.JSONDecoder(), raw.getvalue().decode(encoding).strip()
        first, end = decoder.raw_decode(text)
        second, _ = decoder.raw_decode(text[end:].strip())
        assert [{"name": "Zürich 🌊"}] == first
        assert [{"name": "Zürich 🌊"}, {}] == second


@pytest.fixture
def odd(terminal: Terminal) -> Terminal:
    """A workspace with photos of odd names."""
    desk = Desk(terminal.root.parent / "odd")
    desk.ingest(*[desk.photo("coffee", name, name.encode()) for name in ODD_NAMES])
    terminal.root = desk.root
    return terminal


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")
def test_odd_names_are_found_and_printed(odd: Terminal) -> None:
    """Every name that came in finds its row, and no listing has an unprintable character."""
    rows = odd.type("queue", "--json").json
    assert len(ODD_NAMES) == len(rows)
    for name, row in zip(ODD_NAMES, rows, strict=True):
        assert row["id"] == odd.type("show", "--json", "--", name).json["id"]
        for verb in ("show", "history"):
            said = odd.type(verb, row["id"])
            assert 0 == said.code
            assert said.out.replace("\n", "").replace("\u0308", "").isprintable(), said.out
    assert odd.type("queue").out.replace("\n", "").isprintable()


def tallies(**counts: Tally) -> dict[Stage, Tally]:
    """Return counts by stage."""
    found: dict[Any, Tally] = dict(counts)
    return found


def test_progress_in_a_log_is_a_line_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error; a short run says nothing."""
    from commands import progress as module

    monkeypatch.setattr(module, "EVERY_S", 0.0)
    with progress("ingest") as shown:
        shown.count(3, 10)
        shown.stages(tallies(score=Tally(rows=8, done=2, failed=1), resize=Tally()))
    said = capsys.readouterr()
    assert "" == said.out
    assert ["ingest 3/10", "ingest 3/10; score 3/8 (1 failed)"] == said.err.splitlines()
    monkeypatch.undo()
    with progress("ingest") as shown:
        shown.count(3, 10)
    assert "" == capsys.readouterr().err


def test_progress_in_a_terminal_is_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is gone when the work is done, and never on standard output."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with progress("ingest") as shown:
        shown.count(1, 2)
        shown.stages(tallies(score=Tally(rows=8, done=2, failed=1)))
        shown.count(2, 2)
    said = capsys.readouterr()
    assert "" == said.out
    assert "2/2" in said.err
    assert "1 failed" in said.err


def test_a_run_of_many_rows_is_one_short_line(terminal: Terminal) -> None:
    """The first words, and how many there are more; for programs all of them."""
    terminal.type("pick", *[1, 2, 3] * 30, "--yes")
    (run,) = terminal.type("runs", "--limit", 1, "--json").json
    assert len(run["argv"].split()) > 90
    said = terminal.type("runs", "--limit", 1).out
    assert max(map(len, said.splitlines())) < 200
    assert re.search(r"pick 1 2 3 .* \.\.\. and \d+ more .*done", said)
