"""The mirror of the published table: its columns and formats, byte for byte."""

from pathlib import Path

import msgspec

from machine import intents as i
from machine.values import STAGES, Labels
from tests.histories import Teller
from tests.projections.workspaces import settled, workspace

GOLDEN = Path(__file__).parents[1] / "golden" / "photos_info_row.json"


def published() -> Teller:
    """Tell of a row that was published."""
    teller = Teller()
    teller.start_run("run")
    teller.ingest(1, "20260501-1", Labels(category="Harbours", subject="Old harbour & quay"))
    for stage in STAGES:
        teller.start(1, stage)
        teller.finish(1, stage)
    teller.ask(
        1,
        i.EditText(
            caption="The old harbour of Zürich, 5 o’clock.",
            alt_text="Two cranes stand beside a quay.",
            keywords=("harbour", "crane", "quay"),
            by="Ann",
        ),
    )
    teller.ask(1, i.Approve())
    teller.publish(1)
    teller.do_steps(1)
    return teller


def test_a_published_row_looks_as_it_always_did(tmp_path: Path) -> None:
    """26 columns in their order and formats, with the row's id before them."""
    with workspace(tmp_path, published().facts) as place:
        settled(place.models)
        (line,) = place.models.photos_info()
    assert 27 == len(line)
    text = msgspec.json.format(msgspec.json.encode(line), indent=2) + b"\n"
    assert GOLDEN.read_bytes() == text


def test_the_mirror_follows_what_happened_not_what_was_decided(tmp_path: Path) -> None:
    """A decision taken back leaves the record; half a withdrawal that removed it does not."""
    teller = published()
    teller.ask(1, i.EditText(caption="Changed, not published", by="Ann"))
    with workspace(tmp_path / "edited", teller.facts) as place:
        settled(place.models)
        assert ["The old harbour of Zürich, 5 o’clock."] == [
            line["Caption"] for line in place.models.photos_info()
        ]
    teller.ask(1, i.Withdraw(withdrawal="w", claimed_by=teller.run))
    teller.do_steps(1, 1)
    with workspace(tmp_path / "withdrawing", teller.facts) as place:
        settled(place.models)
        assert [] == place.models.photos_info()
