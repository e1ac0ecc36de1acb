"""
Every failure domain is provoked for real in a batch of photos; `triage` has to explain it.

It names the row that was hit first, the class of the cause and what to type; and what it says,
typed as it is after a person has mended what is theirs to mend, leads to a batch without a fault.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.crash import workspace as ws
from tests.drill.batch import Batch
from tests.drill.compound import COMPOUNDS, Compound
from tests.drill.conftest import Stage
from tests.drill.domains import DRILLS, Drill

MANY = 30
FEW = 4
SAMPLE = ("ollama dies", "model fails a photo", "name is taken", "killed")
"""The drills that cost least."""
LOOKS = ("history",)
"""What may be named although nothing is left to do: texts that rules mended stay worth a look."""
BEFORE = ("score", "resize")
"""What was done with a small batch on the day before, to save time."""


def check_drill(drill: Drill, batch: Batch) -> None:
    """Provoke, look, mend, type what is named, look again."""
    evening = drill.provoke(batch)
    found = batch.triage()
    said = f"{evening}\n{json.dumps(found, indent=1)}"
    row = drill.row(batch)
    check_told(drill, found, row, said)
    answers = drill.mend(batch)
    typed = batch.follow(found["next_commands"], answers)
    batch.root = batch.root.parent / "again" if drill.domain == 13 else batch.root
    check_clean(batch, "\n".join([said, *map(str, typed)]))


def check_told(drill: Drill, found: dict[str, Any], row: int | None, said: str) -> None:
    """The class, the code, the row and what to type are right."""
    causes = found["causes"]
    assert [drill.name] == [one["class"] for one in causes], said
    assert drill.name == found["cause_class"], said
    assert fnmatchcase(causes[0]["code"], drill.code), said
    assert row == causes[0]["id"], said
    commands = [one.format(row=row) for one in drill.commands]
    assert commands == [one for one in found["next_commands"] if one in commands], said
    assert commands[:1] == found["next_commands"][:1], said


def check_clean(batch: Batch, said: str) -> None:
    """Every row is published, the newest run ended well, nothing waits, the journal verifies."""
    assert dict.fromkeys(range(1, batch.count + 1), "Published") == batch.statuses(), said
    found = batch.triage()
    newest = found["later_runs"]["newest"] if found["later_runs"] else found["runs"][-1]
    left = [one for one in found["next_commands"] if one.split()[1] not in LOOKS]
    assert ("done", []) == (newest["outcome"], left), said
    ws.check_journal(batch.root)
    ws.check_outside(batch.root)


@pytest.mark.parametrize("name", SAMPLE)
def test_what_went_wrong_in_a_small_batch_is_named_and_mended(name: str, stage: Stage) -> None:
    """The drills that cost least."""
    with stage() as made:
        check_drill(DRILLS[name], made(FEW, None, *BEFORE))


@pytest.mark.soak
@pytest.mark.parametrize("name", DRILLS)
def test_what_went_wrong_in_a_batch_of_thirty_is_named_and_mended(name: str, stage: Stage) -> None:
    """All of the domains, from the evening on."""
    drill = DRILLS[name]
    with stage(small_disk=name == "disk fills", servers=drill.servers) as made:
        check_drill(drill, made(MANY, drill.photo))


# --- several things in one night


def check_compound(night: Compound, batch: Batch) -> None:
    """Provoke, look, mend, type what is named, look again."""
    evening = night.provoke(batch)
    found = batch.triage()
    said = f"{evening}\n{json.dumps(found, indent=1)}"
    causes = found["causes"]
    assert list(night.causes) == [(one["class"], one["code"]) for one in causes], said
    wanted = list(dict.fromkeys(name for name, _ in night.causes)) or ["nothing failed"]
    assert wanted == found["cause_classes"], said
    if causes:
        assert night.row(batch) == causes[0]["id"], said
        came = {one["code"] for one in causes[0]["consequences"]}
        assert night.consequences <= came, said
    typed = batch.follow(found["next_commands"], night.mend(batch))
    check_clean(batch, "\n".join([said, *map(str, typed)]))


def test_a_fall_to_the_cpu_is_the_cause_of_deadlines_in_a_small_batch(stage: Stage) -> None:
    """The root comes first, although it was found last."""
    night = COMPOUNDS["the gpu falls, then deadlines pass"]
    with stage() as made:
        check_compound(night, made(FEW, None, *BEFORE))


@pytest.mark.soak
@pytest.mark.parametrize("name", COMPOUNDS)
def test_what_went_wrong_in_one_night_is_named_in_order(name: str, stage: Stage) -> None:
    """Of thirty photos; a good night is called one, and what nobody foresaw has no class."""
    night = COMPOUNDS[name]
    with stage(servers=night.servers) as made:
        check_compound(night, made(MANY))
