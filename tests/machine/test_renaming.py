"""Names of rows: until when they may change, and to what."""

import pytest

from machine import intents as i
from tests.machine.rows import Told


def test_a_name_may_change_before_the_first_publication_only() -> None:
    """Visitors have links; a withdrawal does not give the name back."""
    told = Told().approved()
    told.ask(i.Rename(file_name="Cranes_002.JPG"))
    pins = told.row.decided.decision.pins
    assert pins
    assert "Cranes_002.JPG" == pins.name == told.row.happened.file_name
    assert ("Cranes_001.JPG",) == told.row.happened.former_names
    assert told.refused(i.Rename(file_name="Cranes_002.JPG")).nothing
    told.publish()
    assert "publication is open" in str(told.refused(i.Rename(file_name="Cranes_003.JPG")))
    told.finish()
    assert "its name stays" in str(told.refused(i.Rename(file_name="Cranes_003.JPG")))
    told.withdraw()
    told.finish()
    assert "its name stays" in str(told.refused(i.Rename(file_name="Cranes_003.JPG")))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".JPG",
        "CON.JPG",
        "lpt1.JPG",
        "../up.JPG",
        "a/b.JPG",
        "a\\b.JPG",
        'quo"te.JPG',
        "new\nline.JPG",
        "-rf.JPG",
        "Zürich.JPG",
        "🌊.JPG",
        "a.png",
        "a.b.JPG",
        "trailing .JPG",
        "x" * 147 + ".JPG",
        "nul\0.JPG",
        "a:b.JPG",
    ],
)
def test_an_unsafe_name_is_refused_with_one_that_is_safe(name: str) -> None:
    """FTP servers, URLs and Windows have to be able to keep it."""
    refusal = Told().refused(i.Rename(file_name=name))
    assert refusal.hint.startswith("photojournal rename 7 ")
    assert refusal.hint.isascii()


def test_the_safe_name_is_made_of_the_unsafe_one() -> None:
    """Or left to the person where nothing of it can be kept."""
    told = Told()
    assert told.refused(i.Rename(file_name="Zürich 1.JPG")).hint.endswith(" Zurich_1")
    assert told.refused(i.Rename(file_name="🌊")).hint.endswith(" NAME")
