"""The page's own files: what they are, and that a browser that has one is told so in a word."""

from tests.web.visitor import Visitor


def test_a_file_that_the_browser_has_is_not_sent_again(watched: Visitor) -> None:
    """The first answer names the type; the second one is empty."""
    first = watched.ask("/static/page.js")
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("text/javascript")
    tag = {"If-None-Match": first.headers["etag"]}
    again = watched.client.get("/static/page.js", headers=tag)
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_names_every_module_that_it_will_ask_for(watched: Visitor) -> None:
    """So they are fetched at once, not one after the other; each is there."""
    page = watched.ask("/").text
    names = [line.split('"')[3] for line in page.splitlines() if "modulepreload" in line]
    assert "/static/vendor/preact.js" in names
    assert {watched.ask(name).status_code for name in names} == {200}
