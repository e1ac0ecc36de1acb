"""Objects are found by their SHA-256, and never handed out damaged."""

import hashlib
import shutil
from pathlib import Path

import pytest

from adapters.errors import AdapterError
from adapters.files import is_temporary, sweep_temporaries
from adapters.objects import Damage, Objects
from tests.adapters.crashing import points_of, run_snippet, was_killed

DATA = b"pixels" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "data" / "objects")


def test_equal_bytes_stand_there_once(objects: Objects) -> None:
    """Putting twice gives the same name and does not write again."""
    assert not objects.exists(SHA256)
    assert objects.put(DATA) == SHA256
    path = objects.path(SHA256)
    assert path == objects.folder / SHA256[:2] / SHA256
    before = path.stat()
    assert objects.put(DATA) == SHA256
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert objects.get(SHA256) == DATA
    assert objects.size_bytes(SHA256) == len(DATA)
    assert list(objects.all()) == [SHA256]
    assert objects.total_bytes() == len(DATA)


def test_a_copy_of_an_original_is_no_link_to_it(objects: Objects, tmp_path: Path) -> None:
    """Whatever is done to the original later, our copy stays what it was."""
    original = tmp_path / "photo.jpg"
    original.write_bytes(DATA)
    assert objects.put_file(original) == SHA256
    with original.open("r+b") as file:
        file.write(b"scribble")
    assert objects.get(SHA256) == DATA
    assert objects.path(SHA256).stat().st_nlink == 1
    assert [path for path in objects.folder.iterdir() if path.is_file()] == []


def test_a_missing_or_unreadable_original_is_told(objects: Objects, tmp_path: Path) -> None:
    """A folder or nothing at all is not a file."""
    for source in (tmp_path, tmp_path / "no.jpg"):
        with pytest.raises(AdapterError) as caught:
            objects.put_file(source)
        assert caught.value.code == "NotAFile"


def test_damage_is_noticed_listed_and_mended(objects: Objects) -> None:
    """One flipped byte of equal size: never handed out; putting the bytes again mends it."""
    objects.put(DATA)
    objects.put(b"innocent")
    path = objects.path(SHA256)
    path.write_bytes(DATA[:-1] + b"!")
    with pytest.raises(AdapterError, match="damaged") as caught:
        objects.get(SHA256)
    assert caught.value.code == "ObjectMissing"
    assert [(one.sha256, one.problem) for one in objects.verify_all()] == [(SHA256, "damaged")]
    objects.put(DATA)
    assert objects.get(SHA256) == DATA
    assert list(objects.verify_all()) == []


def test_a_missing_object_is_told(objects: Objects) -> None:
    """Gone and never there are the same to whoever needs it."""
    with pytest.raises(AdapterError, match="gone") as caught:
        objects.get(SHA256)
    assert caught.value.code == "ObjectMissing"
    with pytest.raises(AdapterError):
        objects.size_bytes(SHA256)
    assert list(objects.verify_all()) == []
    assert objects.total_bytes() == 0


def test_a_name_that_is_no_digest_reaches_no_file(objects: Objects) -> None:
    """Nobody leaves the store by asking for `../`."""
    with pytest.raises(ValueError, match="not a SHA-256"):
        objects.get("../../etc/passwd")


def test_strangers_in_the_store_are_listed_and_left_alone(objects: Objects) -> None:
    """A file that somebody dropped there is a finding, an object in the wrong folder too."""
    objects.put(DATA)
    stray = objects.folder / "ab" / "notes.txt"
    stray.parent.mkdir()
    stray.write_text("hello")
    lost = objects.folder / "ab" / SHA256
    lost.write_bytes(DATA)
    found = {(Path(one.path).name, one.problem) for one in objects.verify_all()}
    assert found == {("notes.txt", "stray"), (SHA256, "stray")}
    assert isinstance(next(objects.verify_all()), Damage)
    assert stray.exists()


def test_a_full_disk_leaves_no_half_object(tiny_disk: Path) -> None:
    """`DiskLow`, and the store as it was."""
    objects = Objects(tiny_disk / "objects")
    objects.put(b"small")
    big = tiny_disk.parent / "big.jpg"
    big.write_bytes(b"x" * (1 << 20))
    with pytest.raises(AdapterError) as caught:
        objects.put(big.read_bytes())
    assert caught.value.code == "DiskLow"
    with pytest.raises(AdapterError) as caught:
        objects.put_file(big)
    assert caught.value.code == "DiskLow"
    assert list(objects.verify_all()) == []
    assert len(list(objects.all())) == 1
    assert not [path for path in objects.folder.rglob("*") if is_temporary(path.name)]


@pytest.mark.parametrize("operation", ["put(source.read_bytes())", "put_file(source)"])
def test_no_crash_leaves_half_an_object(objects: Objects, tmp_path: Path, operation: str) -> None:
    """Killed at any point, the object is whole or not there, and putting it again succeeds."""
    source = tmp_path / "photo.jpg"
    source.write_bytes(DATA)
    code = f"""
        from pathlib import Path
        from adapters.objects import Objects
        source = Path({str(source)!r})
        Objects(Path({str(objects.folder)!r})).{operation}
    """
    objects.folder.mkdir(parents=True)
    for point in points_of(code, tmp_path / "log"):
        shutil.rmtree(objects.folder)
        objects.folder.mkdir()
        assert was_killed(run_snippet(code, crash_at=point))
        assert list(objects.verify_all()) == []
        assert run_snippet(code) == 0
        assert objects.get(SHA256) == DATA
    sweep_temporaries(objects.folder, older_than_s=0)
    assert [path for path in objects.folder.rglob("*") if is_temporary(path.name)] == []


def test_an_object_is_copied_from_another_store_only_whole(
    objects: Objects, tmp_path: Path
) -> None:
    """What is gone or damaged there is told, and nothing stands here; what is damaged is mended."""
    store = Objects(tmp_path / "backup" / "objects")
    with pytest.raises(AdapterError, match="is gone") as caught:
        store.copy_from(objects, SHA256)
    assert "ObjectMissing" == caught.value.code
    objects.put(DATA)
    store.copy_from(objects, SHA256)
    assert (DATA, 1) == (store.get(SHA256), store.path(SHA256).stat().st_nlink)
    objects.path(SHA256).write_bytes(DATA[:-1] + b"!")
    with pytest.raises(AdapterError, match="is damaged"):
        store.copy_from(objects, SHA256)
    assert store.is_whole(SHA256)
    assert not objects.is_whole(SHA256)
    objects.copy_from(store, SHA256)
    assert objects.is_whole(SHA256)
    assert not [one for one in tmp_path.rglob("*") if is_temporary(one.name)]
