"""How FTP servers list a folder, and what is made of it."""

import pytest

from adapters.ftp_listing import Entry, list_entries, mlsd_entries


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (
            "-rw-r--r--    1 1000     1000         7700 Jun 01  2008 a b.jpg",
            Entry("a b.jpg", "file", 7700),
        ),
        ("-rw-r--r--+ 1 me staff 0 Jun  1 21:14  leading.jpg", Entry(" leading.jpg", "file", 0)),
        ("-rw-r--r-- 1 me 12345 1 Jun 21:14 x", Entry("x", "file", 12345)),
        ("-rw-r--r--   1 1000 1000 5 May  3 2008 2008 09:00 x", Entry("2008 09:00 x", "file", 5)),
        ("drwxr-xr-x    2 ftp      ftp          4096 Jun 01 21:14 2008", Entry("2008", "folder")),
        ("drwxrwsr-t.   2 me  www 4096 Jun 01 21:14 .hidden", Entry(".hidden", "folder")),
        ("lrwxrwxrwx 1 me me 9 Jun  1 21:14 a.jpg -> ../b.jpg", Entry("a.jpg", "other")),
        ("srwxrwxrwx 1 me me 0 Jun  1 21:14 socket", Entry("socket", "other")),
        ("06-01-08  09:14PM                 7700 a b.jpg", Entry("a b.jpg", "file", 7700)),
        ("06-01-2008  21:14       <DIR>          thumbs", Entry("thumbs", "folder")),
        ("06-01-08  09:14PM       <JUNCTION>     away", Entry("away", "other")),
    ],
)
def test_a_line_of_unix_or_dos_is_understood(line: str, entry: Entry) -> None:
    """Names keep every sign, also spaces in front, and what looks like a date."""
    assert list_entries([line]) == [entry]


def test_what_is_no_entry_is_left_out() -> None:
    """The total, and the folder itself and the one above it."""
    folders = ["total 12", "", *(f"drwxr-xr-x 2 me me 4096 Jun 01 21:14 {n}" for n in (".", ".."))]
    assert list_entries(folders) == []


@pytest.mark.parametrize(
    "line",
    [
        "-rw-r--r-- 1 me me 5 juin  1 21:14 x",
        "-rw-r--r-- 1 me me 5 2008-06-01 21:14 x",
        "a.jpg",
        "+i8388621.48594,m825718503,r,s280,\tdjb.html",
        "06/01/08  09:14PM  7700 a.jpg",
    ],
)
def test_nothing_is_guessed(line: str) -> None:
    """One line that is not understood: the server is asked another way."""
    good = "-rw-r--r-- 1 me me 5 Jun  1 21:14 good.jpg"
    assert list_entries([good, line]) is None


def test_mlsd_is_read_by_its_standard() -> None:
    """Facts in any order and case; a name may hold what the facts are told apart by."""
    assert mlsd_entries(
        [
            "type=cdir;unique=1; .",
            "type=pdir; ..",
            "Type=File;SIZE=7700;unique=fd01g3; a; b = c.jpg",
            "size=4096;type=dir;Unique=FD01G4; 2008",
            "type=OS.unix=slink:/elsewhere; link",
            "type=file; sizeless",
        ]
    ) == [
        Entry("a; b = c.jpg", "file", 7700, "fd01g3"),
        Entry("2008", "folder", 4096, "fd01g4"),
        Entry("link", "other"),
        Entry("sizeless", "file"),
    ]
