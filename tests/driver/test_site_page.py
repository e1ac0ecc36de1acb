"""The page that lists what is published."""

from driver.site_page import MARK, NAME
from tests.driver.desk import Desk


def test_the_page_follows_what_is_published(desk: Desk) -> None:
    """It is made with the first publication, and made again when it is gone."""
    desk.ingest(desk.photo("coffee"))
    desk.work()
    assert not (desk.site / NAME).exists()
    desk.write(1, "Coffee & <cake>")
    desk.approve(1)
    desk.publish()
    page = desk.site / NAME
    text = page.read_text("utf-8")
    assert MARK in text
    assert "Coffee &amp; &lt;cake&gt;" in text
    (path,) = [one for one in desk.pictures() if "/thumbs/" not in one]
    assert f'href="{path}"' in text
    page.unlink()
    desk.work()
    assert text == page.read_text("utf-8")


def test_a_page_of_somebody_else_is_left_alone(desk: Desk) -> None:
    """Also a link, and a page that was ours until its mark was taken out."""
    desk.site.mkdir()
    page = desk.site / NAME
    page.write_text("<h1>Mine</h1>", "utf-8")
    desk.published()
    assert "<h1>Mine</h1>" == page.read_text("utf-8")
    page.unlink()
    page.symlink_to(desk.root / "nowhere.html")
    desk.work()
    assert page.is_symlink()


def test_a_page_that_cannot_be_written_is_a_warning(desk: Desk) -> None:
    """A folder stands there: it is not ours, and nothing fails."""
    (desk.site / NAME).mkdir(parents=True)
    desk.published()
    assert (desk.site / NAME).is_dir()
