"""A row's line: what people read in `review_queue`, and the names that find a row."""

from pathlib import Path

import pytest

from machine import intents as i
from machine.values import STAGES, Labels
from projections.review_queue import QUEUE
from tests.histories import Teller
from tests.made_up import scores
from tests.projections.workspaces import settled, workspace

LABELS = Labels(category="Harbours", subject="Old harbour", location="Rotterdam")
FILE_NAME = "Old_harbour_Rotterdam_Harbours_Photography_Canon_EOS_R5_2008_001.JPG"


@pytest.fixture
def teller() -> Teller:
    """A teller with one row taken in."""
    found = Teller()
    found.start_run("run")
    found.ingest(1, "20260501-1", LABELS, "Ünï 1.JPG")
    return found


def shown(teller: Teller, folder: Path) -> dict[str, object]:
    """Return the line of row 1."""
    with workspace(folder, teller.facts) as place:
        settled(place.models)
        line = place.models.line(1)
        assert line is not None
        return line


def test_the_columns_are_those_that_people_query(teller: Teller, tmp_path: Path) -> None:
    """Names and order are fixed: queries and scripts rely on them."""
    expected = (
        "id Folder File_Name Path Thumb_Path DateTime Camera Lens_model Width Height Exposure"
        " Aperture ISO Focal_length Keywords Caption alt_text Location Subject nima_score"
        " blur_score brightness_score contrast_score brisque_score clip_aesthetic_score QR"
        " QC_Status Review_Status Original_File_Name prefill_status score_status resize_status"
        " quality_tier failure attempts next_action findings text_author score_profile"
        " metrics_missing decision due sha256 set_id run_id last_position updated_at"
        " metrics_missing_why clip_embedding clip_weights perceptual_hash rated_by grounded"
    )
    assert expected.split() == list(QUEUE.names) == list(shown(teller, tmp_path))


def test_a_row_that_has_just_come_in(teller: Teller, tmp_path: Path) -> None:
    """Everything is due, the metadata is there, nothing is published."""
    line = shown(teller, tmp_path)
    assert {
        "id": 1,
        "Folder": "Harbours",
        "File_Name": FILE_NAME,
        "Path": "",
        "Exposure": "1/250 sec",
        "ISO": 200,
        "Caption": "",
        "QR": None,
        "QC_Status": "NA",
        "quality_tier": "NA",
        "metrics_missing": "",
        "Review_Status": "Queued",
        "Original_File_Name": "Ünï 1.JPG",
        "attempts": "",
        "due": "prefill, score, resize",
        "next_action": "photojournal prefill 1",
        "set_id": "20260501-1",
        "run_id": teller.run,
    }.items() <= line.items()


def test_a_row_that_waits_for_a_person(teller: Teller, tmp_path: Path) -> None:
    """Texts, scores with four decimals, a tier that says that it is provisional."""
    for stage in STAGES:
        teller.start(1, stage)
        teller.finish(1, stage)
    line = shown(teller, tmp_path)
    assert {
        "Keywords": "morning, clouds, people, no 1",
        "text_author": "model:qwen2.5vl:3b",
        "Review_Status": "Pending",
        "score_profile": "embedded",
        "metrics_missing": "clip_aesthetic_score, nima_score",
        "brisque_score": round(scores(2)[0].value, 4),
        "attempts": "prefill 1, score 1, resize 1",
        "due": "",
        "next_action": "photojournal approve 1",
    }.items() <= line.items()
    assert f"{line['QC_Status']} (provisional)" == line["quality_tier"]


def test_what_is_wrong_stands_in_the_line(teller: Teller, tmp_path: Path) -> None:
    """The code is the QC_Status, the tier stays beside it, and the way out is named."""
    teller.start(1, "score")
    teller.finish(1, "score")
    teller.start(1, "resize")
    teller.fail(1, "resize", "ResizeUnreadable", "truncated after 512 bytes")
    teller.start(1, "prefill")
    teller.fail(1, "prefill", "PrefillTimeout", "idle timeout")
    line = shown(teller, tmp_path)
    assert {
        "QC_Status": "PrefillTimeout",
        "failure": "PrefillTimeout: idle timeout",
        "Review_Status": "Quarantined",
        "resize_status": "quarantined",
        "prefill_status": "failed",
        "due": "prefill",
        "next_action": "photojournal replace 1 FILE",
    }.items() <= line.items()
    assert str(line["quality_tier"]).endswith(" (provisional)")


def test_public_addresses_appear_with_the_publication(teller: Teller, tmp_path: Path) -> None:
    """Path and Thumb_Path are those of the published record, and go when it goes."""
    for stage in STAGES:
        teller.start(1, stage)
        teller.finish(1, stage)
    teller.ask(1, i.Approve())
    approved = shown(teller, tmp_path / "approved")
    teller.publish(1)
    teller.do_steps(1)
    published = shown(teller, tmp_path / "published")
    teller.ask(1, i.Withdraw(withdrawal="w", claimed_by=teller.run))
    teller.do_steps(1)
    withdrawn = shown(teller, tmp_path / "withdrawn")
    assert ("", "publish", "Approved") == tuple(
        approved[name] for name in ("Path", "due", "Review_Status")
    )
    assert f"https://photos.example/2008/Harbours/{FILE_NAME}" == published["Path"]
    assert f"https://photos.example/2008/thumbs/Harbours/{FILE_NAME}" == published["Thumb_Path"]
    assert ("", "", "Withdrawn", "") == tuple(
        withdrawn[name] for name in ("Path", "Thumb_Path", "Review_Status", "next_action")
    )


def test_a_rejected_row_has_nothing_due(teller: Teller, tmp_path: Path) -> None:
    """No stage is taken up and nothing is to be typed."""
    teller.ask(1, i.Reject(reason="soft"))
    line = shown(teller, tmp_path)
    assert ("", "", "Rejected", "rejected") == tuple(
        line[name] for name in ("due", "next_action", "Review_Status", "decision")
    )


def test_every_name_finds_its_row(teller: Teller, tmp_path: Path) -> None:
    """Of today, former or the original's; any case and Unicode form, with extension or without."""
    teller.ask(1, i.Rename(file_name="Second_001.JPG"))
    teller.ask(1, i.Rename(file_name="Third_001.JPG"))
    teller.ingest(2, "20260501-1", LABELS, "Second_001.JPG")
    with workspace(tmp_path, teller.facts) as place:
        settled(place.models)
        found = {
            name: [(each.row, each.kind) for each in place.models.find(name)]
            for name in (
                "Third_001.JPG",
                "third_001",
                "Second_001.jpg",
                FILE_NAME,
                "U\u0308ni\u0308 1.jpg",
                "ÜNÏ 1",
                "Third_00",
                "nothing",
            )
        }
    assert {
        "Third_001.JPG": [(1, "current")],
        "third_001": [(1, "current")],
        "Second_001.jpg": [(1, "former"), (2, "original")],
        FILE_NAME: [(1, "former")],
        "U\u0308ni\u0308 1.jpg": [(1, "original")],
        "ÜNÏ 1": [(1, "original")],
        "Third_00": [],
        "nothing": [],
    } == found


def test_a_set_counts_its_rows_by_status(teller: Teller, tmp_path: Path) -> None:
    """The list of sets says how far each of them is."""
    from machine.run_events import FileSkipped, SetCreated
    from machine.values import Source

    teller.ingest(2, "20260501-1", LABELS)
    teller.ask(2, i.Reject())
    teller.put(
        "set/20260501-1",
        SetCreated(set_id="20260501-1", labels=LABELS, paths=("photos/süd",)),
        FileSkipped(source=Source(root="home", path="x.jpg"), sha256="0", row=1),
    )
    with workspace(tmp_path, teller.facts) as place:
        settled(place.models)
        (found,) = place.models.sets()
    assert {"Queued": 1, "Rejected": 1} == found["by_status"]
    assert (2, 0, 1, '["photos/süd"]', "Rotterdam") == tuple(
        found[name] for name in ("rows", "refused", "skipped", "paths", "Location")
    )
