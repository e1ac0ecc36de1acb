"""The report on the texts that wait for a person."""

import json
from pathlib import Path

from machine import intents as i
from machine.digests import digest_of
from machine.values import STAGES, Labels
from projections.prefill_qc import report, write
from tests.histories import Teller


def told() -> Teller:
    """Tell of four rows with texts; the second repeats the first, the fourth is rejected."""
    teller = Teller()
    teller.start_run("run")
    labels = Labels(category="Harbours", subject="Old harbour", location="Rotterdam")
    for number in (1, 2, 3, 4):
        teller.ingest(number, "20260501-1", labels)
        for stage in STAGES:
            teller.start(number, stage)
            teller.finish(number, stage)
    words = ("Crane", "quay", "mist")
    first = i.EditText(caption="A harbour!", alt_text="Two cranes.", keywords=words)
    again = i.EditText(caption="a  HARBOUR", alt_text="two cranes", keywords=words[::-1])
    teller.ask(1, first)
    teller.ask(2, again)
    teller.ask(4, first)
    teller.ask(4, i.Reject())
    teller.ingest(5, "20260501-1", labels)
    return teller


def test_texts_that_say_the_same_are_named(tmp_path: Path) -> None:
    """Exact after case and punctuation are folded; rows without text or decided are left out."""
    teller = told()
    found = report(teller.rows.values(), run_id="run-1", position=77)
    assert ("run-1", 77) == (found["run_id"], found["position"])
    assert {
        "row_count": 3,
        "caption_dup_groups": 1,
        "caption_dup_rows": 2,
        "alt_dup_groups": 1,
        "keywords_dup_groups": 1,
        "pair_dup_groups": 1,
        "duplicate_rows_total": 2,
        "flagged_rows_total": 2,
        "suspicious_rows": 0,
        "sample_ids": [1, 2],
    }.items() <= found["summary"].items()
    assert {
        "id": 1,
        "file_name": teller.rows[1].happened.file_name,
        "subject": "Old harbour",
        "location": "Rotterdam",
        "reasons": [
            "duplicate_caption_exact",
            "duplicate_alt_exact",
            "duplicate_keywords_signature",
            "duplicate_pair_exact",
        ],
        "text_digest": digest_of(teller.rows[1].decided.prefill.text),
    } == found["flagged"][0]


def test_findings_are_reasons() -> None:
    """What quality control found stands in the report."""
    teller = told()
    teller.ask(3, i.EditText(caption="", keywords=("one",)))
    found = report(teller.rows.values(), run_id="r", position=1)
    (third,) = [each for each in found["flagged"] if each["id"] == 3]
    assert ["caption_empty", "keywords_few"] == third["reasons"]
    assert 1 == found["summary"]["suspicious_rows"]


def test_a_report_on_nothing_replaces_the_old_one(tmp_path: Path) -> None:
    """No row to report on is a report, too: the old one must not seem to be about today."""
    path = tmp_path / "data" / "prefill_qc_last.json"
    write(path, report(told().rows.values(), run_id="r1", position=1))
    write(path, report((), run_id="r2", position=2))
    found = json.loads(path.read_text(encoding="utf-8"))
    assert ("r2", 0, []) == (found["run_id"], found["summary"]["row_count"], found["flagged"])
    assert ["prefill_qc_last.json"] == [each.name for each in path.parent.iterdir()]
