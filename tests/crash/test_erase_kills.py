"""
`erase` is killed at every point that it passes, and typed again.

In between, the queue can be looked at and the journal is whole. Afterwards no file of the workspace
holds a byte of what was erased, and there is one `RowErased`. One point alone:
`CRASH_POINT=erase.redact.after:1 python -m pytest -m soak tests/crash/test_erase_kills.py -k one`.
"""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.adapters.crashing import was_killed
from tests.commands import album
from tests.crash import workspace as ws
from tests.crash.campaign import Typist, say

ERASE = ("erase", "1", "--reason", "asked for by mail", "--yes")
SAMPLE = (
    "gallery.remove_file",
    "objects.remove.after",
    "erase.redact.before",
    "erase.redact.after",
)
"""In the withdrawal, among the objects, right before and right after the texts are gone."""


class Case(NamedTuple):
    """A workspace with a row to erase, what has to go, and the points passed on the way."""

    root: Path
    secrets: set[bytes]
    points: list[str]


@pytest.fixture(scope="module")
def case(person: Typist, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The family's workspace, and a copy of it that was erased without a crash."""
    folder = tmp_path_factory.mktemp("family")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOJOURNAL_ACTOR", "Ada")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        root = album.made(folder / "before", patch)
    secrets = album.secrets(root)
    done, points = person.points(shutil.copytree(root, folder / "counted"), *ERASE)
    assert 0 == done.code, done
    assert {} == album.holding(folder / "counted", secrets)
    return Case(root, secrets, points)


def kill_and_erase(person: Typist, case: Case, point: str, root: Path) -> None:
    """Kill the erasure at a point and type it again."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(case.root, root)
    killed = person.type(root, *ERASE, crash_at=point)
    assert was_killed(killed.code), killed
    looked = person.type(root, "queue", "--json")
    assert 0 == looked.code, looked
    again = person.type(root, *ERASE)
    assert 0 == again.code, again
    ws.check_journal(root)
    held = album.holding(root, case.secrets)
    assert {} == held, held.keys()
    types = [one["type"] for one in ws.events(root)]
    assert [1, 1] == [types.count(one) for one in ("ErasureStarted", "RowErased")]
    assert 0 == person.type(root, "verify").code


def kill_at_each(person: Typist, case: Case, points: list[str], folder: Path) -> None:
    """Go through points; tell all that fail."""
    faults = []
    for point in points:
        try:
            kill_and_erase(person, case, point, folder / "w")
        except AssertionError as error:
            faults.append(f"CRASH_POINT={point}: {error}")
            say(faults[-1])
    assert not faults, f"{len(faults)} of {len(points)} points:\n" + "\n\n".join(faults)


def test_an_erasure_that_was_killed_goes_on_when_it_is_typed_again(
    person: Typist, case: Case, tmp_path: Path
) -> None:
    """The sample."""
    sample = [next(point for point in case.points if point.startswith(name)) for name in SAMPLE]
    kill_at_each(person, case, sample, tmp_path)


@pytest.mark.soak
def test_killed_at_every_point_nothing_is_left_in_the_end(
    person: Typist, case: Case, tmp_path: Path
) -> None:
    """All points, each pass of them."""
    say(f"erase: {len(case.points)} points")
    kill_at_each(person, case, case.points, tmp_path)


@pytest.mark.soak
def test_one_point(person: Typist, case: Case, tmp_path: Path) -> None:
    """The one that CRASH_POINT names."""
    point = os.environ.get("CRASH_POINT", "")
    if not point:
        pytest.skip("CRASH_POINT names none")
    kill_and_erase(person, case, point, tmp_path / "w")
