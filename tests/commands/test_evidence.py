"""What a failed batch leaves behind stays as it is, whatever is looked at or rehearsed."""

from pathlib import Path

import pytest

from tests.commands.cli import Terminal
from tests.commands.test_selectors import LOOKING, NEEDED, WRITING

ABOUT: dict[str, list[str]] = {
    "show": ["4"],
    "history": ["4"],
    "blame": ["4", "QC_Status"],
    "diff": ["last"],
    "search": ["a cat"],
    "export": ["--csv", "{folder}/texts.csv"],
    "report": ["--out", "{folder}/report.html"],
}
"""What a verb that looks is told beside its name."""

BESIDE = ("data/run_log.txt", "data/prefill_qc_last.json", "data/crash_runtime.log")
"""Logs that do not lie in `logs/`."""

REHEARSED = (
    ["ingest", "{photo}", "--dry-run"],
    ["prefill", "4", "--trial", "some-model", "--dry-run"],
    ["prune", "objects", "--dry-run"],
    ["logs", "prune", "--keep", "0", "--dry-run"],
    ["logs", "unhold", "last", "--dry-run"],
    ["logs"],
    ["logs", "show", "last"],
    ["incident", "export", "last", "{folder}/incident.zip"],
    ["replay"],
    ["replay", "--check"],
)


def evidence(terminal: Terminal) -> dict[str, bytes]:
    """Return every log file of the workspace, by name."""
    found = [*terminal.root.glob("logs/**/*"), *map(terminal.root.joinpath, BESIDE)]
    return {path.name: path.read_bytes() for path in found if path.is_file()}


def test_looking_and_rehearsing_leave_the_logs_of_a_failed_batch_alone(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every verb that looks, `doctor`, and a dry run of every other: no byte differs."""
    monkeypatch.chdir(tmp_path)
    terminal.type("release", "4", "--reason", "another try")
    assert 10 == terminal.type("run").code
    (newest, *_) = terminal.type("logs", "--json").json
    assert ("failed rows", True) == (newest["outcome"], "failed" in newest["kept"])
    (terminal.root / "data" / "crash_runtime.log").write_text("what a worker left behind\n")
    before = evidence(terminal)
    assert {"latest_run.log", f"{newest['run_id']}.log", *(Path(one).name for one in BESIDE)} <= (
        before.keys()
    )
    photo = terminal.root.parent / "other.jpg"
    photo.write_bytes(b"no photo")
    looks = [[verb, *ABOUT.get(verb, [])] for verb in sorted(LOOKING)]
    looks += [[verb, "4", *NEEDED.get(verb, []), "--dry-run"] for verb in WRITING if verb != "run"]
    looks += [["run", "--dry-run"], *REHEARSED]
    for words in looks:
        said = terminal.type(*(word.format(folder=tmp_path, photo=photo) for word in words))
        assert "Traceback" not in said.err, words
        assert "No such option" not in said.err, words
        assert said.code != 2 or words[0] not in LOOKING, said.err
        assert before == evidence(terminal), words
