"""`export --csv` and `import --csv`: texts go to a spreadsheet and come back."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from driver.csv_texts import COLUMNS
from tests.commands.cli import Terminal

AWKWARD = '=HYPERLINK("x"), "quoted"\nand – ö 漁師'


@pytest.fixture
def table(terminal: Terminal, tmp_path: Path) -> Path:
    """The texts of all rows; row 3's look like a formula."""
    terminal.type("edit", 3, "--caption", AWKWARD, "--alt-text", "'already", "--keywords", "-a, @b")
    path = tmp_path / "texts.csv"
    assert 0 == terminal.type("export", "--csv", path).code
    return path


def lines_of(path: Path) -> list[dict[str, str]]:
    """Return what a spreadsheet shows."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def save(path: Path, lines: list[dict[str, str]], delimiter: str = ",") -> None:
    """Save as a spreadsheet does."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(lines)
    path.write_bytes(out.getvalue().encode("utf-8-sig"))


def shown(terminal: Terminal, row: int) -> dict[str, Any]:
    found: dict[str, Any] = terminal.type("show", row, "--json").json
    return found


def test_a_table_that_comes_back_as_it_was_changes_nothing(terminal: Terminal, table: Path) -> None:
    """Formulas are guarded and read back exactly; the byte order mark tells what it is."""
    assert table.read_bytes().startswith(b"\xef\xbb\xbfsha256,id,File_Name,")
    lines = lines_of(table)
    assert list(COLUMNS) == list(lines[0])
    third = next(one for one in lines if one["id"] == "3")
    assert ("'" + AWKWARD, "''already", "'-a, @b") == (
        third["caption"],
        third["alt_text"],
        third["keywords"],
    )
    assert third["Original_File_Name"] == shown(terminal, 3)["Original_File_Name"]
    save(table, [one | {"Original_File_Name": "is not read.jpg"} for one in lines])
    before = terminal.head()
    said = terminal.type("import", "--csv", table)
    assert (0, "Nothing changed.") == (said.code, said.lines[-1])
    assert before == terminal.head()


def test_what_was_edited_is_one_step_whatever_the_order_and_the_country(
    terminal: Terminal, table: Path
) -> None:
    """Semicolons, another order, a column less; one undo takes all of it back."""
    lines = lines_of(table)[::-1]
    former = [shown(terminal, row)["Caption"] for row in (1, 3)]
    for one in lines:
        del one["keywords"]
        if one["id"] in ("1", "3"):
            one["caption"] = f"Edited {one['id']}"
    save(table, lines, ";")
    head = terminal.head()
    said = terminal.type("import", "--csv", table, "--dry-run")
    assert 0 == said.code
    assert "Edit 2 rows: 3" in said.out
    assert head == terminal.head()
    assert 2 == terminal.type("import", "--csv", table).code
    said = terminal.type("import", "--csv", table, "--yes")
    assert 0 == said.code
    assert ["Edited 1", "Edited 3"] == [shown(terminal, row)["Caption"] for row in (1, 3)]
    assert ["-a", "@b"] == shown(terminal, 3)["Keywords"].split(", ")
    terminal.type("undo", "--yes")
    assert former == [shown(terminal, row)["Caption"] for row in (1, 3)]


def test_a_text_that_changed_since_is_reported_and_left_alone(
    terminal: Terminal, table: Path
) -> None:
    """Likewise a photo that is not here; the others are edited; exit code 10."""
    lines = lines_of(table)
    for one in lines:
        if one["id"] in ("1", "3"):
            one["caption"] = f"Edited {one['id']}"
    lines.append({**lines[0], "sha256": "ab" * 32})
    save(table, lines)
    terminal.type("edit", 3, "--caption", "Quicker")
    said = terminal.type("import", "--csv", table, "--yes")
    assert 10 == said.code
    assert f"row 3 {shown(terminal, 3)['File_Name']}: its text has changed since" in said.err
    assert "Hint: photojournal history 3" in said.err
    assert "no row has the photo abababababab" in said.err
    assert ["Edited 1", "Quicker"] == [shown(terminal, row)["Caption"] for row in (1, 3)]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda text: text.replace("based_on", "based"), "line 1: the column based_on is missing"),
        (lambda text: text + "a,b\r\n", "2 cells, and 8 columns"),
        (lambda text: text + "x,,,,,,,\r\n", "`x` is no sha256"),
        (lambda text: text + text.splitlines()[1] + "\r\n", "the same photo as in line 2"),
        (lambda text: text + '"unfinished', "unexpected end of data"),
        (lambda _text: "", "line 1: the column sha256 is missing"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(
    terminal: Terminal, table: Path, spoil: Any, complaint: str
) -> None:
    """Nothing of it is taken."""
    table.write_text(spoil(table.read_bytes().decode("utf-8-sig")), "utf-8", newline="")
    before = terminal.head()
    said = terminal.type("import", "--csv", table, "--yes")
    assert (2, before) == (said.code, terminal.head())
    assert complaint in said.err
    assert f"{table}, line " in said.err
    assert "Hint: the columns are sha256,id,File_Name" in said.err


def test_a_table_in_another_encoding_is_refused_with_its_line(
    terminal: Terminal, table: Path
) -> None:
    """What an old program saved."""
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join(lines[:2]) + b"caf\xe9\r\n")
    said = terminal.type("import", "--csv", table, "--yes")
    assert (2, f"Error: {table}, line 3: this is not UTF-8") == (
        said.code,
        said.err.splitlines()[0],
    )


def test_a_table_is_not_written_over_another_file(terminal: Terminal, table: Path) -> None:
    """But with --force; --json writes none."""
    said = terminal.type("export", "--csv", table)
    assert (2, "Error: ") == (said.code, said.err[:7])
    assert 0 == terminal.type("export", "3", "--csv", table, "--force").code
    assert ["3"] == [one["id"] for one in lines_of(table)]
    assert [3] == [one["id"] for one in terminal.type("export", 3, "--json").json]
