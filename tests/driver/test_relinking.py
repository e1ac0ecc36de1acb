"""Where originals lie after a folder was moved, and what is accepted as one."""

from pathlib import Path

from adapters.files import sha256_of
from driver.relinking import Relinked, relink
from tests.driver.desk import Desk


def moved(desk: Desk, old: Path, new: Path, *, dry_run: bool = False) -> list[Relinked]:
    """Relink every row."""
    with desk.program("relink") as program:
        shell = program.rehearsal("relink") if dry_run else program.shell
        return relink(shell, desk.numbers(program), old, new, dry_run=dry_run)


def test_a_moved_folder_is_found_again_by_its_bytes(desk: Desk) -> None:
    """Also in folders below; then the stages go on."""
    deep = desk.inbox / "card" / "day 1"
    deep.mkdir(parents=True)
    for sample in ("coffee", "chelsea"):
        desk.photo(sample).rename(deep / f"{sample}.jpg")
    desk.ingest(desk.inbox / "card", recursive=True)
    (desk.inbox / "card").rename(desk.inbox / "archive")
    assert desk.work().paused
    before = {path: sha256_of(path) for path in (desk.inbox / "archive").rglob("*.jpg")}
    planned = moved(desk, desk.inbox / "card", desk.inbox / "archive", dry_run=True)
    assert ["would be done"] * 2 == [one.outcome for one in planned]
    found = moved(desk, desk.inbox / "card", desk.inbox / "archive")
    assert ["done", "done"] == [one.outcome for one in found]
    assert before == {path: sha256_of(path) for path in (desk.inbox / "archive").rglob("*.jpg")}
    worked = desk.work()
    assert {} == worked.failed
    assert {"Pending"} == {line["Review_Status"] for line in desk.queue()}
    assert [] == moved(desk, desk.inbox / "card", desk.inbox / "archive")
    desk.check()


def test_another_file_under_the_same_name_is_not_taken_for_the_original(desk: Desk) -> None:
    """Named with the reason; the others are relinked all the same."""
    folder, new = desk.inbox / "in", desk.inbox / "out"
    folder.mkdir()
    new.mkdir()
    for sample in ("coffee", "chelsea", "rocket"):
        desk.photo(sample).rename(folder / f"{sample}.jpg")
    desk.ingest(folder)
    (folder / "coffee.jpg").rename(new / "coffee.jpg")
    desk.photo("astronaut").rename(new / "chelsea.jpg")
    outcomes = {Path(one.path).name: one for one in moved(desk, folder, new)}
    assert ["changed", "done", "missing"] == [outcomes[name].outcome for name in sorted(outcomes)]
    assert "SHA-256" in outcomes["chelsea.jpg"].detail
    types = [desk.types(line["id"]).count("OriginalMoved") for line in desk.queue()]
    assert 1 == sum(types)


def test_a_single_file_can_be_relinked(desk: Desk) -> None:
    """Under another name, too."""
    desk.ingest(desk.photo("coffee"))
    desk.photo("coffee").rename(desk.inbox / "renamed.jpg")
    (one,) = moved(desk, desk.inbox / "coffee.jpg", desk.inbox / "renamed.jpg")
    assert "done" == one.outcome
    assert {} == desk.work().failed
