"""A workspace that publishes to real servers, and what stands on them."""

import json
from collections.abc import Mapping

from driver import galleries
from driver.remote_check import RemoteVerdict, compare
from driver.workspace import MARKER
from tests.driver.desk import Desk
from tests.servers import ftp, mariadb
from tests.servers.ftp import TroubledServer
from tests.servers.mariadb import MariaDb


class Website:
    """The servers, the workspace that publishes to them, and what stands there."""

    def __init__(self, desk: Desk, files: TroubledServer, maria: MariaDb) -> None:
        self.desk = desk
        self.ftp = files
        self.maria = maria
        self.database = maria.new_database()
        self.use("ftp")

    def use(
        self, gallery: str, *, mysql: Mapping[str, object] | None = None, **ftp_keys: object
    ) -> None:
        """Write the settings of the workspace, those given in place of the usual ones."""
        keys: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.ftp.port,
            "user": ftp.USER,
            "tls": False,
        }
        keys |= {"remote_base": "/www", "timeout_s": 10.0, "in_flight": 1, **ftp_keys}
        table: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.maria.port,
            "user": mariadb.USER,
        }
        table |= {"database": self.database, **(mysql or {})}
        base = "https://example.org/photos"
        sections: dict[str, dict[str, object]] = {
            "publish": {"gallery": gallery, "public_url_base": base},
            "publish.ftp": keys,
            "publish.mysql": table,
        }
        text = "\n".join(
            "\n".join([f"[{name}]", *(f"{key} = {json.dumps(one)}" for key, one in kept.items())])
            for name, kept in sections.items()
        )
        (self.desk.root / MARKER).write_text(text, encoding="utf-8")

    def create_table(self) -> str:
        """Type `doctor --create-table`."""
        with self.desk.program() as program:
            return galleries.create_table(program)

    def rows(self) -> list[tuple[str, str]]:
        """Return File_Name and Caption of what the website shows."""
        lines = self.maria.query(
            f"SELECT File_Name, Caption FROM {self.database}.photos_info_revamp"
        )
        return [(str(name), str(caption)) for name, caption in lines]

    def files(self) -> list[str]:
        """Return the pictures that the website shows."""
        root = self.ftp.root / "www"
        found = [path for path in root.rglob("*") if path.is_file()]
        return sorted(path.relative_to(root).as_posix() for path in found)

    def compared(self) -> RemoteVerdict:
        """Return what `verify --remote` finds."""
        with self.desk.program() as program:
            numbers = self.desk.numbers(program)
            return compare(program.rehearsal("look"), program.objects, program.gallery, numbers)

    def words(self) -> bytes:
        """Return everything that the workspace wrote down."""
        kept = [path for path in self.desk.root.rglob("*") if path.is_file()]
        return b"\n".join(path.read_bytes() for path in kept if path.suffix != ".jpg")
