"""Names by a template: what each field says, what is left out, what no name may contain."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.name_template import FIELDS, PREDECESSORS, NameTemplate, Series, parse
from machine.naming import MAX_LENGTH, name_key, unsafe
from machine.values import Labels, Metadata

CAMERA = Metadata(camera="Canon EOS R5", date_time="2024:05:01 05:10:00")
CRANES = Labels(category="harbour", subject="Tower cranes", location="rotterdam")
DEFAULT = parse(PREDECESSORS)


def name(template: str, labels: Labels = CRANES, metadata: Metadata = CAMERA) -> str:
    return parse(template).series(labels, metadata, "DSC_0042").file_name(1)


@pytest.mark.parametrize(
    ("labels", "metadata", "expected"),
    [
        (CRANES, CAMERA, "Tower_cranes_Rotterdam_Harbour_Photography_Canon_EOS_R5_2024"),
        (
            Labels(category="Cityscape Photography", subject="dawn"),
            CAMERA,
            "dawn_Cityscape_Photography_Canon_EOS_R5_2024",
        ),
        (Labels(subject="Dawn"), Metadata(), "Dawn"),
        (Labels(location="Den Haag"), Metadata(), "Den_Haag"),
        (Labels(), CAMERA, "Canon_EOS_R5_2024"),
        (Labels(), Metadata(), "DSC_0042"),
        (Labels(subject="🌊"), Metadata(date_time="0000:00:00 00:00:00"), "DSC_0042"),
        (Labels(subject="Rock & Roll"), Metadata(date_time="2024"), "Rock_and_Roll"),
        (Labels(subject="F-16 over Zürich"), Metadata(), "F-16_over_Zurich"),
        (Labels(subject="CON"), Metadata(), "CON_"),
        (Labels(subject="../../etc/passwd"), Metadata(), "etc_passwd"),
    ],
)
def test_the_default_is_the_predecessors_and_invents_nothing(
    labels: Labels, metadata: Metadata, expected: str
) -> None:
    """No camera, year or place that nobody knows."""
    assert Series(f"{expected}_") == DEFAULT.series(labels, metadata, "DSC_0042")


def test_a_photo_without_a_single_letter_still_has_a_name() -> None:
    """The original's name may be nothing that a server can keep."""
    assert "Photo_001.JPG" == DEFAULT.series(Labels(), Metadata(), "東京").file_name(1)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{date}_{time}_{subject}_{number}", "20240501_051000_Tower_cranes_001.JPG"),
        ("{year}-{month}-{day}_{number}_{folder}", "2024-05-01_001_Harbour.JPG"),
        ("{original}-{number}", "DSC_0042-001.JPG"),
        ("Anna_{location}_{number}", "Anna_Rotterdam_001.JPG"),
        ("{number}", "001.JPG"),
        ("{number}_{camera}", "001_Canon_EOS_R5.JPG"),
    ],
)
def test_fields_say_what_is_known(template: str, expected: str) -> None:
    """In the order of the template."""
    assert expected == name(template)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{subject}_{location}_{number}", "Dawn_001.JPG"),
        ("{location}_{subject}_{number}", "Dawn_001.JPG"),
        ("{date}-{time}_{subject}_{number}", "Dawn_001.JPG"),
        ("{subject}_{number}_{location}", "Dawn_001.JPG"),
        ("Anna_{location}_{number}", "Anna_001.JPG"),
        ("{location}_{number}", "DSC_0042_001.JPG"),
    ],
)
def test_what_is_not_known_is_left_out_with_its_separator(template: str, expected: str) -> None:
    """Where nothing is left, the original's name stands in."""
    assert expected == name(template, Labels(subject="Dawn"), Metadata())


def test_a_long_subject_gives_way_to_what_is_known_for_sure() -> None:
    """The year and the camera stay."""
    labels = Labels(category="harbour", subject="very " * 60, location="Rotterdam")
    found = DEFAULT.series(labels, CAMERA, "x").file_name(1)
    assert len(found) <= MAX_LENGTH
    assert found.endswith("_Rotterdam_Harbour_Photography_Canon_EOS_R5_2024_001.JPG")


def test_numbers_have_three_digits_and_go_on_after_999() -> None:
    """A series has no end, and knows its own names only."""
    dawn = Series("Dawn_")
    assert "Dawn_001.JPG" == dawn.file_name(1)
    assert "Dawn_1000.JPG" == dawn.file_name(1000)
    assert 10_000 == dawn.number_of("dawn_10000")
    assert dawn.number_of("dawn_over_water_001") is None
    assert dawn.number_of("dawn_01") is None
    assert Series("Dawn_", "_Texel").number_of("dawn_002") is None
    assert 2 == Series("Dawn_", "_Texel").number_of("dawn_002_texel")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{subject}", "`{number}` is missing, which tells the photos of a series apart: there are"),
        ("", "`{number}` is missing"),
        ("{subjekt}_{number}", "`{subjekt}` is no field: there are {subject} {location} {folder}"),
        ("{}_{number}", "`{}` is no field"),
        ("{subject_{number}", "a brace is not one of a pair: there are {subject}"),
        ("{number}}", "a brace is not one of a pair"),
        ("{year}_{year}_{number}", "`{year}` stands there twice"),
        ("{number}/{subject}", "'/' is not safe in a file name"),
        ("{subject} {number}", "' ' is not safe in a file name"),
        ("{subject}.{number}", "'.' is not safe in a file name"),
        ("Zürich_{number}", "'\\xfc' is not safe in a file name"),
        ("x" * 61 + "{number}", "61 characters outside of fields; at most 60 leave room"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused(template: str, words: str) -> None:
    """With the fields there are."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse(template)
    assert words in str(caught.value)


BETWEEN = st.sampled_from(["", "_", "-", "__", "Anna", "-_x"])


@st.composite
def templates(draw: st.DrawFn) -> NameTemplate:
    """Any fields in any order, with anything between them, and the number."""
    fields = draw(st.lists(st.sampled_from([*FIELDS]), unique=True))
    if "number" not in fields:
        fields.insert(draw(st.integers(0, len(fields))), "number")
    return parse("".join(draw(BETWEEN) + f"{{{field}}}" for field in fields) + draw(BETWEEN))


LABELS = st.builds(
    Labels,
    category=st.text(max_size=200),
    subject=st.text(max_size=300),
    location=st.text(max_size=200),
)
DATES = st.sampled_from(["", "2024:05:01", "2024:05:01 05:10:00", "0000:00:00 00:00:00"])


@settings(deadline=None)
@given(
    template=st.one_of(st.just(DEFAULT), templates()),
    labels=LABELS,
    metadata=st.builds(
        Metadata, camera=st.text(max_size=200), date_time=st.one_of(DATES, st.text(max_size=20))
    ),
    original=st.text(max_size=200),
    number=st.integers(1, 99_999),
)
def test_every_name_is_safe_and_made_the_same_again(
    template: NameTemplate, labels: Labels, metadata: Metadata, original: str, number: int
) -> None:
    """At most 150 characters, ASCII, no device of Windows, no path; its number is found again."""
    facts = labels, metadata, original
    series = template.series(*facts)
    found = series.file_name(number)
    assert "" == unsafe(found)
    assert len(found) <= MAX_LENGTH
    assert set(found) <= set(string.ascii_letters + string.digits + "_-.")
    assert number == series.number_of(name_key(found.removesuffix(".JPG")))
    assert series == template.series(*facts)
