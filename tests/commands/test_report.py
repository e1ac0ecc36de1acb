"""`report`: one page that says what the queue says, shows every photo, and loads nothing."""

import base64
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tests.browsers import chromium_path
from tests.commands.cli import Terminal

EVIL = "\"><script>alert('x')</script><img src=https://example.org/x.png> & 'quotes' – äöü"
LOADING = {"src", "srcset", "data", "poster", "background", "action", "formaction"}


class Page(HTMLParser):
    """What a browser would see: elements with attributes, and the text."""

    def __init__(self, path: Path) -> None:
        """Read a page."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every such element."""
        return [attributes for name, attributes in self.elements if name == tag]


def made(terminal: Terminal, target: Path, *words: object) -> Page:
    """Have a report written and return it."""
    said = terminal.type("report", "--out", target, *words)
    assert 0 == said.code, said.err
    return Page(target)


def test_every_photo_is_shown_with_its_alt_text_and_every_picture_decodes(
    terminal: Terminal, tmp_path: Path
) -> None:
    """The damaged photo says why it has none."""
    page = made(terminal, tmp_path / "r.html")
    rows = terminal.type("queue", "--json").json
    assert {f"row-{one['id']}" for one in rows} == {one["id"] for one in page.all("figure")}
    pictures = page.all("img")
    assert [one["alt_text"] for one in rows if one["resize_status"] == "done"] == [
        one["alt"] for one in pictures
    ]
    for one in pictures:
        head, _, data = one["src"].partition(",")
        assert "data:image/jpeg;base64" == head
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            picture.load()
            assert (one["width"], one["height"]) == tuple(map(str, picture.size))
    assert "no picture: resize is quarantined" in page.text
    assert {"en"} == {one["lang"] for one in page.all("html")}
    for row in rows:
        for column in ("File_Name", "Caption", "quality_tier", "failure", "Review_Status"):
            assert row[column] in page.text, (row["id"], column)


def test_the_page_loads_nothing_and_runs_nothing(terminal: Terminal, tmp_path: Path) -> None:
    """Also with markup and quotes in the texts; the policy forbids what escaping would let by."""
    terminal.type("edit", "3", "--caption", EVIL, "--alt-text", EVIL)
    page = made(terminal, tmp_path / "r.html")
    assert EVIL in [one["alt"] for one in page.all("img")]
    assert EVIL in page.text
    tags = {tag for tag, _ in page.elements}
    assert set() == tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    loaded = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in LOADING or name.startswith("on")
    ]
    assert loaded
    assert all(value.startswith("data:image/jpeg;base64,") for value in loaded)
    assert "url(" not in page.source
    assert "@import" not in page.source
    (policy,) = [
        one["content"]
        for one in page.all("meta")
        if "Content-Security" in one.get("http-equiv", "")
    ]
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_the_figures_are_those_of_the_queue(terminal: Terminal, tmp_path: Path) -> None:
    """Counts, histogram, failures, what is published; each row is counted once."""
    rows = terminal.type("queue", "--json").json
    found = terminal.type("report", "--json").json
    assert len(rows) == found["rows"] == sum(found["by_status"].values())
    assert len(rows) == sum(found["histogram"]["rated"]) + found["histogram"]["unrated"]
    assert [one["QR"] is None for one in rows].count(True) == found["histogram"]["unrated"]
    assert 2 == found["histogram"]["rated"][8]
    assert [one["id"] for one in rows if one["failure"]] == [one["id"] for one in found["failures"]]
    assert [one["id"] for one in rows if one["Path"]] == found["published"] == [1]
    by_stage = {one["stage"]: one for one in found["stages"]}
    assert (4, 3, 3, 1) == tuple(
        by_stage[stage]["done"] for stage in ("prefill", "score", "resize", "publish")
    )
    assert by_stage["score"]["median_ms"] <= by_stage["score"]["p95_ms"]
    assert by_stage["score"]["p95_ms"] <= by_stage["score"]["total_ms"]
    page = made(terminal, tmp_path / "r.html")
    bars = re.findall(r"(?:\d+–\d+|none): (\d+) row", page.text)
    assert len(rows) == sum(map(int, bars[-11:]))


def test_a_run_is_told_by_what_it_did(terminal: Terminal) -> None:
    """Its rows, its times and how it ended; not what others did to these rows."""
    runs = terminal.type("runs", "--json").json
    run = next(one for one in runs if one["verb"] == "publish")["run_id"]
    found = terminal.type("report", "--run", run, "--json").json
    assert [1] == [one["id"] for one in found["photos"]]
    assert ["publish"] == [one["stage"] for one in found["stages"]]
    assert [(run, "done")] == [(one["run_id"], one["outcome"]) for one in found["runs"]]
    then = terminal.type("report", "--at", "20", "--json").json
    assert {"Queued": 4} == then["by_status"]


def test_looking_appends_nothing_and_the_path_is_said(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the person, under a name of its own; an earlier report is replaced."""
    monkeypatch.chdir(tmp_path)
    before = terminal.head(), terminal.files()
    said = terminal.type("report", "2", "3")
    target = tmp_path / "report-2-rows.html"
    assert re.fullmatch(rf"Report on 2 photos, [\d.]+ kB: {target}", said.lines[-1])
    small = terminal.type("report", "2", "3", "--no-pictures")
    assert 0 == small.code
    assert [] == Page(target).all("img")
    assert "pictures were left out" in Page(target).text
    assert before == (terminal.head(), terminal.files())


def test_a_file_of_somebody_else_is_left_alone(terminal: Terminal, tmp_path: Path) -> None:
    """Unless `--force` says so; a folder that is not there is misuse as well."""
    target = tmp_path / "thesis.html"
    target.write_text("<p>years of work")
    said = terminal.type("report", "--out", target)
    assert 2 == said.code
    assert f"Error: {target} exists and is no report of photojournal" in said.err
    assert "<p>years of work" == target.read_text()
    assert 0 == terminal.type("report", "--out", target, "--force").code
    assert 2 == terminal.type("report", "--out", tmp_path / "nowhere" / "r.html").code


def test_a_picture_that_is_gone_is_said(terminal: Terminal, tmp_path: Path) -> None:
    """The page is made all the same."""
    shutil.rmtree(terminal.root / "data" / "objects")
    page = made(terminal, tmp_path / "r.html")
    assert [] == page.all("img")
    assert 3 == page.text.count("is gone")


@pytest.mark.skipif(chromium_path() is None, reason="needs Chromium")
def test_a_browser_draws_it(terminal: Terminal, tmp_path: Path) -> None:
    """In a window of a phone, without a network: no script ran and the text is there."""
    terminal.type("edit", "3", "--caption", EVIL, "--alt-text", EVIL)
    target = tmp_path / "r.html"
    made(terminal, target)
    words = [str(chromium_path()), "--headless", "--no-sandbox", "--disable-gpu"]
    words += ["--window-size=390,844"]
    words += [f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", target.as_uri()]
    drawn = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    assert 4 == drawn.count("<figure")
    assert "<script" not in drawn
