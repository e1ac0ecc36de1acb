"""What `show` and `history` tell about a text by a model, and `show` to programs."""

import pytest

from driver.program import Program
from driver.workspace import Workspace
from machine import intents as i
from machine.row import attempts_of
from machine.values import Author, Change, ModelCall, Text
from projections.review_queue import QUEUE
from tests.commands.cli import Terminal

FIRST, SECOND = "qwen2.5vl:3b", "llava:7b"
CALL = ModelCall(
    model=SECOND,
    model_digest="8d" * 32,
    host="http://127.0.0.1:11434",
    prompt_digest="ab" * 32,
    reply_digest="cd" * 32,
    prompt_tokens=1_210,
    reply_tokens=96,
    total_ms=12_400,
)
FAILED = ModelCall(model=FIRST, prompt_tokens=1_210, reply_tokens=3, total_ms=4_000)
AUTHOR = Author(
    kind="model",
    name=SECOND,
    version="prompt 1",
    model_digest=CALL.model_digest,
    prompt_digest=CALL.prompt_digest,
)
TEXT = Text(
    caption="The roof of a temple stands against a pale sky",
    alt_text="Curved tiles, seen from below",
    keywords=("roof", "temple", "tiles", "sky", "eaves", "dragon"),
)
MENDED = Text(caption=f"{TEXT.caption}.", alt_text=TEXT.alt_text, keywords=TEXT.keywords)
CHANGES = (Change(rule="final_stop", field="caption", before="pale sky", after="pale sky."),)


@pytest.fixture
def asked(terminal: Terminal) -> Terminal:
    """Row 3: one model failed, another one wrote its text."""
    with Program(Workspace(terminal.root)) as program, program.run("prefill", [], effects=True):
        shell = program.shell
        shell.ask(3, i.Retry(stage="prefill", reason="a better text", model=SECOND))
        shell.ask(3, start(FIRST))
        attempt = attempts_of(shell.row(3), "prefill")
        failure = i.RecordFailure(
            stage="prefill",
            attempt=attempt.count,
            input_digest=attempt.digest,
            code="PrefillBadJson",
            detail="it begins 'Sure'",
            call=FAILED,
        )
        shell.ask(3, failure)
        shell.ask(3, start(SECOND, FIRST))
        shell.ask(3, prefilled(attempt.count + 1, attempt.digest))
    return terminal


def start(model: str, fallback_for: str = "") -> i.StartAttempt:
    """Return the claim of a try with a model."""
    return i.StartAttempt(
        stage="prefill",
        recipe_digest="recipe",
        claimed_by="",
        model=model,
        fallback_for=fallback_for,
    )


def prefilled(attempt: int, digest: str, text: Text = TEXT) -> i.RecordPrefilled:
    """Return the model's answer."""
    return i.RecordPrefilled(
        attempt=attempt,
        input_digest=digest,
        recipe_digest="recipe",
        text=text,
        author=AUTHOR,
        grounded=True,
        call=CALL,
        cleaned=MENDED,
        changes=CHANGES,
        duration_ms=12_900,
    )


def shown(terminal: Terminal, name: str) -> list[str]:
    """Return what `show` says of row 3 behind a name."""
    lines = terminal.type("show", "3").lines
    return [line.removeprefix(name).strip() for line in lines if line.startswith(f"{name} ")]


def test_show_tells_how_a_model_wrote_a_text(asked: Terminal) -> None:
    """The model with its digest, the prompt's digest, try, tokens, seconds, what was mended."""
    assert ["model llava:7b prompt 1 (8d8d8d8d8d8d)"] == shown(asked, "Written by")
    assert ["abababababab"] == shown(asked, "Prompt")
    (words,) = shown(asked, "Asked")
    assert (
        "attempt 3, 1,210 tokens read, 96 tokens written, 12.4 s, at http://127.0.0.1:11434"
    ) == words
    assert ['final_stop, caption: "pale sky" -> "pale sky."'] == shown(asked, "Mended")


def test_show_has_all_of_it_for_programs(asked: Terminal) -> None:
    """`call`, `changes`, `waived`, `text_attempt`; nothing where no model was asked."""
    row = asked.type("show", "3", "--json").json
    assert (SECOND, 96, "8d" * 32) == tuple(
        row["call"][name] for name in ("model", "reply_tokens", "model_digest")
    )
    assert "final_stop" == row["changes"][0]["rule"]
    assert (3, None) == (row["text_attempt"], row["waived"])
    row = asked.type("show", "1", "--json").json
    assert (None, None, []) == (row["call"], row["text_attempt"], row["changes"])


def test_show_forgets_what_was_mended_in_another_text(asked: Terminal) -> None:
    """A person's text was mended by nobody; going back, the model's is again."""
    before = asked.type("show", "3", "--json").json["version"]
    asked.type("edit", "3", "--caption", "A temple's roof in the sun.")
    row = asked.type("show", "3", "--json").json
    assert ([], None) == (row["changes"], row["text_attempt"])
    assert 0 == asked.type("rollback", "3", "--to", before, "--yes").code
    row = asked.type("show", "3", "--json").json
    assert ("final_stop", 3) == (row["changes"][0]["rule"], row["text_attempt"])


def test_show_tells_what_a_person_let_pass(asked: Terminal) -> None:
    """Until the text is another one."""
    long = "A roof " + "that shines in the sun " * 14
    asked.type("edit", "3", "--alt-text", long)
    assert 0 == asked.type("approve", "3", "--waive", "wanted so").code
    (passed,) = shown(asked, "Let pass")
    assert passed.endswith(": wanted so (by anna)")
    assert "wanted so" == asked.type("show", "3", "--json").json["waived"]["reason"]
    asked.type("edit", "3", "--alt-text", "A roof that shines")
    assert [] == shown(asked, "Let pass")


def test_show_names_the_model_of_a_suggestion(asked: Terminal) -> None:
    """Row 2 is approved: another text lies beside its own."""
    with Program(Workspace(asked.root)) as program, program.run("prefill", [], effects=True):
        program.shell.ask(2, i.Retry(stage="prefill"))
        program.shell.ask(2, start(SECOND))
        attempt = attempts_of(program.shell.row(2), "prefill")
        program.shell.ask(2, prefilled(attempt.count, attempt.digest))
    said = asked.type("show", "2").out
    assert f"{MENDED.caption} (by model llava:7b prompt 1 (8d8d8d8d8d8d))" in said
    assert "Mended" not in said


def test_history_names_the_models(asked: Terminal) -> None:
    """Who was wanted, who failed and what that cost, who stood in."""
    told = [one["words"] for one in asked.type("history", "3", "--json").json]
    assert "prefill is wanted again with model llava:7b: a better text" in told
    assert f"prefill began, attempt 2, model {FIRST}" in told
    assert (
        "prefill failed: PrefillBadJson, the answer is no JSON: it begins 'Sure'"
        " (2 tries left; model qwen2.5vl:3b; 1,210 tokens read, 3 tokens written, 4.0 s)"
    ) in told
    assert f"prefill began, attempt 3, model {SECOND} in place of {FIRST}" in told
    assert any(one.startswith("text mended by rules (final_stop): ") for one in told)


def test_show_for_programs(terminal: Terminal) -> None:
    """One object: the line of the queue, and what stands in no column."""
    row = terminal.type("show", "1", "--json").json
    assert list(QUEUE.names) == list(row)[: len(QUEUE.names)]
    assert "published" == row["publication"]["value"]
    assert 2 == len(row["publication"]["files"])
    assert {"web", "thumb"} == {one["name"] for one in row["renditions"]}
    assert {"brisque_score", "blur_score", "brightness_score", "contrast_score"} == {
        one["metric"] for one in row["scores"]
    }
    assert 16 == row["version"]
    assert row["open"] is None
