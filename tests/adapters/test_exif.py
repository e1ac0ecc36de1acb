"""What the camera wrote comes out in the published formats; nothing is invented."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL.TiffImagePlugin import IFDRational

from adapters.displayed import (
    as_date_time,
    as_degrees,
    camera_name,
    exposure_text,
)
from adapters.errors import AdapterError
from adapters.exif import read_metadata
from machine.values import EmbeddedText, Metadata
from tests.adapters.photos import encoded, golden, real, recorded, scene, with_exif

GOLDEN: dict[str, Any] = golden("metadata.json")
ORIGINAL = 0x9003


@pytest.mark.parametrize("name", GOLDEN)
def test_real_photos_say_what_they_always_said(name: str) -> None:
    """Facts and embedded text of real cameras, byte for byte."""
    known = GOLDEN[name]
    metadata, embedded, _ = read_metadata(recorded(name, known["sha256"]))
    assert msgspec.convert(known["metadata"], Metadata) == metadata
    told = replace(embedded, evidence="", boilerplate=())
    assert msgspec.convert(known["embedded"], EmbeddedText) == told


def test_place_and_serials_are_kept_apart() -> None:
    """What may have to be forgotten is in none of the other structs."""
    metadata, embedded, private = read_metadata(real("DSCN0010.jpg"))
    assert private is not None
    assert (private.latitude_deg, private.longitude_deg) == pytest.approx((43.46745, 11.88513))
    public = msgspec.json.encode((metadata, embedded)).decode()
    assert "43.4" not in public
    assert "11.8" not in public


def test_serial_numbers_and_owner_are_private() -> None:
    """Body and lens serial number and the owner's name count as private."""
    photo = with_exif({}, {0xA430: "Ann Owner", 0xA431: "SN-12345", 0xA435: "LN-6789"})
    metadata, embedded, private = read_metadata(photo)
    assert private is not None
    assert (private.owner, private.camera_serial, private.lens_serial) == (
        "Ann Owner",
        "SN-12345",
        "LN-6789",
    )
    public = msgspec.json.encode((metadata, embedded)).decode()
    assert not any(secret in public for secret in ("Ann", "12345", "6789"))


def test_a_photo_without_private_facts_has_none() -> None:
    """No event is written for nothing."""
    assert read_metadata(encoded(scene()))[2] is None


def test_size_is_as_displayed() -> None:
    """A photo taken upright is taller than wide, however the sensor lay."""
    metadata, _, _ = read_metadata(with_exif({0x0112: 6}))
    assert (metadata.width_px, metadata.height_px, metadata.orientation) == (48, 64, 6)


def test_nothing_known_is_nothing_said() -> None:
    """No camera is made up, no year of today, no placeholder."""
    metadata, embedded, _ = read_metadata(encoded(scene(), "PNG"))
    assert metadata == Metadata(width_px=320, height_px=240, media_type="image/png")
    assert embedded == EmbeddedText()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.004, "1/250 sec"),
        (1 / 3, "1/3 sec"),
        (0.3, "0.3 sec"),
        (0.4, "0.4 sec"),
        (0.5, "1/2 sec"),
        (0.000541, "1/1848 sec"),
        (1, "1 sec"),
        (2.5, "2.5 sec"),
        (30.0, "30 sec"),
        (None, ""),
        (0, ""),
    ],
)
def test_exposure_reads_as_on_the_camera(seconds: float | None, text: str) -> None:
    """Fractions below a second where they fit, decimals else."""
    assert text == exposure_text(seconds)


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 40D", "Canon EOS 40D"),
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("OLYMPUS IMAGING CORP.", "E-M1", "OLYMPUS E-M1"),
        ("OLYMPUS OPTICAL CO.,LTD", "C2020Z", "OLYMPUS C2020Z"),
        ("HMD Global", "Nokia 8.3 5G", "HMD Global Nokia 8.3 5G"),
        ("", "X100", "X100"),
        ("Leica Camera AG", "", "Leica Camera AG"),
        ("", "", ""),
    ],
)
def test_the_maker_is_named_once(make: str, model: str, name: str) -> None:
    """Maker and model make one name, without the company's legal form."""
    assert name == camera_name(make, model)


@pytest.mark.parametrize(
    ("written", "date_time"),
    [
        ("2008:05:30 15:56:01", "2008:05:30 15:56:01"),
        ("2008-05-30T15:56:01+02:00", "2008:05:30 15:56:01"),
        ("0000:00:00 00:00:00", ""),
        ("2008:13:01 00:00:00", ""),
        ("    :  :     :  :  ", ""),
        ("2012-06-29T09:29", ""),
        ("yesterday", ""),
    ],
)
def test_only_real_dates_are_dates(written: str, date_time: str) -> None:
    """Camera clocks that were never set give no date."""
    assert date_time == as_date_time(written)


def test_a_date_that_is_no_date_leaves_a_note() -> None:
    """What is there but cannot be read is told."""
    metadata, _, _ = read_metadata(with_exif({}, {ORIGINAL: "2008:99:30 15:56:01"}))
    assert metadata.date_time == ""
    assert any("no date" in note for note in metadata.notes)


def test_the_last_change_stands_in_only_for_a_camera_and_with_a_note() -> None:
    """A graphic that was saved in 2012 was not taken in 2012."""
    graphic, _, _ = read_metadata(with_exif({0x0132: "2012:01:02 03:04:05"}))
    assert graphic.date_time == ""
    photo, _, _ = read_metadata(
        with_exif({0x010F: "Canon", 0x0110: "Canon EOS 40D", 0x0132: "2012:01:02 03:04:05"})
    )
    assert photo.date_time == "2012:01:02 03:04:05"
    assert photo.notes == ("the date is that of the file's last change",)


def test_zero_and_senseless_values_are_unknown() -> None:
    """Manual lenses write aperture 0 and 0 mm; 1/0 is no time."""
    metadata, _, _ = read_metadata(with_exif({}, {0x829D: 0.0, 0x920A: 0.0, 0x829A: 0.0}))
    assert (metadata.aperture, metadata.focal_length, metadata.exposure) == ("", "", "")


def test_a_time_of_a_trillionth_of_a_second_is_no_time() -> None:
    """Damaged numbers may be finite and still be nonsense: unknown, with a note."""
    metadata, _, _ = read_metadata(with_exif({}, {0x829A: IFDRational(1, 4_000_000_000)}))
    assert metadata.exposure == ""
    assert metadata.notes == ("ExposureTime has no value that makes sense",)


def test_degrees_need_all_their_parts() -> None:
    """South and west are negative; what is out of range is no place."""
    assert as_degrees((52, 30, Fraction(36, 10)), "N", 90) == pytest.approx(52.501)
    assert as_degrees((52, 30, 0), "S", 90) == -52.5
    assert as_degrees((91, 0, 0), "N", 90) is None
    assert as_degrees((52, float("nan"), 0), "N", 90) is None
    assert as_degrees(None, "N", 90) is None


def test_a_damaged_exif_block_never_fails_the_photo() -> None:
    """Cut, scrambled or endless: width and height are known, the trouble is noted."""
    garbage = encoded(scene(64, 48), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f" + bytes(40))
    metadata, _, _ = read_metadata(garbage)
    assert (metadata.width_px, metadata.height_px) == (64, 48)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_exif_bytes_fail_the_photo(data: st.DataObject) -> None:
    """Real EXIF with bytes changed at random: reading ends with facts and notes."""
    photo = bytearray(
        with_exif(
            {0x010F: "Canon", 0x010E: "A caption by hand", 0x8298: "© Ann"},
            {ORIGINAL: "2008:05:30 15:56:01", 0x829A: 0.004, 0x829D: 2.8, 0x8827: 100},
        )
    )
    start = photo.index(b"Exif")
    end = start + int.from_bytes(photo[start - 2 : start], "big") - 3
    for _ in range(data.draw(st.integers(1, 10))):
        photo[data.draw(st.integers(start, end))] = data.draw(st.integers(0, 255))
    metadata, embedded, _ = read_metadata(bytes(photo))
    assert msgspec.convert(msgspec.to_builtins(metadata), Metadata) == metadata
    assert msgspec.convert(msgspec.to_builtins(embedded), EmbeddedText) == embedded


def test_what_is_no_photo_has_no_metadata() -> None:
    """An error with its reason, not an empty answer."""
    with pytest.raises(AdapterError) as caught:
        read_metadata(b"# a readme")
    assert caught.value.code == "NotAPhoto"


def test_a_useless_colour_profile_is_noted() -> None:
    """The colours are taken for sRGB, and somebody can read that."""
    metadata, _, _ = read_metadata(encoded(scene(64, 48), icc_profile=b"no profile at all"))
    assert any("colour profile" in note for note in metadata.notes)
