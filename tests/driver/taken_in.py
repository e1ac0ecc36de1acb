"""Photos on a desk, with the texts of their photographer, ready to be published."""

from pathlib import Path

from driver.decisions import ask_each
from machine.intents import Approve, EditText
from machine.row import Row
from machine.values import Labels
from tests.driver.desk import HARBOUR, Desk
from tests.driver.expected_site import WentIn
from tests.driver.painted import SIZE, paint

KEYWORDS = ("harbour", "crane", "quay", "dusk", "water", "tug")
SERIES = "Harbour_at_dusk_Rotterdam_Travel_Photography_Canon_EOS_R5_2008"


def photographed(number: int) -> WentIn:
    """Return what is known of a photo and what its photographer writes, signs of all kinds."""
    return WentIn(
        name=f"{SERIES}_{number:03d}.JPG",
        taken=f"2008:05:02 10:{number // 60:02d}:{number % 60:02d}",
        size=SIZE,
        caption=f"Crane {number} at the “old” quay, Zürich's 5 o’clock ferry; 50 % more ⚓",
        alt_text=f"Two cranes & a tug beside quay {number} \\ as seen from C:\\boat",
        keywords=KEYWORDS,
    )


def take_in(
    desk: Desk, went_in: list[WentIn], labels: Labels = HARBOUR, *, first: int = 1
) -> list[Path]:
    """
    Bring photos to the point where they can be published; return their files.

    Args:
        desk: whose they are.
        went_in: what is known of them.
        labels: what they have in common.
        first: the seed of the first one; the others follow.
    """
    photos = [
        paint(desk.inbox / f"{n:03d}.jpg", n, one.taken, one.size)
        for n, one in enumerate(went_in, first)
    ]
    rows = desk.ingest(*photos, labels=labels).rows()
    desk.work(rows=rows)

    def texts(row: Row) -> list[EditText | Approve]:
        one = went_in[rows.index(row.happened.row)]
        text = EditText(
            caption=one.caption, alt_text=one.alt_text, keywords=one.keywords, by="anna"
        )
        return [text, Approve()]

    with desk.program("edit", effects=False) as program:
        answers = ask_each(program.shell, rows, texts)
    assert {"done"} == {one.outcome for one in answers}, answers
    return photos
