"""The published record: 26 columns, in the names, order and formats of the site's table."""

import msgspec

from machine import intents as i
from machine.record import record_of
from machine.row import Row
from machine.values import Metadata, Record, Text
from tests.machine.rows import TEXT, Told, photo

METADATA = Metadata(
    date_time="2024:05:01 05:10:00",
    camera="Canon EOS R5",
    lens_model="RF24-105mm F4 L IS USM",
    width_px=8192,
    height_px=5464,
    exposure="1/250 sec",
    aperture="f/8",
    iso=100,
    focal_length="35 mm",
)


def test_a_record_says_what_was_approved_in_the_sites_own_words() -> None:
    """One golden row."""
    told = Told()
    told.row = Row()
    told.ask(msgspec.structs.replace(photo(), metadata=METADATA))
    told.done()
    told.ask(i.Approve())
    record = record_of(told.row, "https://x/a%20b.JPG", "https://x/t/a%20b.JPG")
    expected = {
        "Folder": "Harbour",
        "File_Name": "Cranes_001.JPG",
        "Path": "https://x/a%20b.JPG",
        "Thumb_Path": "https://x/t/a%20b.JPG",
        "DateTime": "2024:05:01 05:10:00",
        "Camera": "Canon EOS R5",
        "Lens_model": "RF24-105mm F4 L IS USM",
        "Width": 8192,
        "Height": 5464,
        "Exposure": "1/250 sec",
        "Aperture": "f/8",
        "ISO": 100,
        "Focal_length": "35 mm",
        "Keywords": "a, b, c",
        "Caption": "Cranes over the water",
        "alt_text": "Four cranes at dawn",
        "Location": "Rotterdam",
        "Subject": "Cranes",
        "nima_score": None,
        "blur_score": 8.0,
        "brightness_score": 7.0,
        "contrast_score": 6.0,
        "brisque_score": 20.0,
        "clip_aesthetic_score": None,
        # (.17*8 + .17*7 + .13*6 + .10*8) / .57 = 4.13 / .57
        "QR": 7.25,
        "QC_Status": "Good",
    }
    assert expected == msgspec.to_builtins(record)
    assert list(expected) == list(Record.__struct_encode_fields__)
    assert 26 == len(expected)


def test_a_record_leaves_unknown_what_nobody_knows() -> None:
    """No camera, no size, no rating is invented."""
    told = Told(needed=("prefill", "resize")).done("prefill", "resize")
    told.ask(i.Approve())
    record = record_of(told.row, "p", "t")
    unknown = (record.lens_model, record.width, record.exposure, record.iso, record.blur_score)
    assert (None, None, None, None, None) == unknown
    assert (None, "NA") == (record.qr, record.qc_status)


def test_a_record_uses_the_approved_text_whatever_the_row_says_now() -> None:
    """Text that no person saw never goes out."""
    told = Told().approved()
    told.roll_back(2, "prefill")
    assert Text() == told.row.decided.prefill.text
    assert TEXT.caption == record_of(told.row, "p", "t").caption
