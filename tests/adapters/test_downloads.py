"""Downloads: resumed, checked, whole or not there; against a server on this machine."""

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters import downloads
from adapters.downloads import SPARE_BYTES, Pulled, PullFailed, part_path, pull
from adapters.errors import AdapterError
from adapters.weights import Weights, pin_path
from tests.standins.weights_server import WeightsServer, serving

DATA = hashlib.shake_256(b"weights").digest(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but the one that a test names."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving(DATA) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "weights.pth"


def entry(url: str, *, whole: bool = True, size: int | None = len(DATA)) -> Weights:
    return Weights(
        name="head",
        file="weights.pth",
        url=url,
        sha256=SHA256 if whole else "",
        sha256_prefix="" if whole else SHA256[:8],
        size_bytes=size,
        licence="MIT",
    )


def left_over(path: Path, data: bytes) -> None:
    """Leave what an earlier download got."""
    path.parent.mkdir()
    part_path(path).write_bytes(data)


def refused(path: Path, one: Weights, **how: object) -> PullFailed:
    """Pull in vain, and return what was said."""
    with pytest.raises(PullFailed) as caught:
        pull(one, path.parent, **how)  # type: ignore[arg-type]
    assert not path.exists()
    assert caught.value.hint
    return caught.value


def test_a_file_is_fetched_once(server: WeightsServer, path: Path) -> None:
    """With its progress; the folder is made, nothing else stays but the lock's file."""
    told: list[tuple[int, int]] = []
    one = entry(server.url)
    done = pull(one, path.parent, told=lambda here, total: told.append((here, total)))
    whole = Pulled(path=path, sha256=SHA256, size_bytes=len(DATA), fetched_bytes=len(DATA))
    assert whole == done
    assert DATA == path.read_bytes()
    assert ["weights.pth", "weights.pth.lock"] == sorted(p.name for p in path.parent.iterdir())
    assert (0, len(DATA)) == told[0]
    assert (len(DATA), len(DATA)) == told[-1]
    assert sorted(told) == told
    again = pull(one, path.parent)
    assert (0, 1) == (again.fetched_bytes, len(server.asked))


def test_a_damaged_file_is_replaced(server: WeightsServer, path: Path) -> None:
    """By the whole one, in one step."""
    path.parent.mkdir()
    path.write_bytes(DATA[:-1])
    pull(entry(server.url), path.parent)
    assert DATA == path.read_bytes()


def test_a_resumed_download_fetches_only_the_rest(server: WeightsServer, path: Path) -> None:
    """The server counted the bytes."""
    left_over(path, DATA[:120_000])
    done = pull(entry(server.url), path.parent)
    assert 180_000 == done.fetched_bytes == server.sent
    assert [120_000] == [one.begin for one in server.asked]
    assert DATA == path.read_bytes()
    assert not part_path(path).exists()


@pytest.mark.parametrize("how", ["no ranges", "416", "another range", "longer than the file"])
def test_where_nothing_can_be_resumed_it_starts_again(
    server: WeightsServer, path: Path, how: str
) -> None:
    """A server without ranges, one that refuses or shifts them, a part that leads nowhere."""
    one = entry(server.url, size=None)
    left_over(path, DATA[:120_000])
    if how == "no ranges":
        server.ranges = False
    elif how == "416":
        server.range_status = 416
    elif how == "another range":
        server.shift = 7
    else:
        one = entry(server.url)
        part_path(path).write_bytes(DATA + b"more")
    done = pull(one, path.parent)
    assert len(DATA) == done.size_bytes
    assert server.asked[-1].begin is None or how == "no ranges"
    assert len(DATA) == server.asked[-1].sent
    assert DATA == path.read_bytes()


def test_a_part_that_is_complete_needs_no_network(path: Path) -> None:
    """The program died between the last byte and the new name."""
    left_over(path, DATA)
    assert 0 == pull(entry("http://127.0.0.1:9/none"), path.parent).fetched_bytes
    assert DATA == path.read_bytes()


def test_a_connection_that_ends_too_early_is_taken_up_again(
    server: WeightsServer, path: Path
) -> None:
    """As long as each one brings something."""
    server.cuts = [100_000, 50_000, 1]
    done = pull(entry(server.url), path.parent)
    assert [None, 100_000, 150_000, 150_001] == [one.begin for one in server.asked]
    assert len(DATA) == done.fetched_bytes == server.sent


@pytest.mark.parametrize("ranges", [True, False])
def test_a_server_that_always_cuts_is_given_up(
    server: WeightsServer, path: Path, *, ranges: bool
) -> None:
    """What came is kept for the next time."""
    server.ranges = ranges
    server.cuts = [100_000, 0 if ranges else 100_000]
    said = refused(path, entry(server.url))
    assert "broke off after 100,000 bytes, which are kept" in said.detail
    assert 2 == len(server.asked)
    assert DATA[:100_000] == part_path(path).read_bytes()


def test_a_server_that_does_not_say_how_long_is_cut_unnoticed_but_for_the_size(
    server: WeightsServer, path: Path
) -> None:
    """The known size tells; without one, the digest does."""
    server.says_length = False
    server.cuts = [100_000]
    pull(entry(server.url), path.parent)
    assert [None, 100_000] == [one.begin for one in server.asked]
    path.unlink()
    server.cuts = [100_000]
    said = refused(path, entry(server.url, size=None))
    assert "not the pinned bytes, removed" in said.detail


def test_other_bytes_are_removed_and_both_digests_are_said(
    server: WeightsServer, path: Path
) -> None:
    """A file that is not the pinned one never gets the name."""
    server.data = DATA[:-1] + b"x"
    said = refused(path, entry(server.url))
    found = hashlib.sha256(server.data).hexdigest()
    assert f"SHA-256 is {found}, has to be {SHA256}" in said.detail
    assert "ScoringWeights" == said.code
    assert not part_path(path).exists()


def test_a_rotten_part_is_removed_too(server: WeightsServer, path: Path) -> None:
    """The next download begins with nothing."""
    left_over(path, b"x" * 1000)
    refused(path, entry(server.url))
    assert not part_path(path).exists()
    assert DATA == pull(entry(server.url), path.parent).path.read_bytes()


def test_another_length_is_noticed_before_the_download(server: WeightsServer, path: Path) -> None:
    """A sign-in page instead of the file, for one."""
    server.data = b"<html>please sign in</html>"
    said = refused(path, entry(server.url))
    assert "the server has 27 bytes, not the 300,000 expected" in said.detail
    assert "sign-in page" in said.hint
    assert server.url in said.hint


def test_more_than_was_said_is_not_taken(server: WeightsServer, path: Path) -> None:
    """It ends before it fills the disk."""
    server.says_length = False
    server.data = DATA * 2
    assert "sends more than it said" in refused(path, entry(server.url)).detail
    assert not part_path(path).exists()


@pytest.mark.parametrize("status", [404, 403, 500])
def test_an_answer_that_is_no_file_says_its_status(
    server: WeightsServer, path: Path, status: int
) -> None:
    """What came before is kept."""
    left_over(path, DATA[:10])
    server.status = status
    said = refused(path, entry(server.url))
    assert f"weights.pth: 127.0.0.1 answers {status} " in said.detail
    assert DATA[:10] == part_path(path).read_bytes()


def test_a_compressed_answer_is_refused(server: WeightsServer, path: Path) -> None:
    """Its bytes would not be those of the file."""
    server.encoding = "gzip"
    assert "compressed" in refused(path, entry(server.url)).detail


def test_a_way_that_leaves_https_is_not_followed(server: WeightsServer, path: Path) -> None:
    """No byte is asked for there."""
    server.status, server.location = 302, "http://127.0.0.1/elsewhere"
    said = refused(path, entry(server.url))
    assert "sends us on to http://127.0.0.1, which is not https" in said.detail
    until = time.monotonic() + 5
    while not server.asked and time.monotonic() < until:
        time.sleep(0.01)  # the server notes it when it has answered
    assert 1 == len(server.asked)


def test_a_way_that_stays_with_https_is_followed(path: Path) -> None:
    """As from a model hub to its store; the range goes along."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.url} {request.headers.get('Range')}")
        if request.url.host == "hub.example":
            return httpx.Response(302, headers={"Location": "https://store.example/x"})
        content = f"bytes 10-{len(DATA) - 1}/{len(DATA)}"
        stream = httpx.ByteStream(DATA[10:])
        return httpx.Response(206, headers={"Content-Range": content}, stream=stream)

    left_over(path, DATA[:10])
    pull(entry("https://hub.example/x"), path.parent, transport=httpx.MockTransport(answer))
    assert [
        "https://hub.example/x bytes=10-",
        "https://store.example/x bytes=10-",
    ] == seen
    assert DATA == path.read_bytes()


def test_a_way_in_circles_ends(path: Path) -> None:
    """After a few turns."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(301, headers={"Location": "/on"}, request=request)

    said = refused(path, entry("https://hub.example/x"), transport=httpx.MockTransport(answer))
    assert "more than 5 times" in said.detail


def test_a_server_that_is_away_is_said(path: Path) -> None:
    """With the way round it: fetch it elsewhere."""
    said = refused(path, entry("http://127.0.0.1:9/none"))
    assert "127.0.0.1 cannot be reached: " in said.detail
    assert "http://127.0.0.1:9/none" in said.hint


def test_a_server_that_falls_silent_is_given_up(
    server: WeightsServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time-out between two pieces, not after one for the whole."""
    monkeypatch.setattr(downloads, "_TIMEOUT", httpx.Timeout(0.2))
    server.data = DATA[:60_000]
    one = entry(server.url, size=None)
    server.pause_s = 0.05
    assert "not the pinned bytes" in refused(path, one).detail  # slow, but it came
    server.pause_s = 0.6
    assert "broke off: timed out" in refused(path, one).detail


def test_the_real_time_outs() -> None:
    """Ten seconds to connect, a minute between two pieces."""
    assert (10.0, 60.0) == (downloads._TIMEOUT.connect, downloads._TIMEOUT.read)


def test_a_disk_that_is_too_full_is_said_first(server: WeightsServer, path: Path) -> None:
    """Before a byte is written; what is there already need not fit again."""
    quota = SPARE_BYTES + len(DATA) - 1
    said = refused(path, entry(server.url), free=lambda _folder: quota)
    assert "DiskLow" == said.code
    assert "300,000 bytes are to come" in said.detail
    assert not part_path(path).exists()
    part_path(path).write_bytes(DATA[:10])
    assert (
        len(DATA) - 10 == pull(entry(server.url), path.parent, free=lambda _: quota).fetched_bytes
    )


def test_a_disk_that_fills_up_meanwhile_is_said(
    server: WeightsServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the part is kept, for when there is space again."""

    def full(_self: object, _chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    left_over(path, DATA[:10])
    monkeypatch.setattr(downloads._Part, "write", full)
    with pytest.raises(AdapterError, match="No space left") as caught:
        pull(entry(server.url), path.parent)
    assert "DiskLow" == caught.value.code
    assert DATA[:10] == part_path(path).read_bytes()


def test_a_folder_that_cannot_be_made_is_said(server: WeightsServer, tmp_path: Path) -> None:
    """A file stands in its place."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(AdapterError) as caught:
        pull(entry(server.url), tmp_path / "cache" / "below")
    assert "WriteFailed" == caught.value.code


def test_ctrl_c_keeps_what_came(server: WeightsServer, path: Path) -> None:
    """The next download goes on there."""

    def press(here: int, _total: int) -> None:
        if here > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(entry(server.url), path.parent, told=press)
    kept = part_path(path).stat().st_size
    assert 100_000 < kept < len(DATA)
    assert not path.exists()
    assert len(DATA) - kept == pull(entry(server.url), path.parent).fetched_bytes


def test_the_second_of_two_waits_for_the_first(server: WeightsServer, path: Path) -> None:
    """And finds the file there: it is fetched once."""
    began, waiting = threading.Event(), threading.Event()
    done: list[Pulled] = []

    def first(here: int, _total: int) -> None:
        began.set()
        if here > 100_000:
            assert waiting.wait(5)

    threads = [
        threading.Thread(
            target=lambda: done.append(pull(entry(server.url), path.parent, told=first))
        )
    ]
    threads[0].start()
    assert began.wait(5)
    done.append(pull(entry(server.url), path.parent, waits=waiting.set))
    threads[0].join()
    assert [0, len(DATA)] == sorted(one.fetched_bytes for one in done)
    assert 1 == len(server.asked)


def test_eight_digits_are_held_to_what_came_first(server: WeightsServer, path: Path) -> None:
    """The note is written after the download, and heeded by the next one."""
    one = entry(server.url, whole=False, size=None)
    pull(one, path.parent)
    assert pin_path(path).read_text().startswith(SHA256)
    path.unlink()
    pin_path(path).write_text(SHA256[:8] + "0" * 56)
    assert f"has to be {SHA256[:8]}000" in refused(path, one).detail


def test_a_file_that_was_copied_there_is_noted(path: Path) -> None:
    """As on a machine without a network."""
    path.parent.mkdir()
    path.write_bytes(DATA)
    assert 0 == pull(entry("http://127.0.0.1:9/x", whole=False), path.parent).fetched_bytes
    assert pin_path(path).exists()


def test_the_environments_proxy_is_asked(
    server: WeightsServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the whole address, which the proxy then fetches."""
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/weights.pth"))
    pull(entry("http://weights.invalid/head.pth"), path.parent)
    assert ["http://weights.invalid/head.pth"] == [one.path for one in server.asked]


def test_a_proxy_that_cannot_be_meant_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named as a setting, not as a bug."""
    monkeypatch.setenv("HTTPS_PROXY", "carrier-pigeon://loft")
    said = refused(path, entry("https://weights.invalid/head.pth"))
    assert "settings of the environment" in said.detail
    assert "HTTPS_PROXY" in said.hint
