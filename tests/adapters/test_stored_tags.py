"""Tags are kept as stored, in bounds; what is private is in none but the private ones."""

import msgspec

from adapters.exif import read_facts
from adapters.stored_tags import TAGS_MAX, VALUE_MAX
from adapters.tasks import PhotoFacts
from tests.adapters.packets import caption, keywords, packet
from tests.adapters.photos import encoded, real, scene, with_exif
from tests.adapters.test_evidence import with_iptc

PLAIN = encoded(scene(64, 48))


def tags_of(facts: PhotoFacts) -> dict[str, str]:
    return {f"{one.group} {one.name}": one.value for one in facts.tags}


def private_of(facts: PhotoFacts) -> dict[str, str]:
    hidden = facts.private.tags if facts.private else ()
    return {f"{one.group} {one.name}": one.value for one in hidden}


def test_a_cameras_tags_are_kept_as_it_stored_them() -> None:
    """Rationals with their denominators, dates and numbers untouched; no maker note."""
    tags = tags_of(read_facts(real("DSCN0010.jpg")))
    assert ("4/300", "59/10", "64") == (
        tags["EXIF ExposureTime"],
        tags["EXIF FNumber"],
        tags["EXIF ISOSpeedRatings"],
    )
    assert "2008:10:22 16:28:39" == tags["EXIF DateTimeOriginal"]
    assert "EXIF MakerNote" not in tags


def test_place_serials_owner_and_people_are_private() -> None:
    """From EXIF, IPTC and XMP alike; nothing of them stands in what is not redacted."""
    exif = with_exif({0x013C: "Anns Mac"}, {0xA430: "Ann Owner", 0xA431: "SN-12345"})
    beside = packet(
        keywords("shot with SN-12345", "pier"),
        exif_GPSLatitude="54,53.5N",
        exif_GPSLongitude="10,24.5E",
        aux_SerialNumber="SN-12345",
        photoshop_City="Marstal",
        aux_OwnerName="Ann Owner",
    )
    facts = read_facts(exif, beside)
    public = msgspec.json.encode(facts.tags).decode() + msgspec.json.encode(facts.metadata).decode()
    for secret in ("12345", "Ann Owner", "Anns Mac", "54,53", "Marstal"):
        assert secret not in public
        assert secret in str(private_of(facts))
    assert "pier" == tags_of(facts)["sidecar dc:subject"]
    in_iptc = read_facts(with_iptc({90: b"Marstal", 120: b"A pier"}))
    assert ({"IPTC City": "Marstal"}, {"IPTC Caption": "A pier"}) == (
        private_of(in_iptc),
        {key: value for key, value in tags_of(in_iptc).items() if key.startswith("IPTC")},
    )


def test_where_a_drone_flew_and_every_name_of_a_place_is_private() -> None:
    """Whatever the vendor calls it; words that merely look like it stay public."""
    hidden = {
        "drone-dji:LRFTargetLat": "54.891",
        "drone-dji:AbsoluteAltitude": "+31.70",
        "drone-dji:FlightYawDegree": "+12.1",
        "dc:coverage": "Marstal",
        "Iptc4xmpCore:Location": "The old pier",
        "Iptc4xmpCore:CountryCode": "DNK",
        "Iptc4xmpExt:LocationShown": "Marstal pier",
        "photoshop:State": "Funen",
        "photoshop:Country": "Denmark",
    }
    open_to_all = {"Iptc4xmpCore:AltTextAccessibility": "A pier", "photoshop:ColorMode": "3"}
    told = {key.replace(":", "_", 1): value for key, value in (hidden | open_to_all).items()}
    facts = read_facts(PLAIN, packet(**told))
    assert {f"sidecar {key}" for key in hidden} == private_of(facts).keys()
    assert {f"sidecar {key}" for key in open_to_all} <= tags_of(facts).keys()


def test_all_gps_of_a_real_photo_is_private() -> None:
    """Also time and map datum."""
    facts = read_facts(real("DSCN0010.jpg"))
    assert not any(key.startswith("GPS") for key in tags_of(facts))
    assert {"GPS GPSLatitude", "GPS GPSDateStamp"} <= private_of(facts).keys()


def test_what_is_kept_is_bounded() -> None:
    """Long texts are cut, binary is left out, many tags are counted and told."""
    long = read_facts(PLAIN, packet(caption("long " * 900)))
    assert VALUE_MAX == len(tags_of(long)["sidecar dc:description"])
    many = read_facts(PLAIN, packet(keywords(*(f"word {n}" for n in range(900)))))
    assert TAGS_MAX == len(many.tags)
    assert any("more tags than are kept" in note for note in many.metadata.notes)
    binary = tags_of(read_facts(with_exif({}, {0x927C: bytes(range(256)) * 9, 0xA301: b"\x01"})))
    assert not binary.keys() & {"EXIF MakerNote", "EXIF SceneType"}


def test_settings_of_raw_developers_are_left_out() -> None:
    """A sidecar of a RAW file holds hundreds of them."""
    tags = tags_of(read_facts(PLAIN, packet(crs_Exposure2012="+0.50", xmp_Rating=3)))
    assert {"sidecar xmp:Rating": "3"} == {k: v for k, v in tags.items() if "sidecar" in k}
