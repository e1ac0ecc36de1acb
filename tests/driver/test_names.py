"""Names under way: two processes at once, and a template that changes."""

import tomllib
from pathlib import Path

from driver import workspace
from driver.editing import Edit, carry_out_edit, plan_edit
from driver.names import key_of
from driver.renaming import carry_out_names, plan_names
from machine.events import NameReserved
from tests.driver.desk import CONFIG, Desk
from tests.driver.processes import end, start

PHOTOS = 6
"""Of each of the two processes."""


def cards(desk: Desk) -> list[Path]:
    """Make two folders with different photos whose names are the same."""
    folders = [desk.inbox / "one", desk.inbox / "two"]
    for folder in folders:
        folder.mkdir()
        for number in range(PHOTOS):
            photo = desk.photo("coffee", ending=f"{folder.name}{number}".encode())
            photo.rename(folder / f"IMG_{number}.jpg")
    return folders


def use_template(desk: Desk, template: str) -> None:
    config = f'[ingest]\nfile_name = "{template}"\n{CONFIG}'
    (desk.root / workspace.MARKER).write_text(config, encoding="utf-8")


def test_two_processes_that_name_one_series_at_once_share_its_numbers(desk: Desk) -> None:
    """No clash, no number left out, each row its own name; the new words stand there once."""
    use_template(desk, "{location}_{number}_{folder}")
    labels = ("--category", "Nature", "--location", "Texel", "--new")
    ingests = [start(desk.root, "ingest", folder, *labels) for folder in cards(desk)]
    for code, said in map(end, ingests):
        assert 0 == code, said
    names = {line["id"]: line["File_Name"] for line in desk.queue()}
    expected = [f"Texel_{number:03d}_Nature.JPG" for number in range(1, 2 * PHOTOS + 1)]
    assert expected == sorted(names.values())
    with desk.reading() as journal:
        for row, name in names.items():
            (reserved,) = journal.read_stream(f"name/{key_of(name)}")
            assert isinstance(reserved.event, NameReserved)
            assert (row, name) == (reserved.event.row, reserved.event.file_name)
        assert len(expected) == len([*journal.streams("name/")])
    words = tomllib.loads((desk.root / "vocabulary.toml").read_text("utf-8"))
    assert {"folders": {"Nature": ""}, "locations": {"Texel": ""}} == words
    desk.check()


def test_two_processes_that_rename_at_once_share_the_numbers(desk: Desk) -> None:
    """What was planned in both goes to one; the other takes the next."""
    for folder in cards(desk):
        assert PHOTOS == len(desk.ingest(folder).rows())
    use_template(desk, "{subject}-{number}")
    half = [str(number) for number in range(1, PHOTOS + 1)]
    rest = [str(number) for number in range(PHOTOS + 1, 2 * PHOTOS + 1)]
    renames = [start(desk.root, "rename", *rows, "--from-labels") for rows in (half, rest)]
    for code, said in map(end, renames):
        assert 0 == code, said
    expected = [f"Harbour_at_dusk-{number:03d}.JPG" for number in range(1, 2 * PHOTOS + 1)]
    assert expected == sorted(line["File_Name"] for line in desk.queue())
    desk.check()


def test_another_template_renames_nobody_by_itself(desk: Desk) -> None:
    """Not even where labels change; asked to, it does, and the way back is the name of before."""
    desk.ingest(desk.photo())
    first = desk.line(1)["File_Name"]
    use_template(desk, "{original}_{location}_{number}")
    edit = Edit(location="Delft")
    with desk.program("edit") as program:
        carry_out_edit(program.shell, plan_edit(program.shell, [1], edit), edit)
    assert (first, "Delft") == (desk.line(1)["File_Name"], desk.line(1)["Location"])
    with desk.program("rename") as program:
        (plan,) = plan_names(program.shell, [1])
        assert (first, "coffee_Delft_001.JPG") == (plan.old_name, plan.new_name)
        (answer,) = carry_out_names(program.shell, [plan])
    assert ("done", "coffee_Delft_001.JPG") == (answer.outcome, desk.line(1)["File_Name"])
    edit = Edit(location="Rotterdam")
    with desk.program("edit") as program:
        carry_out_edit(program.shell, plan_edit(program.shell, [1], edit), edit)
    assert "coffee_Rotterdam_001.JPG" == desk.line(1)["File_Name"]
    (desk.root / workspace.MARKER).write_text(CONFIG, encoding="utf-8")
    with desk.program("rename") as program:
        carry_out_names(program.shell, plan_names(program.shell, [1]))
    assert first == desk.line(1)["File_Name"]
    desk.check()


def test_labels_that_changed_since_the_plan_are_planned_again(desk: Desk) -> None:
    """The name says what the row says now."""
    desk.ingest(desk.photo())
    use_template(desk, "{location}_{number}")
    with desk.program("rename") as program:
        plans = plan_names(program.shell, [1])
        edit = Edit(location="Delft")
        carry_out_edit(program.shell, plan_edit(program.shell, [1], edit), edit)
        (answer,) = carry_out_names(program.shell, plans)
    assert ("done", "Delft_001.JPG") == (answer.outcome, desk.line(1)["File_Name"])
