"""
What every test shares.

`make test` draws the same examples every time: a red run means that the code changed, not the dice.
`make soak` (SOAK=1) draws new ones and prints how to draw them again.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.servers.mariadb import MariaDb, running

settings.register_profile("same", derandomize=True)
settings.register_profile("new", print_blob=True)
settings.load_profile("new" if os.environ.get("SOAK") else "same")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A real MariaDB server, empty; whoever kills it or gives it options brings it back."""
    with running() as server:
        yield server
