"""What the logs say about models: exact lines, since people grep them."""

from pathlib import Path
from typing import Literal

import pytest

from machine import events as e
from machine import intents as i
from machine import run_events as r
from machine.event_base import Event
from machine.row import attempts_of
from machine.values import Author, Change, Labels, Text
from projections.run_log import Logs
from tests.histories import Teller
from tests.made_up import sha
from tests.projections.workspaces import workspace

FIRST, SECOND, THIRD = "qwen2.5vl:3b", "llava:7b", "moondream:1.8b"


def lines_of(teller: Teller, folder: Path) -> list[str]:
    """Return the lines of the newest log behind its first, without time and position."""
    with workspace(folder, teller.facts) as place:
        assert "" == Logs(folder, place.journal).catch_up()
    text = (folder / "logs" / "latest_run.log").read_text(encoding="utf-8")
    return [line[21:].rpartition(" @")[0] for line in text.splitlines()]


def start(teller: Teller, number: int, model: str, fallback_for: str = "") -> None:
    """Claim the prefill of a row with a model."""
    intent = i.StartAttempt(
        stage="prefill",
        recipe_digest=sha("recipe"),
        claimed_by=teller.run,
        model=model,
        fallback_for=fallback_for,
    )
    assert teller.ask(number, intent)


def finish(teller: Teller, number: int, model: str, cleaned: str = "", *changes: Change) -> None:
    """Let a model answer."""
    open_ = attempts_of(teller.rows[number], "prefill").open
    assert open_ is not None
    text = Text(caption="Cranes stand on the quay of the old harbour.", alt_text="Four cranes")
    intent = i.RecordPrefilled(
        attempt=open_.attempt,
        input_digest=open_.input_digest,
        recipe_digest=open_.recipe_digest,
        text=text,
        author=Author(kind="model", name=model),
        grounded=True,
        cleaned=Text(caption=cleaned, alt_text="Four cranes") if cleaned else None,
        changes=changes,
    )
    assert teller.ask(number, intent)


@pytest.fixture
def teller() -> Teller:
    """A teller with a run that has two rows."""
    found = Teller()
    found.start_run("prefill")
    for number in (1, 2):
        found.ingest(number, "20260501-1", Labels(category="Harbours", subject="Harbour"))
    return found


def checked(
    occasion: Literal["startup", "recheck", "slow", "changed"] = "startup", **fields: object
) -> r.ModelChecked:
    """Return what a check of the model found."""
    found = {"processor": "GPU", "context": 4096, "vram_bytes": 3_435_973_837} | fields
    return r.ModelChecked(stage="prefill", occasion=occasion, model=FIRST, **found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            checked(processor="GPU 63%"),
            ["[INFO] Ollama startup check: model={} processor=GPU 63% context=4096 vram=3.2GiB"],
        ),
        (
            checked(in_flight=2, tokens_per_s=41.26),
            [
                (
                    "[INFO] Ollama startup check: model={} processor=GPU context=4096 vram=3.2GiB"
                    " in_flight=2 tokens/s=41.3"
                )
            ],
        ),
        (
            checked(processor="CPU", vram_bytes=0, warnings=("on the CPU:\nslow", "7 GB asked")),
            [
                "[INFO] Ollama startup check: model={} processor=CPU context=4096 vram=0.0GiB",
                r"[WARN] on the CPU:\nslow",
                "[WARN] 7 GB asked",
            ],
        ),
        (
            checked(processor="unknown", context=None, vram_bytes=0),
            ["[INFO] Ollama startup check: model={} processor=- context=- vram=-"],
        ),
        (
            checked("recheck", tokens_per_s=20.0),
            [
                (
                    "[INFO] Ollama startup check: model={} processor=GPU context=4096 vram=3.2GiB"
                    " occasion=recheck tokens/s=20.0"
                )
            ],
        ),
        (
            checked("slow"),
            [
                (
                    "[INFO] Ollama startup check: model={} processor=GPU context=4096 vram=3.2GiB"
                    " occasion=slow"
                )
            ],
        ),
        (
            checked("slow", processor="GPU 20%", tokens_per_s=2.04),
            [
                (
                    "[WARN] Ollama startup check: model={} processor=GPU 20% context=4096"
                    " vram=3.2GiB occasion=slow tokens/s=2.0"
                )
            ],
        ),
        (
            checked("changed", processor="CPU", vram_bytes=0),
            [
                (
                    "[WARN] Ollama startup check: model={} processor=CPU context=4096 vram=0.0GiB"
                    " occasion=changed"
                )
            ],
        ),
        (
            r.StageWaiting(
                stage="prefill", code="PrefillUnreachable", detail="refused\n", limit_s=300.0
            ),
            [
                (
                    r"[WARN] Stage prefill waits for the service: PrefillUnreachable: refused\n"
                    " (at most 300 s)"
                )
            ],
        ),
        (
            r.StageWaiting(stage="prefill", code="PrefillUnreachable"),
            ["[WARN] Stage prefill waits for the service: PrefillUnreachable"],
        ),
        (
            r.StageResumed(stage="prefill", waited_ms=42_040),
            ["[INFO] Stage prefill goes on: the service answers again after 42.0 s"],
        ),
    ],
)
def test_a_line_about_the_service(
    teller: Teller, tmp_path: Path, event: Event, expected: list[str]
) -> None:
    """What the model runs on, what is wrong with it, and where a stage waits."""
    teller.put(f"run/{teller.run}", event)
    assert [line.replace("{}", FIRST) for line in expected] == lines_of(teller, tmp_path)[3:]


def test_fallback_models_from_the_first_try_to_the_last(teller: Teller, tmp_path: Path) -> None:
    """Who failed and why, who is tried instead, who was accepted; then the counts of the run."""
    name = teller.rows[1].happened.file_name
    start(teller, 1, FIRST)
    teller.fail(1, "prefill", "PrefillBadJson", "Expecting value: line 1")
    start(teller, 1, FIRST)
    teller.fail(1, "prefill", "PrefillEmpty", "")
    start(teller, 1, SECOND, FIRST)
    teller.fail(1, "prefill", "PrefillIdleTimeout", "idle timeout (120s without output)")
    teller.ask(1, i.Release(stage="prefill", reason="again"))
    start(teller, 1, SECOND, FIRST)
    teller.fail(1, "prefill", "PrefillEmpty", "")
    start(teller, 1, THIRD, FIRST)
    finish(teller, 1, THIRD)
    start(teller, 2, FIRST)
    finish(teller, 2, FIRST)
    teller.end_run()
    row = f"id=1 {name}"
    lines = [line for line in lines_of(teller, tmp_path)[3:] if "id=2" not in line]
    assert [
        f"[INFO] {row} prefill started, attempt 1",
        f"[ERROR] {row} prefill failed: PrefillBadJson: Expecting value: line 1 (2 tries left)",
        (
            f"[RETRY] {row} prefill attempt 2 with model '{FIRST}' after PrefillBadJson:"
            " Expecting value: line 1"
        ),
        f"[RETRY-FAIL] {row} prefill failed: PrefillEmpty (1 try left)",
        f"[RETRY] {row} primary model '{FIRST}' failed (PrefillEmpty); trying fallback '{SECOND}'",
        f"[WARN] Child process timeout: idle timeout (120s without output) {row}",
        (
            f"[RETRY-FAIL] {row} fallback model '{SECOND}' failed: PrefillIdleTimeout:"
            " idle timeout (120s without output) (0 tries left)"
        ),
        (
            "[WARN] Quarantined row id=1 QC_Status=PrefillIdleTimeout exit=- stage=prefill"
            f" {name}: idle timeout (120s without output)"
        ),
        f"[INFO] {row} prefill released: again",
        (
            f"[RETRY] {row} prefill attempt 4 with fallback model '{SECOND}' after"
            " a person's request"
        ),
        f"[RETRY-FAIL] {row} fallback model '{SECOND}' failed: PrefillEmpty (2 tries left)",
        f"[RETRY] {row} primary model '{FIRST}' failed (PrefillEmpty); trying fallback '{THIRD}'",
        (f"[RETRY-OK] {row} accepted from fallback model '{THIRD}': prefilled by model:{THIRD}"),
    ] == [line.partition(", findings")[0] for line in lines[:-2]]
    assert (
        "[INFO] Retries: 4 tried, 1 succeeded, 3 failed; fallback models: 1 row tried, 1 accepted"
    ) == lines[-2]


def test_a_model_that_a_person_asked_for(teller: Teller, tmp_path: Path) -> None:
    """Is named where it is wanted and where it is tried; no name can forge a line."""
    name = teller.rows[1].happened.file_name
    start(teller, 1, FIRST)
    finish(teller, 1, FIRST)
    evil = "it's\n[ERROR] x"
    teller.ask(1, i.Retry(stage="prefill", reason="too dull", model=evil))
    start(teller, 1, evil)
    row = f"id=1 {name}"
    shown = r"'it\'s\n[ERROR] x'"
    assert [
        f"[INFO] {row} prefill wanted again with model {shown}: too dull",
        f"[RETRY] {row} prefill attempt 2 with model {shown} after a person's request",
    ] == lines_of(teller, tmp_path)[-2:]


def test_what_rules_mended_and_what_a_person_let_pass(teller: Teller, tmp_path: Path) -> None:
    """The rules in their order, each once; the codes and the reason."""
    name = teller.rows[1].happened.file_name
    start(teller, 1, FIRST)
    finish(
        teller,
        1,
        FIRST,
        "Cranes stand on the quay of the old harbour",
        Change(rule="final_stop", field="caption", before="a", after="b"),
        Change(rule="hyphens", field="caption", before="b", after="c"),
        Change(rule="final_stop", field="alt_text", before="a", after="b"),
    )
    teller.put("row/1", e.QcWaived(text_digest="", codes=("alt_text_long", "x"), reason="sure\n"))
    row = f"id=1 {name}"
    mended, waived = lines_of(teller, tmp_path)[-2:]
    assert f"[INFO] {row} text mended: final_stop, hyphens" == mended.partition("; findings: ")[0]
    assert rf"[INFO] {row} findings let pass (alt_text_long, x): sure\n" == waived
