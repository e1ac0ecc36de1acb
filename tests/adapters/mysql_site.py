"""A published table on a real server, as the contract and the tests of its faults see it."""

from collections.abc import Iterator

from adapters.judging import COLUMNS
from adapters.mysql_server import MysqlServer
from adapters.mysql_table import MysqlTable
from adapters.ports import Mark, PublishedRecord
from machine.values import Step, StepReport
from tests.servers.mariadb import PASSWORD, USER, MariaDb

TABLE = "photos_info_revamp"
PREDECESSOR = {
    "Folder": "VARCHAR(255)",
    "File_Name": "VARCHAR(255) NOT NULL UNIQUE",
    "Path": "VARCHAR(512)",
    "Thumb_Path": "VARCHAR(512)",
    "DateTime": "VARCHAR(32)",
    "Camera": "VARCHAR(255)",
    "Lens_model": "VARCHAR(255)",
    "Width": "INT",
    "Height": "INT",
    "Exposure": "VARCHAR(50)",
    "Aperture": "VARCHAR(50)",
    "ISO": "INT",
    "Focal_length": "VARCHAR(50)",
    "Keywords": "TEXT",
    "Caption": "TEXT",
    "alt_text": "TEXT",
    "Location": "VARCHAR(255)",
    "Subject": "VARCHAR(255)",
    "nima_score": "FLOAT",
    "blur_score": "FLOAT",
    "brightness_score": "FLOAT",
    "contrast_score": "FLOAT",
    "brisque_score": "FLOAT",
    "clip_aesthetic_score": "FLOAT",
    "QR": "FLOAT",
    "QC_Status": "VARCHAR(20)",
}
"""A table as the predecessor's users have it: other types, and one collation for all letters."""


class MysqlSite:
    """The record half of a gallery, on the server; the other hands too."""

    def __init__(self, mariadb: MariaDb, server: MysqlServer, *, workspace: str = "ours") -> None:
        self.mariadb = mariadb
        self.server = server
        self.table = MysqlTable(server, workspace=workspace)
        self.name = f"{server.database}.{TABLE}"

    def look_record(self, key: str) -> PublishedRecord | None:
        return self.table.look(key)

    def put_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        outcome, detail = self.table.put(step, row=row, mark=mark)
        return StepReport(action=step.action, target=step.target, outcome=outcome, detail=detail)

    def remove_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        outcome, detail = self.table.remove(step, row=row, mark=mark)
        return StepReport(action=step.action, target=step.target, outcome=outcome, detail=detail)

    def mark(self) -> Mark | None:
        return self.table.mark()

    def accept(self, mark: Mark) -> None:
        self.table.accept(mark)

    def records(self) -> Iterator[PublishedRecord]:
        return self.table.records()

    def edit_caption(self, key: str, caption: str) -> None:
        self.mariadb.query(
            f"UPDATE {self.name} SET Caption = %s WHERE File_Name = %s", caption, key
        )

    def rename_record(self, key: str, other: str) -> None:
        self.mariadb.query(
            f"UPDATE {self.name} SET File_Name = %s WHERE File_Name = %s", other, key
        )

    def names(self) -> list[str]:
        """Return the File_Names in the table, whatever we think of them."""
        return sorted(line[0] for line in self.mariadb.query(f"SELECT File_Name FROM {self.name}"))

    def make_predecessor(self, options: str = "", more: str = "", **types: str) -> None:
        """Make the published table as it may be found, and our own beside it."""
        columns = ", ".join(f"`{name}` {(PREDECESSOR | types)[name]}" for name in COLUMNS)
        self.mariadb.query(
            f"CREATE TABLE {self.name} (id INT AUTO_INCREMENT PRIMARY KEY, {columns}{more})"
            f" {options or 'COLLATE utf8mb4_general_ci'}"
        )
        self.table.create()


def server_of(mariadb: MariaDb, database: str) -> MysqlServer:
    """Return how to reach a database that was made for a test."""
    return MysqlServer(
        host="127.0.0.1", port=mariadb.port, user=USER, password=PASSWORD, database=database
    )
