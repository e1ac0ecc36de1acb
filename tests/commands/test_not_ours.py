"""What somebody else put in the place of our files, as a person sees it when rows come down."""

from tests.commands.cli import Terminal
from tests.commands.test_doing import statuses


def test_withdraw_leaves_what_somebody_changed_and_ends_with_a_list(terminal: Terminal) -> None:
    """The others come down; the file stays as it is, and `show` says that it is not ours."""
    terminal.type("publish")
    path = next(terminal.root.glob("site/2009/**/*.JPG"))
    path.write_bytes(b"retouched by hand")
    said = terminal.type("withdraw", "1", "2", "--yes")
    assert 10 == said.code
    (error,) = [one for one in said.err.splitlines() if one.startswith("Error: ")]
    assert path.name in error
    assert "somebody else's now, left alone" in error
    assert ["Withdrawn", "Withdrawn"] == [statuses(terminal)[row] for row in (1, 2)]
    assert b"retouched by hand" == path.read_bytes()
    place = path.relative_to(terminal.root / "site").as_posix()
    assert f"{place}: left alone" in terminal.type("show", "2").out
    assert "Not ours" not in terminal.type("show", "1").out
