"""Batches to spoil: made once of each size, and copied for each drill."""

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.campaign import Typist, typist
from tests.crash.test_disk_full import mounted
from tests.drill.batch import Batch
from tests.driver.nights import MODEL, SECOND
from tests.servers import ftp, mariadb
from tests.standins.ollama_server import Model, StandIn

Stage = Callable[..., contextlib.AbstractContextManager[Callable[..., Batch]]]


@pytest.fixture(scope="session")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typist]:
    """Types commands, each a process of its own; knows the passwords of the servers."""
    if sys.platform == "win32":
        pytest.skip("needs fork; on Windows nobody has tried this yet")
    passwords = {
        "PHOTOJOURNAL_PUBLISH_FTP_PASSWORD": ftp.PASSWORD,
        "PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD": mariadb.PASSWORD,
    }
    with typist(tmp_path_factory.mktemp("typed"), passwords) as one:
        yield one


@pytest.fixture
def server() -> Iterator[StandIn]:
    """A stand-in for Ollama with two models."""
    with StandIn(models=(Model(name=MODEL), Model(name=SECOND))) as one:
        yield one


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the batches that are copied."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def stage(
    person: Typist,
    server: StandIn,
    templates: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Stage:
    """What gives a place for a drill, in which batches are made of a number of photos."""

    def made(
        folder: Path, count: int, photo: Callable[[], bytes] | None = None, *stages: str
    ) -> Batch:
        """Take photos in, the middle one as given, and do stages."""
        batch = Batch(folder / "w", person, server, count)
        if photo is not None:
            return batch.begin(photo(), *stages)
        template = templates / "-".join([str(count), *stages])
        if not template.exists():
            Batch(template, person, server, count).begin(None, *stages)
        shutil.copytree(template, batch.root)
        batch.set()
        return batch

    @contextlib.contextmanager
    def staged(
        *, small_disk: bool = False, servers: bool = False
    ) -> Iterator[Callable[..., Batch]]:
        with contextlib.ExitStack() as running:
            folder = running.enter_context(mounted(tmp_path / "disk")) if small_disk else tmp_path

            def make(*what: Any) -> Batch:
                batch = made(folder, *what)
                running.enter_context(batch.running)
                if servers:
                    files = running.enter_context(ftp.serving(tmp_path / "ftp"))
                    batch.publish_to(files, request.getfixturevalue("mariadb"))
                return batch

            yield make

    return staged
