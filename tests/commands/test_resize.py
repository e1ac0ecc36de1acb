"""`resize`: what it would make, what it makes, and settings that it cannot carry out."""

import pytest

from driver.workspace import MARKER
from tests.commands.cli import Terminal
from tests.driver.desk import CONFIG

NAMED = f"""\
{CONFIG}
[resize.renditions.large]
size = "250x250"
format = "webp"
"""
WITH_LOGO = f"""\
{NAMED}watermark = true
[resize.watermark]
image = "logo.png"
"""


def settle(terminal: Terminal, config: str) -> None:
    (terminal.root / MARKER).write_text(config, encoding="utf-8")


def test_a_dry_run_lists_rows_pictures_and_bytes_and_writes_nothing(terminal: Terminal) -> None:
    """Row 3 waits for a review and gets the new one; what is approved or set aside is left."""
    settle(terminal, NAMED.replace('format = "webp"\n', ""))
    before, head = terminal.files(), terminal.head()
    said = terminal.type("resize", "--dry-run")
    assert 0 == said.code
    told = " ".join(said.out.split())
    assert "other settings large 250 x 167 (about" in told
    assert "web stays, thumb stays" in told
    assert "Renditions: 1 to make, an estimated" in told
    assert "Dry run: nothing was changed." in told
    (due,) = terminal.type("resize", "--dry-run", "--json").json
    assert (3, "resize", "other settings") == (due["row"], due["stage"], due["why"])
    assert ["web", "thumb"] == due["renditions"]["kept"]
    (large,) = due["renditions"]["make"]
    assert ("large", 250, 167) == (large["name"], large["width_px"], large["height_px"])
    assert 1_000 < large["estimate_bytes"] < 250 * 167 * 3
    assert (before, head) == (terminal.files(), terminal.head())


def test_status_and_approve_say_that_pictures_are_of_other_settings(terminal: Terminal) -> None:
    """Row 3 waits for a review; it is done with when it was made anew."""
    assert "pictures made by" not in terminal.type("status").out
    settle(terminal, NAMED)
    said = terminal.type("status")
    assert "1 row has pictures made by other settings: photojournal resize --dry-run" in said.out
    assert 1 == terminal.type("status", "--json").json["other_pictures"]
    terminal.type("edit", "3", "--caption", "A bridge in fog at dawn", "--alt-text", "A bridge")
    said = terminal.type("approve", "3")
    assert "the pictures of row 3 were made by other settings than today's" in said.err
    for words in ("retry 3 --stage resize", "resize 3", "approve 3"):
        said = terminal.type(*words.split())
        assert (0, False) == (said.code, "other settings" in said.err)
    assert 0 == terminal.type("status", "--json").json["other_pictures"]


def test_what_a_dry_run_says_is_what_is_made(terminal: Terminal) -> None:
    """Afterwards nothing is due, and `show` has the new picture beside the old ones."""
    settle(terminal, NAMED)
    unknown = "how many bytes is not known before the first ones are made"
    assert unknown in terminal.type("resize", "--dry-run").out
    old = {one["name"]: one for one in terminal.type("show", 3, "--json").json["renditions"]}
    assert 0 == terminal.type("resize").code
    new = {one["name"]: one for one in terminal.type("show", 3, "--json").json["renditions"]}
    assert old == {name: one for name, one in new.items() if name != "large"}
    assert (250, 167, "image/webp") == tuple(
        new["large"][key] for key in ("width_px", "height_px", "media_type")
    )
    assert "Nothing is due." in terminal.type("resize", "--dry-run").out
    assert "Nothing changed." in terminal.type("resize").out


def test_a_picture_that_is_no_longer_wanted_goes_without_decoding(terminal: Terminal) -> None:
    """The plan says so; the others stay."""
    settle(terminal, NAMED)
    terminal.type("resize")
    settle(terminal, CONFIG)
    told = " ".join(terminal.type("resize", "--dry-run").out.split())
    assert "web stays, thumb stays, large goes" in told
    assert 0 == terminal.type("resize").code
    assert ["web", "thumb"] == [
        one["name"] for one in terminal.type("show", 3, "--json").json["renditions"]
    ]


@pytest.mark.parametrize("words", [("resize",), ("resize", "--dry-run")])
def test_a_watermark_that_is_missing_is_an_error_of_the_settings(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    """With its line, the file, and what to do; nothing is begun."""
    settle(terminal, WITH_LOGO)
    head = terminal.head()
    said = terminal.type(*words)
    assert 2 == said.code
    assert f"{MARKER}:" in said.err
    assert "`logo.png` cannot be a watermark: it cannot be read" in said.err
    assert f"Hint: mend [resize.watermark] image in {MARKER}" in said.err
    assert head == terminal.head()


def test_texts_and_scores_do_not_mind_a_watermark_that_is_missing(terminal: Terminal) -> None:
    """`prefill` and `score` work; `run` pauses resizing where pictures are due, and says why."""
    settle(terminal, WITH_LOGO)
    assert 0 == terminal.type("retry", 3, "--stage", "score").code
    assert 0 == terminal.type("retry", 3, "--stage", "resize").code
    assert 0 == terminal.type("prefill").code
    plan = terminal.type("run", "--dry-run")
    assert 0 == plan.code
    assert "No pictures can be made: " in plan.out
    said = terminal.type("run")
    assert 4 == said.code
    assert "logo.png` cannot be a watermark" in said.err
    assert "Hint: mend [resize.watermark] image" in said.err
    line = terminal.type("show", 3, "--json").json
    assert ("done", "due") == (line["score_status"], line["resize_status"])
