"""One day lived through once for all tests of a process, and somebody who types."""

import sys
from collections.abc import Iterator

import pytest

from tests.crash.campaign import Typist, typist
from tests.crash.scenario import Stop, live_through


@pytest.fixture(scope="session")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typist]:
    """Types commands, each a process of its own."""
    if sys.platform == "win32":
        pytest.skip("needs fork; on Windows nobody has tried this yet")
    with typist(tmp_path_factory.mktemp("typed")) as one:
        yield one


@pytest.fixture(scope="session")
def day(person: Typist, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stop]:
    """The steps of the day, with a workspace before each."""
    return live_through(person, tmp_path_factory.mktemp("day"))
