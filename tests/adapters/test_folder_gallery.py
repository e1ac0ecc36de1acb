"""The folder gallery keeps every gallery's promises, also when it is killed or its disk is full."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.errors import AdapterError
from adapters.gallery import FolderGallery
from adapters.gallery_table import FILE_NAME
from machine.values import Record
from tests.adapters.crashing import points_of, run_snippet, was_killed
from tests.adapters.gallery_contract import (
    FOREIGN,
    NEW,
    OLD,
    TEMPORARY,
    WEB,
    GalleryContract,
    put,
    remove,
)
from tests.adapters.record_contract import MARK, ROW, a_record, put_record, remove_record, standing

COLUMNS = (
    "id Folder File_Name Path Thumb_Path DateTime Camera Lens_model Width Height Exposure Aperture"
    " ISO Focal_length Keywords Caption alt_text Location Subject nima_score blur_score"
    " brightness_score contrast_score brisque_score clip_aesthetic_score QR QC_Status"
)


class Hands:
    """A stranger with a shell in the gallery's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, target: str, data: bytes) -> None:
        path = self.root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def read(self, target: str) -> bytes | None:
        path = self.root / target
        return path.read_bytes() if path.exists() else None

    def targets(self) -> list[str]:
        files = [path for path in self.root.rglob("*") if path.is_file()]
        names = [path.relative_to(self.root).as_posix() for path in files]
        return sorted(name for name in names if not name.startswith(FILE_NAME))

    def edit_caption(self, key: str, caption: str) -> None:
        with closing(sqlite3.connect(self.root / FILE_NAME)) as connection, connection:
            changed = connection.execute(
                "UPDATE photos_info SET Caption = ? WHERE File_Name = ?", (caption, key)
            )
            assert changed.rowcount == 1

    def rename_record(self, key: str, other: str) -> None:
        with closing(sqlite3.connect(self.root / FILE_NAME)) as connection, connection:
            connection.execute(
                "UPDATE photos_info SET File_Name = ? WHERE File_Name = ?", (other, key)
            )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def gallery(root: Path) -> FolderGallery:
    return FolderGallery(root, workspace="ours")


@pytest.fixture
def neighbour(root: Path) -> FolderGallery:
    return FolderGallery(root, workspace="theirs")


@pytest.fixture
def outside(root: Path) -> Hands:
    return Hands(root)


class TestFolderGallery(GalleryContract):
    """Every promise of the port."""


def test_empty_folders_go_with_the_last_picture(gallery: FolderGallery, root: Path) -> None:
    """Withdrawing everything leaves no tree of empty years; the root and the table stay."""
    gallery.put_file(put(NEW), NEW)
    gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
    gallery.remove_file(remove(NEW))
    assert [path.name for path in root.iterdir()] == [FILE_NAME]


def test_looking_makes_no_table(gallery: FolderGallery, root: Path) -> None:
    """Reading verbs write nothing."""
    root.mkdir()
    assert gallery.look_record("x.jpg") is None
    assert gallery.remove_record(remove_record(a_record()), row=ROW, mark=MARK).outcome == "already"
    assert list(root.iterdir()) == []


def test_the_table_is_the_website_s(gallery: FolderGallery, root: Path) -> None:
    """An id and the 26 published columns in their order; a replaced record keeps its id."""
    gallery.put_record(put_record(a_record("old")), row=ROW, mark=MARK)
    query = "SELECT id FROM photos_info WHERE File_Name = ?"
    with closing(sqlite3.connect(root / FILE_NAME)) as connection:
        columns = [line[1] for line in connection.execute("PRAGMA table_info(photos_info)")]
        before = connection.execute(query, (a_record().file_name,)).fetchone()
    gallery.put_record(put_record(a_record("new"), over=a_record("old")), row=ROW, mark=MARK)
    with closing(sqlite3.connect(root / FILE_NAME)) as connection:
        assert connection.execute(query, (a_record().file_name,)).fetchone() == before
    assert " ".join(columns) == COLUMNS


def test_a_row_without_an_owner_can_be_replaced_only_as_expected(
    gallery: FolderGallery, root: Path
) -> None:
    """A table from elsewhere, or one whose second table is lost: the digest alone guards it."""
    old = a_record("old")
    gallery.put_record(put_record(old), row=ROW, mark=MARK)
    with closing(sqlite3.connect(root / FILE_NAME)) as connection, connection:
        connection.execute("DROP TABLE photos_info_owner")
    assert (standing(gallery).workspace, standing(gallery).row) == ("", None)
    assert gallery.put_record(put_record(a_record("new")), row=ROW, mark=MARK).outcome == "changed"
    assert (
        gallery.put_record(put_record(a_record("new"), over=old), row=ROW, mark=MARK).outcome
        == "done"
    )
    assert standing(gallery).workspace == "ours"


def test_a_table_from_before_there_were_marks_goes_on_working(
    gallery: FolderGallery, root: Path
) -> None:
    """It has none, and gets one with its next change."""
    gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
    with closing(sqlite3.connect(root / FILE_NAME)) as connection, connection:
        connection.execute("DROP TABLE photos_info_workspace")
    assert gallery.mark() is None
    assert list(gallery.records()) == [standing(gallery)]
    gallery.remove_record(remove_record(a_record()), row=ROW, mark=MARK)
    assert gallery.mark() == MARK


def test_a_row_that_is_no_record_is_left_alone(gallery: FolderGallery, root: Path) -> None:
    """Text in a number's column: not ours, and no crash."""
    gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
    with closing(sqlite3.connect(root / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE photos_info SET Width = 'wide'")
    assert standing(gallery).record is None
    assert gallery.remove_record(remove_record(a_record()), row=ROW, mark=MARK).outcome == "changed"


@pytest.mark.parametrize("obstacle", ["folder", "link"])
def test_what_is_no_file_is_left_alone(gallery: FolderGallery, root: Path, obstacle: str) -> None:
    """A folder, or a link to bytes that would even be right, at the target: changed."""
    path = root / WEB
    if obstacle == "folder":
        path.mkdir(parents=True)
    else:
        path.parent.mkdir(parents=True)
        elsewhere = root / "elsewhere.jpg"
        elsewhere.write_bytes(NEW)
        try:
            path.symlink_to(elsewhere)
        except OSError:
            pytest.skip("links need a privilege here")
    assert gallery.put_file(put(NEW), NEW).outcome == "changed"
    assert gallery.remove_file(remove(NEW)).outcome == "changed"
    assert path.is_dir() or path.is_symlink()
    with pytest.raises(AdapterError) as caught:
        gallery.look(WEB)
    assert caught.value.code == "TargetChanged"


def test_a_file_where_a_folder_must_be_makes_the_step_impossible(
    gallery: FolderGallery, outside: Hands
) -> None:
    """A report for a person, not an error that is tried for ever."""
    outside.write("2008", FOREIGN)
    report = gallery.put_file(put(NEW), NEW)
    assert (report.outcome, bool(report.detail)) == ("impossible", True)
    assert gallery.remove_file(remove(NEW)).outcome == "already"
    assert outside.targets() == ["2008"]


def test_a_full_disk_pauses_and_leaves_the_old_picture(tiny_disk: Path) -> None:
    """`DiskLow` for pictures and for the table; what stood there stands."""
    gallery = FolderGallery(tiny_disk / "site", workspace="ours")
    gallery.put_file(put(OLD), OLD)
    gallery.put_record(put_record(a_record("old")), row=ROW, mark=MARK)
    big = b"x" * (1 << 20)
    with pytest.raises(AdapterError) as caught:
        gallery.put_file(put(big, over=OLD), big)
    assert caught.value.code == "DiskLow"
    with pytest.raises(AdapterError) as caught:
        gallery.put_record(
            put_record(a_record("y" * (1 << 20)), over=a_record("old")), row=ROW, mark=MARK
        )
    assert caught.value.code == "DiskLow"
    assert gallery.fetch(WEB) == OLD
    assert standing(gallery).record == a_record("old")
    assert not (tiny_disk / "site" / TEMPORARY).exists()


def test_a_gallery_that_refuses_us_is_told(read_only_disk: Path) -> None:
    """`PublishRefused` for every operation that writes, and `check` says so."""
    gallery = FolderGallery(read_only_disk / "site", workspace="ours")
    with pytest.raises(AdapterError) as caught:
        gallery.put_file(put(NEW), NEW)
    assert caught.value.code == "PublishRefused"
    with pytest.raises(AdapterError) as caught:
        gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
    assert caught.value.code == "PublishRefused"
    assert [probe.ok for probe in gallery.check()] == [False, False]


def test_a_file_in_place_of_the_gallery_is_found_by_check(tmp_path: Path) -> None:
    """Nothing can be published into a file."""
    (tmp_path / "site").write_bytes(b"I am a file")
    gallery = FolderGallery(tmp_path / "site", workspace="ours")
    assert [probe.ok for probe in gallery.check()] == [False, False]


def test_a_damaged_table_is_told(gallery: FolderGallery, root: Path) -> None:
    """`PublishRefused`: the stage pauses, no row is charged."""
    root.mkdir()
    (root / FILE_NAME).write_bytes(b"this is no database" * 500)
    with pytest.raises(AdapterError) as caught:
        gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
    assert caught.value.code == "PublishRefused"
    assert not gallery.check()[1].ok


CRASH = """
    from pathlib import Path
    from adapters.gallery import FolderGallery
    from tests.adapters.gallery_contract import *
    from tests.adapters.record_contract import *
    gallery = FolderGallery(Path({root!r}), workspace="ours")
    report = {call}
    assert report.outcome in ("done", "already"), report
"""


@pytest.mark.parametrize("before", [pytest.param(b"", marks=pytest.mark.soak), OLD])
def test_no_crash_of_a_put_leaves_anything_half(
    gallery: FolderGallery, root: Path, outside: Hands, tmp_path: Path, before: bytes
) -> None:
    """Killed at any point: the old file or the new one; again: the new one and nothing else."""
    code = CRASH.format(root=str(root), call=f"gallery.put_file(put(NEW, over={before!r}), NEW)")

    def begin() -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        if before:
            outside.write(WEB, before)

    begin()
    points = points_of(code, tmp_path / "log")
    assert "gallery.put_file.before_rename:1" in points
    for point in points:
        begin()
        assert was_killed(run_snippet(code, crash_at=point))
        assert outside.read(WEB) in (before or None, NEW)
        assert gallery.put_file(put(NEW, over=before), NEW).outcome in ("done", "already")
        assert (gallery.fetch(WEB), outside.targets()) == (NEW, [WEB])


def test_no_crash_of_a_removal_leaves_anything_half(
    gallery: FolderGallery, root: Path, outside: Hands, tmp_path: Path
) -> None:
    """Killed at any point: the file is there or not; again: it is not."""
    code = CRASH.format(root=str(root), call="gallery.remove_file(remove(NEW))")
    gallery.put_file(put(NEW), NEW)
    for point in points_of(code, tmp_path / "log"):
        gallery.put_file(put(NEW), NEW)
        assert was_killed(run_snippet(code, crash_at=point))
        assert gallery.remove_file(remove(NEW)).outcome in ("done", "already")
        assert outside.targets() == []


UPSERT = 'gallery.put_record(put_record(a_record("new"), over=a_record("old")), row=ROW, mark=MARK)'
REMOVAL = 'gallery.remove_record(remove_record(a_record("old")), row=ROW, mark=MARK)'


@pytest.mark.parametrize(("call", "after"), [(UPSERT, a_record("new")), (REMOVAL, None)])
def test_no_crash_of_a_record_leaves_anything_half(
    gallery: FolderGallery, root: Path, tmp_path: Path, call: str, after: Record | None
) -> None:
    """Killed at any point of a transaction: before or after it; again: after it."""

    def stands() -> Record | None:
        found = gallery.look_record(old.file_name)
        return found.record if found else None

    def start_afresh() -> None:
        shutil.rmtree(root, ignore_errors=True)
        gallery.put_record(put_record(old), row=ROW, mark=MARK)

    old = a_record("old")
    code = CRASH.format(root=str(root), call=call)
    start_afresh()
    points = points_of(code, tmp_path / "log")
    assert any("before_commit" in point for point in points)
    for point in points:
        start_afresh()
        assert was_killed(run_snippet(code, crash_at=point))
        assert stands() in (old, after)
        assert run_snippet(code) == 0
        assert stands() == after


def test_bytes_that_change_on_their_way_are_not_published(
    gallery: FolderGallery, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that gives back other bytes: failed, the old picture stands, no temporary is left."""
    gallery.put_file(put(OLD), OLD)
    honest = Path.open

    def lying(path: Path, mode: str = "r", *args: object) -> object:
        if mode == "rb" and path.name.startswith("."):
            path.write_bytes(NEW[:-1] + b"!")
        return honest(path, mode)

    monkeypatch.setattr(Path, "open", lying)
    with pytest.raises(AdapterError) as caught:
        gallery.put_file(put(NEW, over=OLD), NEW)
    monkeypatch.undo()
    assert caught.value.code == "PublishFailed"
    assert gallery.look(WEB) == hashlib.sha256(OLD).hexdigest()
    assert Hands(root).targets() == [WEB]
