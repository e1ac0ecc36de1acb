"""Where a photo stands in a gallery."""

import pytest

from adapters.gallery_paths import folder_for, is_safe_target, paths_for, public_url, safe_name

NAME = "Lighthouse_Harbour_Photography_2008_001.JPG"


def test_a_photo_stands_under_its_year_and_category() -> None:
    """`<year>/<category>/<name>` and `<year>/thumbs/<category>/<name>`."""
    assert paths_for(NAME, "Harbour & Sea", "2008:06:01 21:14:03") == (
        f"2008/harbour_and_sea/{NAME}",
        f"2008/thumbs/harbour_and_sea/{NAME}",
    )


@pytest.mark.parametrize("date_time", ["", "0000:00:00 00:00:00", "unknown", "    :  :  "])
def test_a_photo_without_a_year_is_undated(date_time: str) -> None:
    """No year is invented, and an unknown category is left out."""
    assert paths_for(NAME, "", date_time) == (f"undated/{NAME}", f"undated/thumbs/{NAME}")


@pytest.mark.parametrize("category", ["Harbour", "HARBOUR", " harbour. "])
def test_spellings_of_one_category_meet_in_one_folder(category: str) -> None:
    """Windows and macOS would merge them anyway; so does everybody."""
    assert folder_for(category) == "harbour"


@pytest.mark.parametrize(
    ("category", "folder"),
    [
        ("thumbs", "thumbs_"),
        ("CON", "con_"),
        ("../..", ""),
        ("Île de Ré", "ile_de_re"),
        ("日本", ""),
    ],
)
def test_a_category_is_always_a_harmless_folder(category: str, folder: str) -> None:
    """No devices, no climbing, no clash with the thumbs."""
    assert folder_for(category) == folder


@pytest.mark.parametrize(
    ("file_name", "safe"),
    [
        (NAME, NAME),
        ("København 1.jpg", "København 1.jpg"),
        ("../../etc/passwd", "_._.._etc_passwd"),
        ("CON.jpg", "CON_.jpg"),
        ("nul", "nul_"),
        ("lpt1.tar.gz", "lpt1_.tar.gz"),
        ("a:b*c?.jpg", "a_b_c_.jpg"),
        ("line\nbreak.jpg", "line_break.jpg"),
        (".htaccess", "_htaccess"),
        ("dots...", "dots"),
        ("...", "_"),
        ("", "_"),
    ],
)
def test_a_name_is_safe_everywhere_and_left_alone_if_it_is(file_name: str, safe: str) -> None:
    """Cleaning twice is cleaning once, and every path is one that a gallery takes."""
    assert safe_name(file_name) == safe
    assert safe_name(safe) == safe
    assert all(is_safe_target(path) for path in paths_for(file_name, "x", ""))


def test_a_url_has_no_spaces() -> None:
    """Other signs than letters, digits and separators are encoded."""
    url = public_url("https://example.org/photos/", "2008/é x.jpg")
    assert url == "https://example.org/photos/2008/%C3%A9%20x.jpg"
    assert public_url("", "2008/x.jpg") == "2008/x.jpg"
