"""Configuration and workspace: found, overridden, refused with the line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver import config, sections, template, workspace
from driver.errors import Misused
from driver.program import create_journal
from driver.workspace import Workspace, escape_name, shown_name, unescape_name


def load(tmp_path: Path, text: str) -> sections.Config:
    marker = tmp_path / workspace.MARKER
    marker.write_text(text, encoding="utf-8")
    return config.load(marker)


def test_the_template_says_the_defaults(tmp_path: Path) -> None:
    """Every commented key, taken in, is what counts without it."""
    lines = template.TEMPLATE.splitlines()
    text = "\n".join(
        one[2:] if one.startswith("# ") and " = " in one and one[2:3].islower() else one
        for one in lines
    )
    assert sections.Config() == load(tmp_path, text)
    assert "attempts = 3" in text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "[publish]\ncreator = ''\nallow_ungroundd = true\n",
            3,
            "unknown key allow_ungroundd in [publish]; did you mean allow_ungrounded?",
        ),
        ("publish = 3\n", 1, "publish is a section: write [publish], and its keys below"),
        ("creator = 'me'\n", 1, "unknown key creator"),
        ("\n[score]\nprofile = 'half'\n", 3, "profile"),
        ("[resize]\nweb = '15'\n", 2, "is not a size such as"),
        ("[journal]\nmin_free = 'much'\n", 2, "is not a size such as"),
        ("[journal]\nmin_free = '9 PiB'\n", 2, "in B, KiB, MiB, GiB or TiB"),
        ("[publish]\npublic_url_base = 'example'\n", 2, "such as `https://example.org/photos`"),
        ("[publish]\npublic_url_base = 'ftp://a.org'\n", 2, "is no address"),
        ("[publish]\npublic_url_base = 'https://u:p@a.org'\n", 2, "a login does not belong"),
        ("[prefil]\n", 1, "unknown section [prefil]; did you mean [prefill]?"),
        ("[run]\nworkers = 'two'\n", 2, "Expected `int`"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    """Nothing that was misspelt is passed over."""
    with pytest.raises(Misused) as caught:
        load(tmp_path, text)
    assert f"{workspace.MARKER}:{line}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[score]\nprofile = 'ful'\n",
            "`ful` is none of `embedded`, `full` - at `$.score.profile`",
        ),
        (
            "[score]\ndevice = 'gpu'\n",
            "`gpu` is none of `auto`, `cpu`, `cuda`, `mps` - at `$.score.device`",
        ),
        ("[prefill]\non_cpu = 1\n", "`1` is none of `warn`, `stop` - at `$.prefill.on_cpu`"),
        (
            "[score]\nmetrics = 'entropy'\n",
            'got `str`; write a list: `metrics = ["entropy"]` - at `$.score.metrics`',
        ),
        (
            "[prefill]\nfallback_models = 3\n",
            'write a list: `fallback_models = ["NAME"]` - at `$.prefill.fallback_models`',
        ),
        (
            "[prefill]\nkeywords = 6\n",
            "write a list: `keywords = [6, 15]` - at `$.prefill.keywords`",
        ),
    ],
)
def test_a_value_that_cannot_be_is_told_what_can(tmp_path: Path, text: str, words: str) -> None:
    """The values there are, or how a list is written."""
    with pytest.raises(Misused) as caught:
        load(tmp_path, text)
    assert f"{workspace.MARKER}:2: " in str(caught.value)
    assert str(caught.value).endswith(words)


def test_a_variable_is_told_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own name."""
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", "entropy")
    with pytest.raises(Misused, match=r"PHOTOJOURNAL_SCORE_METRICS: .*`metrics = ."):
        load(tmp_path, "")


def settings(*lines: str) -> list[tuple[str, str, str]]:
    """Return section, key and value of `section.key = value` each."""
    found = []
    for one in lines:
        place, _, value = one.partition(" = ")
        section, _, key = place.partition(".")
        found.append((section, key, value))
    return found


STAGES = ("prefill", "score", "resize")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    settings(
        *[f"{stage}.deadline_s = {value}" for stage in STAGES for value in ("nan", "0", "-1.5")],
        *[f"{stage}.backoff_s = {value}" for stage in STAGES for value in ("inf", "-0.1")],
        "prefill.first_token_timeout_s = nan",
        "prefill.idle_timeout_s = inf",
        "prefill.wait_for_service = nan",
        "prefill.in_flight = 65",
        "prefill.num_ctx = 1048577",
        "prefill.num_predict = 65537",
        "prefill.long_side_px = 8193",
        "prefill.model = ' '",
        "prefill.fallback_models = ['llava:7b', '']",
        "prefill.language = ''",
        "prefill.language = 'en GB'",
        "prefill.language = 'en-'",
        "prefill.language = '../en'",
        "prefill.keep_alive = ''",
        "prefill.keep_alive = 'soon'",
        "prefill.keep_alive = '30 m'",
        "prefill.keep_alive = 'nan'",
        "prefill.keep_alive = '1d'",
        "score.metrics = ['']",
        "score.metrics = ['topiq_nr', ' ']",
        "score.metrics = ['topiq nr']",
        "score.metrics = ['topiq_nr', 'topiq_nr']",
        "score.metrics = ['blur_score']",
        "score.metrics = ['brisque']",
        "score.metrics = ['nima']",
    ),
)
def test_what_cannot_be_meant_is_named_with_its_line(
    tmp_path: Path, section: str, key: str, value: str
) -> None:
    """Before anything is begun: no number that is none, no limit that no machine has."""
    with pytest.raises(Misused) as caught:
        load(tmp_path, f"[{section}]\n\n{key} = {value}\n")
    assert f"{workspace.MARKER}:3: " in str(caught.value)
    assert f"$.{section}.{key}" in str(caught.value)
    assert (2, f"mend {workspace.MARKER}") == (caught.value.exit_code, caught.value.hint)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metrics = ['nima_score', 'clip_aesthetic_score', 'clipiqa+_vitL14_512']", ""),
        ("profile = 'full'\nmetrics = ['topiq_nr', 'musiq-ava']", ""),
        (
            "profile = 'full'\nmetrics = ['nima_score']",
            "`nima_score` belongs to the profile `full`",
        ),
        ("metrics = ['nima']", "`nima` is called `nima_score` here"),
        (
            "metrics = ['brisque']",
            "`brisque`, here called `brisque_score`, belongs to the profile `embedded` already",
        ),
        ("metrics = ['topiq_nr', 'topiq_nr']", "each metric once, not topiq_nr, topiq_nr"),
    ],
)
def test_further_metrics_are_names_that_say_something_new(
    tmp_path: Path, text: str, words: str
) -> None:
    """Neural ones may extend a profile that lacks them; what it has already is named."""
    if not words:
        assert load(tmp_path, f"[score]\n{text}\n").score.metrics
        return
    with pytest.raises(Misused) as caught:
        load(tmp_path, f"[score]\n{text}\n")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("keep_alive", ["30m", "1h30m", "-1", "0", "90", "1.5h", "-1m", "500ms"]),
        ("language", ["en", "nl-BE", "zh-Hant-TW", "ja"]),
        (
            "host",
            [
                *("", "localhost", "studio.local:11434", "127.0.0.1:1", "[::1]:65535", "0.0.0.0"),
                *("http://10.0.0.7", "https://studio.local:443/ollama", ":11434"),
            ],
        ),
    ],
)
def test_what_can_be_meant_is_taken(tmp_path: Path, key: str, values: list[str]) -> None:
    """Every form that the service knows."""
    for value in values:
        assert value == getattr(load(tmp_path, f"[prefill]\n{key} = '{value}'\n").prefill, key)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("user:pw@host", "a login does not belong here"),
        ("http://user:pw@host:11434", "a login does not belong here"),
        ("http://user:p#w@host", "a login does not belong here"),
        ("ftp://studio.local", "`ftp` is not spoken: http or https"),
        ("studio.local:0", "is no address"),
        ("studio.local:65536", "is no address"),
        ("studio.local:", "is no address"),
        ("studio.local:many", "is no address"),
        ("http://", "is no address"),
        ("[::1", "is no address"),
        ("studio local", "is no address"),
        ("studio.local\t", "is no address"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(tmp_path: Path, host: str, words: str) -> None:
    """With its line; what may be a password is not repeated."""
    with pytest.raises(Misused) as caught:
        load(tmp_path, f'[prefill]\nhost = "{host}"\n')
    assert f"{workspace.MARKER}:2: {words}" in str(caught.value).replace(f"`{host}` ", "")
    assert "pw" not in str(caught.value)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    """With what the reader says about it."""
    with pytest.raises(Misused, match=r"line 1"):
        load(tmp_path, "[[[")


def test_every_key_can_be_set_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers, switches and words; passwords are never taken for keys."""
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_BACKOFF_S", "0.5")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_ALLOW_UNGROUNDED", "true")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_PUBLIC_URL_BASE", "https://example.org/a,b")
    monkeypatch.setenv("PHOTOJOURNAL_FTP_PASSWORD", "hunter2")
    found = load(tmp_path, "[publish]\nallow_ungrounded = false\n")
    assert (0.5, True, "https://example.org/a,b") == (
        found.prefill.backoff_s,
        found.publish.allow_ungrounded,
        found.publish.public_url_base,
    )


def test_a_text_in_the_environment_is_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that looks like a number or a switch."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_CREATOR", "2008")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_COPYRIGHT", "'quoted'")
    found = load(tmp_path, "").publish
    assert ("2008", "quoted") == (found.creator, found.copyright)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PHOTOJOURNAL_RUN_WORKERS", "two", "PHOTOJOURNAL_RUN_WORKERS: Expected `int`"),
        ("PHOTOJOURNAL_RESIZE_WEB", "15", "PHOTOJOURNAL_RESIZE_WEB: `15` is not a size such as"),
        ("PHOTOJOURNAL_PUBLISH_CREATR", "me", "PHOTOJOURNAL_PUBLISH_CREATR: there is no key"),
        ("PHOTOJOURNAL_PUBLISH_CREATOR", "me", "publish is a section"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """And not the file, unless it is the file's."""
    monkeypatch.setenv(name, value)
    with pytest.raises(Misused) as caught:
        load(tmp_path, "publish = 3\n" if words.startswith("publish") else "")
    assert words in str(caught.value)
    assert (workspace.MARKER in str(caught.value)) == words.startswith("publish")


def test_a_workspace_is_found_upwards_and_never_made_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the one used last is named."""
    monkeypatch.delenv(workspace.VARIABLE, raising=False)
    made = workspace.create(tmp_path / "pictures")
    create_journal(made)
    deep = made.root / "2026" / "card"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert made.root == workspace.find(None).root
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(Misused, match="there is no workspace in") as caught:
        workspace.find(None)
    assert f"photojournal -w {made.root} status" in caught.value.hint
    monkeypatch.setenv(workspace.VARIABLE, str(made.root))
    assert made.root == workspace.find(None).root
    assert [] == list(elsewhere.iterdir())


def test_making_a_workspace_twice_changes_nothing(tmp_path: Path) -> None:
    """The settings of a person are never overwritten."""
    made = workspace.create(tmp_path)
    marker = made.root / workspace.MARKER
    marker.write_text("[run]\nworkers = 1\n", encoding="utf-8")
    assert 1 == workspace.create(tmp_path).config.run.workers


NAMES = st.text(
    st.characters(blacklist_categories=["Cs"]) | st.integers(0xDC80, 0xDCFF).map(chr), max_size=20
)


@given(NAMES)
def test_names_come_back_as_they_were(name: str) -> None:
    """Escaped names are text, and unescaping gives the name; what is shown is one line."""
    escaped = escape_name(name)
    escaped.encode("utf-8")
    assert name == unescape_name(escaped)
    assert shown_name(name).isprintable()


def test_paths_are_stored_relative_to_a_named_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moved workspace or home finds its photos again."""
    monkeypatch.setattr(Path, "home", staticmethod(lambda: tmp_path / "home"))
    root = tmp_path / "home" / "pictures"
    found = Workspace(workspace.create(root).root)
    sources = {
        "workspace": root / "2026" / "a.jpg",
        "home": tmp_path / "home" / "b.jpg",
        "filesystem": tmp_path / "card" / "c.jpg",
    }
    for name, path in sources.items():
        source = found.source_of(path, copied=False)
        assert name == source.root
        assert path == found.path_of(source)
