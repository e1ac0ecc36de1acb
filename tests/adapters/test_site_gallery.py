"""A real FTP server and a real MariaDB keep all promises of a gallery, and tell no password."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.mysql_server import MysqlServer
from adapters.mysql_table import MysqlTable
from adapters.site_gallery import SiteGallery
from tests.adapters.ftp_gallery import Hands, files_on
from tests.adapters.gallery_contract import NEW, GalleryContract, put
from tests.adapters.mysql_site import MysqlSite
from tests.adapters.record_contract import MARK, ROW, a_record, put_record
from tests.servers import ftp
from tests.servers.ftp import Trouble, TroubledServer


class Website(NamedTuple):
    """The two servers of a website."""

    ftp: TroubledServer
    mysql: MysqlSite


class Stranger(Hands):
    """Hands on both servers."""

    def __init__(self, root: Path, table: MysqlSite) -> None:
        super().__init__(root)
        self.table = table

    def edit_caption(self, key: str, caption: str) -> None:
        self.table.edit_caption(key, caption)

    def rename_record(self, key: str, other: str) -> None:
        self.table.rename_record(key, other)


@contextlib.contextmanager
def published_by(website: Website, workspace: str) -> Iterator[SiteGallery]:
    """Give the website's gallery as a workspace sees it."""
    gallery = SiteGallery(
        lambda: files_on(website.ftp.port),
        lambda: MysqlTable(website.mysql.server, workspace=workspace),
        redacted=lambda text: text.replace(ftp.PASSWORD, "***"),
    )
    with contextlib.closing(gallery):
        yield gallery


@pytest.fixture
def website(tmp_path: Path, mysql_site: MysqlSite) -> Iterator[Website]:
    with ftp.serving(tmp_path / "ftp") as server:
        yield Website(server, mysql_site)


@pytest.fixture
def gallery(website: Website) -> Iterator[SiteGallery]:
    with published_by(website, "ours") as gallery:
        gallery.create_table()
        yield gallery


@pytest.fixture
def neighbour(website: Website, gallery: SiteGallery) -> Iterator[SiteGallery]:
    with published_by(website, "theirs") as neighbour:
        yield neighbour


@pytest.fixture
def outside(website: Website) -> Stranger:
    return Stranger(website.ftp.root, website.mysql)


class TestSiteGallery(GalleryContract):
    """Every promise of the port."""


def test_a_check_names_the_half_that_fails(website: Website) -> None:
    """And tries the other one all the same."""
    with published_by(website, "ours") as gallery:
        files, table = gallery.check()
        assert (files.name, files.ok) == ("ftp", True)
        assert (table.name, table.ok) == ("mysql", False)
        assert "photos_info_revamp is missing: photojournal doctor --create-table" in table.detail
        gallery.create_table()
        website.ftp.trouble("STOR", *[Trouble(reply="552 Quota exceeded.")] * 9)
        files, table = gallery.check()
        assert (files.ok, table.ok) == (False, True)
        assert "Quota exceeded" in files.detail


def test_a_half_that_is_not_needed_is_not_spoken_to(website: Website) -> None:
    """A table that is away keeps nobody from a picture, nor the other way round."""
    website.mysql.table.create()
    with published_by(website, "ours") as gallery:
        gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
        assert website.ftp.commands == []
    away = website._replace(mysql=MysqlSite(website.mysql.mariadb, _nowhere(website)))
    with published_by(away, "ours") as gallery:
        assert gallery.put_file(put(NEW), NEW).outcome == "done"
        with pytest.raises(AdapterError) as caught:
            gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
        assert caught.value.code == "PublishRefused"


def _nowhere(website: Website) -> MysqlServer:
    return replace(website.mysql.server, database="nowhere")


def test_a_password_in_a_servers_words_is_not_told(website: Website, gallery: SiteGallery) -> None:
    """Neither by an error nor by a check."""
    rude = Trouble(reply=f"550 No {ftp.PASSWORD} here.")
    website.ftp.trouble("STOR", *[rude] * 9)
    (files, _) = gallery.check()
    assert "No *** here" in files.detail
    with pytest.raises(AdapterError) as caught:
        gallery.put_file(put(NEW), NEW)
    assert "No *** here" in caught.value.detail
    assert ftp.PASSWORD not in str(caught.value)
