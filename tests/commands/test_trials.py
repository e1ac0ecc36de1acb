"""`prefill --trial`: another model or prompt beside the text of today, and nothing is changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driver.trials import marked
from tests.commands.cli import Terminal
from tests.standins.ollama_server import Model, StandIn, Step

MODEL = "llava:7b"
CAPTION = "The curved roof of a temple stands against a pale morning sky."
GOOD = Step(
    kind="text",
    caption=CAPTION,
    alt_text="Dark tiles rise towards a carved ridge, seen from below.",
    keywords=("roof", "temple", "tiles", "ridge", "sky", "eaves", "carving", "morning"),
    places=(),
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A caption service with the model."""
    with StandIn({"*": GOOD}, models=(Model(name=MODEL),)) as running:
        monkeypatch.setenv("PHOTOJOURNAL_PREFILL_HOST", running.url)
        yield running


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", ("", "")),
        ("", "a b", ("", "{+a b+}")),
        ("a b", "", ("[-a b-]", "")),
        ("one two three", "one three", ("one [-two-] three", "one three")),
        ("one two", "one 2", ("one [-two-]", "one {+2+}")),
    ],
)
def test_words_that_differ_are_marked(before: str, after: str, expected: tuple[str, str]) -> None:
    """Gone ones in the first text, new ones in the second."""
    assert expected == marked(before, after)


def test_a_trial_shows_both_texts_and_changes_nothing(terminal: Terminal, server: StandIn) -> None:
    """Tries, tokens, seconds; the journal and all files stay as they are, no lock is taken."""
    before = terminal.head(), terminal.files()
    said = terminal.type("prefill", "2", "--trial", MODEL)
    assert 0 == said.code, said.err
    today = terminal.type("show", "2", "--json").json["Caption"]
    gone, new = marked(today, CAPTION)
    text = "\n".join(" ".join(line.split()) for line in said.lines)
    assert "Row 2 " in text
    assert "Today by anna" in text
    assert f"Caption, today {gone}" in text
    assert f"Caption, trial {new}" in text
    assert "Took 1 try, " in text
    assert " tokens read, " in text
    assert "This was a trial: nothing was changed." == said.lines[-1]
    assert before == (terminal.head(), terminal.files())
    assert 1 == sum(bool(call.key) for call in server.calls)


def test_a_trial_for_programs(terminal: Terminal, server: StandIn) -> None:
    """One object a row, with the whole call; picked rows first where not all are meant."""
    terminal.type("pick", "3")
    said = terminal.type("prefill", "2", "3", "--trial", MODEL, "--limit", 1, "--json")
    (row,) = said.json
    assert (0, 3, CAPTION, "") == (said.code, row["row"], row["text"]["caption"], row["code"])
    assert (1, MODEL) == (row["tries"], row["call"]["model"])
    assert row["call"]["reply_tokens"] > 0
    said = terminal.type("prefill", "--picked", "--trial", MODEL, "--dry-run")
    assert f"{MODEL} would be asked about 1 row." in said.lines
    assert 1 == sum(bool(call.key) for call in server.calls)


def test_a_refused_reply_is_shown_with_its_code(terminal: Terminal, server: StandIn) -> None:
    """As often as the stage would ask, with the reason from the second time on; exit code 10."""
    server.script = {"*": Step(kind="text", content="Sure! Here is\nyour caption")}
    said = terminal.type("prefill", "3", "--trial", MODEL)
    assert 10 == said.code
    text = "\n".join(" ".join(line.split()) for line in said.lines)
    assert "Refused PrefillBadJson: it begins 'Sure! Here is your caption'" in text
    assert r"Reply Sure! Here is\nyour caption" in text
    assert "Took 3 tries, " in text
    assert "Caption, trial" not in text
    prompts = [call.request.prompt for call in server.calls if call.request]
    assert [False, True, True] == ["was refused: it begins" in one for one in prompts]


def test_findings_refuse_a_text_that_is_shown_all_the_same(
    terminal: Terminal, server: StandIn
) -> None:
    """What the rules have against it stands below it."""
    server.script = {"*": Step(kind="text", caption=CAPTION, alt_text=" ", keywords=("roof",))}
    (row,) = terminal.type("prefill", "3", "--trial", MODEL, "--json").json
    assert "PrefillRefused" == row["code"]
    assert CAPTION == row["text"]["caption"]
    assert row["findings"]


def test_a_prompt_of_ones_own(terminal: Terminal, server: StandIn, tmp_path: Path) -> None:
    """Is sent in place of ours; what it names is filled in."""
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Say it in {language}, as {schema}. Ünlike ours.{feedback}", "utf-8")
    assert 0 == terminal.type("prefill", "3", "--trial", MODEL, "--prompt", prompt).code
    (call,) = [call for call in server.calls if call.request]
    assert call.request
    assert call.request.prompt.startswith("Say it in English, as {")
    assert "Ünlike ours." in call.request.prompt


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"{camera}", "the prompt names {camera}, which is none of: ", "fields that it may name: "),
        (b"{subject", "the prompt's braces do not match", "fields that it may name: "),
        (b"\xff", "the prompt is no text in UTF-8", "save it as UTF-8"),
        (b" \n", "the prompt is empty", "fields that it may name: {subject}"),
        (None, "the prompt cannot be read", "give a text file: --prompt FILE"),
    ],
)
def test_a_prompt_that_cannot_be_used(
    terminal: Terminal, tmp_path: Path, content: bytes | None, message: str, hint: str
) -> None:
    """Refused before anything is asked."""
    prompt = tmp_path / "prompt.txt"
    if content is not None:
        prompt.write_bytes(content)
    said = terminal.type("prefill", "3", "--trial", MODEL, "--prompt", prompt)
    assert 2 == said.code
    assert f"Error: {message}" in said.err
    assert f"Hint: {hint}" in said.err


def test_what_a_trial_needs(terminal: Terminal) -> None:
    """Rows, and a model for a prompt."""
    said = terminal.type("prefill", "--trial", MODEL)
    assert (2, True) == (said.code, "Error: say which rows are to be tried" in said.err)
    assert f"Hint: photojournal prefill --trial {MODEL} ROW..." in said.err
    said = terminal.type("prefill", "3", "--prompt", "mine.txt")
    assert (2, True) == (said.code, "Error: a prompt of your own is only for trials" in said.err)
    assert "Hint: photojournal prefill --trial MODEL --prompt mine.txt ROW" in said.err


def test_a_service_that_is_not_there(terminal: Terminal, server: StandIn) -> None:
    """Exit code 4: no service, no such model; the hint says what to type."""
    said = terminal.type("prefill", "3", "--trial", "moondream:1.8b")
    assert 4 == said.code
    assert "Error: the caption model is not installed" in said.err
    assert "ollama pull moondream:1.8b" in said.err
    server.stop()
    said = terminal.type("prefill", "3", "--trial", MODEL, "--json")
    assert (4, "") == (said.code, said.out)
    assert "Error: the caption service does not answer" in said.err


def test_a_photo_that_cannot_be_read_fails_alone(terminal: Terminal, server: StandIn) -> None:
    """Row 4 is damaged; the next row is tried all the same."""
    said = terminal.type("prefill", "4", "3", "--trial", MODEL, "--json")
    assert 10 == said.code
    assert ["PrefillUnreadable", ""] == [one["code"] for one in said.json]
    assert [0, 1] == [one["tries"] for one in said.json]
    assert 1 == sum(bool(call.key) for call in server.calls)
