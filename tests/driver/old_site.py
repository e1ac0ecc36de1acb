"""
What the predecessor left behind: a website, a queue and a list of used names, as it made them.

The website is put up through the gallery's own methods by nobody (`workspace=""`), so that it can
stand in any gallery.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from adapters.ports import Gallery, Mark
from machine.values import Record, Step

BASE = "https://example.org/photos"
SERIES = "Harbour_at_dusk_Rotterdam"
MARK = Mark(position=1, hash="0" * 64)

QUEUE_COLUMNS = (
    "Folder File_Name Path ollama_path Thumb_Path DateTime Camera Lens_model Width Height Exposure"
    " Aperture ISO Focal_length Keywords Caption alt_text Location Subject nima_score blur_score"
    " brightness_score contrast_score QR QC_Status Review_Status Original_File_Name brisque_score"
    " clip_aesthetic_score identifier_route identifier_category identifier_subject"
    " identifier_confidence identifier_raw_json subject_seed subject_seed_mode"
    " subject_seed_confidence subject_seed_reason ai_suggested_subject final_subject"
    " batch_set_index batch_set_total series_key series_cluster_index series_position series_count"
    " series_similarity_score series_reason visual_hash visual_variant metadata_version"
)
"""Beside `id`: 52 in all."""
SCORES = {
    "nima_score": 5.1,
    "blur_score": 6.2,
    "brightness_score": 7.3,
    "contrast_score": 8.4,
    "brisque_score": 21.5,
    "clip_aesthetic_score": 5.6,
}
TEXT = {
    "Caption": "Two old tugboats lie side by side at the quay in the last light.",
    "alt_text": "Two tugboats at a quay in the evening, their lamps already lit",
    "Keywords": "tugboat, quay, evening, harbour, lamps, water",
}


def record(number: int, **changes: Any) -> Record:
    """Return a published row as the predecessor wrote it."""
    name = f"{SERIES}_{number:03d}.JPG"
    fields: dict[str, Any] = {
        "folder": "Travel",
        "file_name": name,
        "path": f"{BASE}/2019/travel/{name}",
        "thumb_path": f"{BASE}/2019/thumbs/travel/{name}",
        "date_time": "2019:05:01 20:15:00",
        "camera": "Canon EOS R5",
        "lens_model": None,
        "width": 8192,
        "height": 5464,
        "exposure": "1/250 sec",
        "aperture": "f/2.8",
        "iso": 200,
        "focal_length": "35 mm",
        "keywords": f"harbour, evening, crane {number}",
        "caption": f"Crane number {number} stands above the water of the old harbour.",
        "alt_text": f"A crane with the number {number} in front of an evening sky",
        "location": "Rotterdam",
        "subject": "Harbour at dusk",
        "nima_score": 5.0,
        "blur_score": 6.0,
        "brightness_score": 7.0,
        "contrast_score": 8.0,
        "brisque_score": 20.0,
        "clip_aesthetic_score": 5.5,
        "qr": 6.1,
        "qc_status": "Average",
    }
    return Record(**(fields | changes))


def put_up(gallery: Gallery, records: Iterable[Record]) -> None:
    """Publish rows, each with picture and thumb; `gallery` is opened for nobody."""
    for one in records:
        for place in ("2019/travel", "2019/thumbs/travel"):
            data = f"{place} {one.file_name}".encode()
            step = Step(
                action="put_file",
                target=f"{place}/{one.file_name}",
                sha256=hashlib.sha256(data).hexdigest(),
                size_bytes=len(data),
            )
            assert "done" == gallery.put_file(step, data).outcome
        step = Step(action="put_record", target=one.file_name, record=one)
        assert "done" == gallery.put_record(step, row=0, mark=MARK).outcome


def write_queue(path: Path, *rows: dict[str, Any], decisions: dict[str, str] | None = None) -> Path:
    """Write a `review.db` with these rows; what a row does not say is NULL."""
    with closing(sqlite3.connect(path)) as db, db:
        columns = ", ".join(f'"{name}"' for name in QUEUE_COLUMNS.split())
        db.execute(f"CREATE TABLE review_queue (id INTEGER PRIMARY KEY, {columns})")
        db.execute("CREATE TABLE metadata_quality (revamp_File_Name TEXT, manual_decision TEXT)")
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO review_queue ({names}) VALUES ({marks})", [*row.values()])
        db.executemany("INSERT INTO metadata_quality VALUES (?, ?)", [*(decisions or {}).items()])
    return path


def queued(number: int, path: Path | str, **changes: Any) -> dict[str, Any]:
    """Return a row of the old queue that waits for a review."""
    return {
        "id": number,
        "Folder": "Travel",
        "File_Name": f"{SERIES}_{number:03d}.JPG",
        "Path": str(path),
        "Location": "Rotterdam",
        "Subject": "Harbour at dusk",
        "Review_Status": "Pending",
        "QC_Status": "Average",
        "QR": 6.1,
        "Original_File_Name": Path(path).name,
        **TEXT,
        **SCORES,
        **changes,
    }


def write_names(path: Path, names: Iterable[str]) -> Path:
    """Write a `used_filenames.json`."""
    path.write_text(json.dumps(sorted(names)), encoding="utf-8")
    return path


def everything(gallery: Gallery) -> dict[str, str]:
    """Return a digest of each picture and of each row that a gallery has."""
    found = {f"row {one.key}": one.digest for one in gallery.records()}
    pictures = (target for target, _ in gallery.files() if target.endswith(".JPG"))
    return found | {target: gallery.look(target) or "" for target in pictures}
