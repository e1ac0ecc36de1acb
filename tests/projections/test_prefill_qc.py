"""The report on the texts that wait for a person, or to go out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from machine import events as e
from machine import intents as i
from machine.digests import text_digest
from machine.evolve import evolve
from machine.row import Row
from machine.run_events import QcReported
from machine.values import STAGES, Author, Labels, Text, TextLimits
from machine.wording import RULES_VERSION, about, findings
from projections import prefill_qc
from projections.prefill_qc import Occasion, report, reported, write
from projections.telling_qc import told
from tests.histories import Teller

AT = "2026-05-01T10:15:00.000000Z"
OCCASION = Occasion(run_id="run-1", at=AT, position=77)
LABELS = Labels(category="Harbours", subject="Old harbour", location="Rotterdam")
WORDS = ("crane", "quay", "mist", "rope", "ferry", "gull", "lamp")
SOUND = (
    Text(
        caption="A ferry leaves the quay while two cranes stand in the mist behind it.",
        alt_text="A white ferry seen from behind, two cranes and some mist beyond.",
        keywords=WORDS,
    ),
    Text(
        caption="Old ropes lie coiled on a wooden deck, wet from the rain of the night.",
        alt_text="Brown coils of rope on dark planks with drops of water.",
        keywords=("deck", "plank", "coil", "rain", "knot", "hemp", "wood"),
    ),
    Text(
        caption="Seven gulls line up along the railing and look towards the open sea.",
        alt_text="Gulls in a row on a white railing, their backs to us.",
        keywords=("bird", "railing", "sea", "row", "horizon", "feather", "flock"),
    ),
)


def beginning(rows: int) -> Teller:
    """Tell of rows whose stages are done; the texts are to be replaced."""
    teller = Teller()
    teller.start_run("run")
    for number in range(1, rows + 1):
        teller.ingest(number, "20260501-1", LABELS)
        for stage in STAGES:
            teller.start(number, stage)
            teller.finish(number, stage)
    return teller


def writing(teller: Teller, number: int, text: Text) -> None:
    """Let Ann write a text."""
    intent = i.EditText(
        caption=text.caption, alt_text=text.alt_text, keywords=text.keywords, by="Ann"
    )
    teller.ask(number, intent)


def with_texts(*texts: Text) -> Teller:
    """Tell of rows with these texts by Ann."""
    teller = beginning(len(texts))
    for number, text in enumerate(texts, 1):
        writing(teller, number, text)
        assert text == teller.rows[number].decided.prefill.text
    return teller


def approve(teller: Teller, number: int) -> None:
    """Approve a row whatever the rules say."""
    assert teller.ask(number, i.Approve()) or teller.ask(number, i.Approve(waive="fine"))


def publish(teller: Teller, number: int) -> None:
    """Publish a row; approve it, if nobody has."""
    if teller.rows[number].decided.decision.value != "approved":
        approve(teller, number)
    for made in teller.rows[number].decided.decision.renditions:
        finished = i.RecordFinished(
            name=made.name, source_sha256=made.sha256, sha256=made.sha256, size_bytes=1
        )
        teller.ask(number, finished)
    teller.publish(number)
    teller.do_steps(number)
    assert teller.rows[number].happened.record is not None


def on(teller: Teller, occasion: Occasion = OCCASION) -> dict[str, Any]:
    """Return the report on all rows."""
    return report(teller.rows.values(), occasion)


def reasons(found: dict[str, Any]) -> dict[int, list[str]]:
    """Return the duplicates of each flagged row."""
    every = {
        one["id"]: [each for each in one["reasons"] if each.startswith("duplicate_")]
        for one in found["flagged"]
    }
    return {row: some for row, some in every.items() if some}


def test_texts_that_say_the_same_are_named() -> None:
    """Exact after case and punctuation are folded; rows without text or rejected are left out."""
    first = Text(caption="A harbour!", alt_text="Two cranes.", keywords=WORDS)
    again = Text(caption="a  HARBOUR", alt_text="two cranes", keywords=WORDS[::-1])
    teller = with_texts(first, again, SOUND[1], first)
    teller.ask(4, i.Reject())
    teller.ingest(5, "20260501-1", LABELS)
    found = on(teller)
    assert ("run-1", AT, 77) == (found["run_id"], found["at"], found["position"])
    assert {
        "row_count": 3,
        "caption_dup_groups": 1,
        "caption_dup_rows": 2,
        "alt_dup_groups": 1,
        "keywords_dup_groups": 1,
        "pair_dup_groups": 1,
        "caption_near_groups": 0,
        "identical_captions": 0,
        "duplicate_rows_total": 2,
    }.items() <= found["summary"].items()
    assert found["summary"]["sample_ids"] == [one["id"] for one in found["flagged"]]
    equal = [
        *("duplicate_caption_exact", "duplicate_alt_exact"),
        *("duplicate_keywords_signature", "duplicate_pair_exact"),
    ]
    assert {1: equal, 2: equal} == reasons(found)
    one = found["flagged"][0]
    assert {
        "id": 1,
        "file_name": teller.rows[1].happened.file_name,
        "subject": "Old harbour",
        "location": "Rotterdam",
        "text_digest": text_digest(first),
        "text_author": "human:Ann",
    }.items() <= one.items()
    assert "as 2" == one["details"]["duplicate_caption_exact"]
    assert {
        "kind": "duplicate_caption_exact",
        "ids": [1, 2],
        "published_ids": [],
        "site": [],
        "text": "A harbour!",
    } == found["groups"][0]


def test_findings_are_those_of_todays_rules() -> None:
    """Not those that the row keeps from the day on which its text was written."""
    teller = with_texts(replace(SOUND[0], caption=""), SOUND[1])
    row = teller.rows[1]
    stale = replace(row.decided.prefill, findings=())
    teller.rows[1] = replace(row, decided=replace(row.decided, prefill=stale))
    limits = TextLimits(keywords_min=2)
    found = on(teller, replace(OCCASION, language="en", limits=limits))
    today = findings(replace(SOUND[0], caption=""), about(row, language="en", limits=limits))
    (first,) = [one for one in found["flagged"] if one["id"] == 1]
    assert "caption_empty" in first["reasons"]
    assert [*dict.fromkeys(each.code for each in today)] == first["reasons"]
    assert {each.code: each.detail for each in today if each.detail} == first["details"]
    assert 1 <= found["summary"]["suspicious_rows"]
    assert (RULES_VERSION, "en") == (found["rules_version"], found["language"])
    assert 2 == found["limits"]["keywords_min"]


def test_what_is_approved_is_looked_at_until_it_is_published() -> None:
    """Then it is compared with, and never flagged itself."""
    teller = with_texts(SOUND[0], SOUND[1])
    approve(teller, 1)
    assert 2 == on(teller)["summary"]["row_count"]
    publish(teller, 1)
    assert 1 == on(teller)["summary"]["row_count"]
    writing(teller, 2, replace(SOUND[1], caption=SOUND[0].caption.upper()))
    found = on(teller)
    assert {2: ["duplicate_caption_exact"]} == reasons(found)
    assert [([2], [1])] == [(one["ids"], one["published_ids"]) for one in found["groups"]]
    assert 0 == found["summary"]["identical_captions"]
    assert "as published 1" == found["flagged"][0]["details"]["duplicate_caption_exact"]


def test_a_published_row_with_another_text_waits_again() -> None:
    """And what visitors still read about it is no duplicate of what it says now."""
    teller = with_texts(SOUND[0])
    publish(teller, 1)
    assert 0 == on(teller)["summary"]["row_count"]
    writing(teller, 1, replace(SOUND[0], caption=SOUND[0].caption.replace("A ferry", "The ferry")))
    found = on(teller)
    assert (1, {}, []) == (found["summary"]["row_count"], reasons(found), found["groups"])


def test_nearly_equal_texts_beside_published_ones() -> None:
    """Turned round; and what is withdrawn or rejected does not count."""
    turned = "While two cranes stand in the mist behind it, a ferry leaves the quay."
    teller = with_texts(SOUND[0], replace(SOUND[1], caption=turned), SOUND[0], SOUND[0])
    publish(teller, 1)
    teller.ask(3, i.Reject())
    publish(teller, 4)
    teller.ask(4, i.Withdraw(withdrawal="w", claimed_by=teller.run))
    teller.do_steps(4)
    found = on(teller)
    assert {2: ["duplicate_caption_near"]} == reasons(found)
    assert [([2], [1])] == [(one["ids"], one["published_ids"]) for one in found["groups"]]
    assert (1, 0) == (
        found["summary"]["caption_near_groups"],
        found["summary"]["identical_captions"],
    )


def test_emptied_texts_equal_nothing() -> None:
    """They are suspicious, each by itself."""
    found = on(with_texts(Text(), Text(), Text(caption="...")))
    assert (3, {}) == (found["summary"]["row_count"], reasons(found))
    assert [1, 2, 3] == [one["id"] for one in found["flagged"]]


def waive(row: Row) -> Row:
    """Let the row's text pass."""
    text = row.decided.prefill.text
    return evolve(row, e.QcWaived(text_digest=text_digest(text), codes=("x",), reason="Latin"))


def test_what_a_person_let_pass_is_listed_apart() -> None:
    """Until the text is another; and who comes to say the same is flagged all the same."""
    bare = replace(SOUND[0], caption="")
    teller = with_texts(bare, SOUND[1])
    teller.rows[1] = waive(teller.rows[1])
    found = on(teller)
    assert [1] == [one["id"] for one in found["waived"]]
    assert "caption_empty" in found["waived"][0]["reasons"]
    assert 1 not in [one["id"] for one in found["flagged"]]
    assert 1 == found["summary"]["waived_rows_total"]
    writing(teller, 2, bare)
    found = on(teller)
    assert [1] == [one["id"] for one in found["waived"]]
    (first,) = [one for one in found["flagged"] if one["id"] == 1]
    assert all(reason.startswith("duplicate_") for reason in first["reasons"])
    writing(teller, 1, replace(bare, keywords=WORDS[:6]))
    found = on(teller)
    assert [] == found["waived"]
    assert "caption_empty" in found["flagged"][0]["reasons"]


def test_a_report_on_nothing_replaces_the_old_one(tmp_path: Path) -> None:
    """No row to report on is a report, too: the old one must not seem to be about today."""
    path = tmp_path / "data" / "prefill_qc_last.json"
    write(path, on(with_texts(SOUND[0], SOUND[0])))
    write(path, report((), replace(OCCASION, run_id="run-2")))
    found = json.loads(path.read_text(encoding="utf-8"))
    assert ("run-2", 0, [], [], []) == (
        found["run_id"],
        found["summary"]["row_count"],
        found["flagged"],
        found["groups"],
        found["waived"],
    )
    assert ["prefill_qc_last.json"] == [each.name for each in path.parent.iterdir()]


def test_a_report_is_there_wholly_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails while it is put in its place: the old one stands."""
    path = tmp_path / "prefill_qc_last.json"
    write(path, report((), OCCASION))
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(Path, "replace", fail)
    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="no"):
        write(path, on(with_texts(SOUND[0])))
    assert before == path.read_bytes()


def test_equal_reports_have_equal_digests() -> None:
    """Whoever asks and whenever, in whatever order the rows come."""
    teller = with_texts(SOUND[0], SOUND[0], SOUND[2])
    first = reported(on(teller))
    later = Occasion(run_id="run-2", at="2027-01-01T00:00:00.000000Z", position=99)
    backwards = report([*teller.rows.values()][::-1], later)
    assert first == reported(backwards)
    assert re.fullmatch("[0-9a-f]{64}", first.report_digest)
    writing(teller, 3, SOUND[1])
    teller.ask(3, i.Reject())
    assert first.report_digest != reported(on(teller)).report_digest


def test_the_event_says_what_the_report_says() -> None:
    """The same counts."""
    turned = "While two cranes stand in the mist behind it, a ferry leaves the quay."
    teller = with_texts(SOUND[0], SOUND[0], replace(SOUND[1], caption=turned), Text())
    by_model(teller, 1, 2)
    found = on(teller, replace(OCCASION, written=frozenset({2})))
    event, summary = reported(found), found["summary"]
    assert (4, 1, 1, 1, 1, 2) == (
        event.rows,
        event.caption_groups,
        event.alt_groups,
        event.keyword_groups,
        event.near_groups,
        event.identical_captions,
    )
    assert (event.flagged, event.suspicious) == (
        summary["flagged_rows_total"],
        summary["suspicious_rows"],
    )
    assert event.flagged == len(found["flagged"])
    assert event.rules_version == RULES_VERSION


def by_model(teller: Teller, *numbers: int) -> None:
    """Let a model have written the texts of rows."""
    for number in numbers:
        row = teller.rows[number]
        author = Author(kind="model", name="qwen2.5vl:3b")
        part = replace(row.decided.prefill, author=author)
        teller.rows[number] = replace(row, decided=replace(row.decided, prefill=part))


def identical(teller: Teller, **occasion: frozenset[int]) -> int:
    """Return for how many photos the report suspects the model."""
    event = reported(on(teller, replace(OCCASION, **occasion)))
    assert 1 == event.caption_groups
    return event.identical_captions


def test_equal_captions_that_a_person_wrote_say_nothing_about_the_model() -> None:
    """Nor does an old text of a model that a person repeats, nor an equal pair of other runs."""
    teller = with_texts(SOUND[0], SOUND[0], SOUND[0], SOUND[1])
    every = frozenset({1, 2, 3, 4})
    assert 0 == identical(teller, written=every)
    by_model(teller, 1)
    assert 0 == identical(teller, written=every)
    by_model(teller, 2)
    assert 2 == identical(teller, written=every)
    assert 2 == identical(teller, written=frozenset({2}))
    assert 0 == identical(teller, written=frozenset({3, 4}))
    assert 0 == identical(teller)


def test_a_photo_that_got_another_ones_text_counts_without_a_text() -> None:
    """Once each; published photos count if a model wrote about them."""
    teller = with_texts(SOUND[0], SOUND[0])
    by_model(teller, 2)
    publish(teller, 1)
    written = frozenset({2})
    assert 0 == identical(teller, written=written)
    assert 2 == identical(teller, written=written, by_models=frozenset({1}))
    assert 3 == identical(
        teller, written=written, by_models=frozenset({1}), echoed=frozenset({2, 7})
    )


def test_what_a_machine_wrote_is_named_with_its_machine() -> None:
    """A report says whose text it speaks about."""
    teller = beginning(1)
    row = teller.rows[1]
    author = Author(kind="model", name="qwen2.5vl:3b")
    part = replace(row.decided.prefill, text=Text(caption="..."), author=author)
    teller.rows[1] = replace(row, decided=replace(row.decided, prefill=part))
    assert ["model:qwen2.5vl:3b"] == [one["text_author"] for one in on(teller)["flagged"]]


def test_what_a_record_keeps_is_a_text() -> None:
    """Keywords are one text there."""
    teller = with_texts(SOUND[0])
    publish(teller, 1)
    assert SOUND[0] == prefill_qc.published_text(teller.rows[1])


def counts(**some: int) -> QcReported:
    """Return an event with these counts, the others 0."""
    names = ("rows", "flagged", "suspicious", "identical_captions")
    groups = ("caption_groups", "alt_groups", "keyword_groups", "near_groups")
    zero = dict.fromkeys((*names, *groups), 0)
    return QcReported(rules_version=1, report_digest="0" * 64, **(zero | some))


def test_the_log_says_what_was_found() -> None:
    """One line when all is well; equal captions by a model get one of their own."""
    assert [("INFO", "[QC] No duplicates found, flagged=0 rows=9")] == told(counts(rows=9), "")
    event = counts(
        rows=9, flagged=4, suspicious=2, caption_groups=1, near_groups=2, identical_captions=3
    )
    groups = "caption_groups=1 alt_groups=0 keyword_groups=0 near_groups=2"
    same = "Identical captions for different photos: 3 photos that a model wrote about"
    assert [
        ("WARN", f"[QC] Duplicates found: {groups} flagged=4 rows=9"),
        ("WARN", f"[QC] {same}; the model may be giving one text for all"),
        ("WARN", "[QC] Suspicious rows: 2"),
    ] == told(event, "")
