"""Incidents that really happen, in small sets: what `triage` says about them."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.workers import Workers
from driver import pipeline, publishing
from driver.looking import look
from driver.shell import Shell
from driver.triage import Asked, triage_of
from journal import DiskLow
from machine.intents import RecordFailure, StartAttempt
from machine.values import STAGES, Stage
from tests.driver.desk import Desk
from tests.driver.nights import Night
from tests.driver.processes import KILLED, do
from tests.servers import ftp
from tests.standins.ollama_server import Request, Step


def told(desk: Desk, at: str = "", **asked: str) -> dict[str, Any]:
    """Return the incident page, which has to be JSON."""
    with desk.program() as program, look(program, at) as seen:
        found: dict[str, Any] = json.loads(json.dumps(triage_of(seen, Asked(**asked))))
        return found


class Falls:
    """A model that is thrown off the GPU at the nth photo and hangs some photos later."""

    def __init__(self, nth: int) -> None:
        """Take when."""
        self.nth, self.seen = nth, 0
        self.night: Night | None = None

    def __call__(self, request: Request) -> Step | None:
        """Answer, fall, answer a few more, hang."""
        self.seen += bool(request.image)
        if self.seen == self.nth:
            assert self.night is not None
            self.night.server.go_to_cpu()
        return Step(kind="hang") if self.seen > self.nth + 5 else None


def test_a_fall_to_the_cpu_is_the_cause_of_the_deadlines_after_it(
    tmp_path: Path, workers: Workers
) -> None:
    """Not the timeouts, although they are the errors that one sees."""
    script = Falls(6)
    limits = {"first_token_timeout_s": 0.4, "deadline_s": 1.0, "attempts": 1}
    served = {"script": script, "cpu_factor": 1.0}
    with Night(tmp_path, workers, served=served, **limits) as night:
        script.night = night
        rows = night.bring(14)
        night.caption(*rows[:4])
        good = told(night.desk)
        assert ("nothing failed", ["nothing failed"]) == (good["verdict"], good["cause_classes"])
        worked = night.caption()
        assert worked.failed
        found = told(night.desk)
    assert ["ollama-on-cpu"] == found["cause_classes"]
    (cause,) = found["causes"]
    assert "PrefillOnCpu" == cause["code"]
    assert {"PrefillFirstTokenTimeout"} <= {one["code"] for one in cause["consequences"]}
    assert ["the caption model fell to the CPU before the deadlines passed"] == cause["because"]
    first = found["first_error"]
    assert first["id"] == cause["id"] == min(worked.failed)
    assert "[ERROR]" in first["log_line"]
    assert first["log_line"] in (night.desk.root / first["log"]).read_text("utf-8")
    changed = {one["what"]: (one["then"], one["now"]) for one in found["evidence"]["changed"]}
    assert ("GPU", "GPU, CPU") == changed["processor"]
    assert found["next_commands"][0].startswith("photojournal prefill")


def test_a_service_that_dies_and_a_gallery_that_refuses_are_two_causes_in_order(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its first row; rows that were left due are counted, and nobody is blamed."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", "not the password")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", "neither")
    slow = {"script": {"*": Step(kind="slow", first_s=0.1)}}
    with (
        ftp.serving(tmp_path / "ftp") as files,
        Night(tmp_path, workers, served=slow, wait_for_service=0.2) as night,
    ):
        rows = night.bring(10)
        night.desk.work("score", "resize")
        night.caption(*rows[:2])
        night.desk.approve(*rows[:2])
        publish_to(night, files.port)

        def evening() -> None:
            with night.desk.program("run") as program:
                pipeline.work(program, rows, STAGES, lambda _tallies: None)
                publishing.publish(program, rows[:2], lambda _uploads: None)

        with night.beside(evening):
            night.server.wait_until(lambda _server: len(night.asked()) >= 5)
            night.server.stop()
        found = told(night.desk)
        captioned, asked = night.captioned(), night.order()
    assert ["ollama-unreachable", "gallery-failed"] == found["cause_classes"]
    ollama, gallery = found["causes"]
    assert ("prefill", "publish") == (ollama["stage"], gallery["stage"])
    assert "PublishRefused" == gallery["code"]
    assert ollama["id"] == asked[4], "the row that it died on"
    left = {one["code"]: one["rows"] for one in found["impact"] if one["status"] == "left due"}
    assert {"PrefillUnreachable": 10 - len(captioned), "PublishRefused": 2} == left
    assert not found["outside"]["partial"]
    commands = found["next_commands"]
    assert "ollama serve" in found["next"][0]["words"]
    assert ["photojournal doctor", "photojournal run", "photojournal publish"] == commands
    assert "s3cret" not in json.dumps(found)


def publish_to(night: Night, port: int) -> None:
    """Let the workspace publish to an FTP server, with a table that nobody asks for."""
    path = night.desk.root / "photojournal.toml"
    settings = f"""
[publish]
gallery = "ftp"
public_url_base = "https://example.org"
ftp = {{ host = "127.0.0.1", port = {port}, user = "{ftp.USER}", tls = false }}
mysql = {{ host = "127.0.0.1", port = 1, user = "anna", database = "website" }}
"""
    path.write_text(path.read_text("utf-8") + settings, encoding="utf-8")


def test_a_low_disk_is_the_cause_of_what_could_not_be_written(desk: Desk) -> None:
    """Although the run noticed it last; where to free space comes before typing it again."""
    desk.ingest(desk.photo("coffee"))
    with pytest.raises(DiskLow):
        _fill_up(desk)
    found = told(desk)
    assert ["file-failed"] == found["cause_classes"]
    (cause,) = found["causes"]
    assert ("DiskLow", "StoppedDiskLow", "fatal") == (cause["code"], cause["type"], cause["level"])
    assert ["the disk was low before files could not be written"] == cause["because"]
    assert ("ResizeFailed", 1) == (found["first_error"]["code"], found["first_error"]["id"])
    assert 1 == cause["id"]
    assert found["next"][0]["words"].startswith("Free some space")
    assert "photojournal run" == found["next"][0]["command"]


def _fill_up(desk: Desk) -> None:
    """Fail to write, and then find that too little is free for an append."""
    with desk.program("run") as program:
        claim(program.shell, "resize")
        failed = RecordFailure(
            stage="resize",
            attempt=1,
            input_digest=program.shell.row(1).happened.resize.digest,
            code="ResizeFailed",
            detail="No space left on device",
            budget=3,
            retry_at="",
        )
        program.shell.ask(1, failed)
        raise DiskLow(10, 100)


def claim(shell: Shell, stage: Stage) -> None:
    """Begin an attempt."""
    start = StartAttempt(stage=stage, recipe_digest="x", claimed_by=shell.run_id)
    shell.ask(1, start)


def test_an_error_that_nobody_foresaw_is_never_put_into_a_class(desk: Desk) -> None:
    """It is told as it is, with what came of it; the rows it left are settled by the next run."""
    desk.ingest(desk.photo("coffee"))
    with pytest.raises(KeyError):
        _stumble(desk)
    found = told(desk)
    assert ["unclassified"] == found["cause_classes"]
    (cause,) = found["causes"]
    assert (70, "KeyError: 'a thing that nobody thought of'") == (
        found["runs"][0]["exit_code"],
        cause["detail"],
    )
    assert ("", 0) == (cause["code"], cause["domain"])
    assert "photojournal run" in found["next_commands"]


def _stumble(desk: Desk) -> None:
    """Claim a row, and fall over something."""
    with desk.program("run") as program:
        claim(program.shell, "score")
        msg = "a thing that nobody thought of"
        raise KeyError(msg)


def test_after_a_good_night_nothing_failed(desk: Desk) -> None:
    """No cause, nothing hit, nothing to mend; what was published can be taken back."""
    desk.published("coffee", "chelsea")
    found = told(desk)
    assert ("nothing failed", "nothing failed") == (found["verdict"], found["cause_class"])
    assert [] == found["causes"] == found["impact"] == found["next"]
    assert found["first_error"] is None
    assert 2 == found["outside"]["published"]
    assert found["outside"]["take_back"].startswith("photojournal rollback --run ")


def test_a_run_that_was_killed_is_the_cause_of_what_it_left_open(desk: Desk) -> None:
    """Before anybody settled it, and after; the same command goes on."""
    desk.ingest(desk.photo("coffee"), desk.photo("chelsea"))
    assert KILLED == do(desk.root, "score", crash_at="stage.score.before:1")[0]
    before = told(desk)
    assert (["killed"], "died") == (before["cause_classes"], before["runs"][0]["outcome"])
    assert ("ScoringInterrupted", 1) == (before["impact"][0]["code"], before["rows_hit"])
    assert ["photojournal score"] == before["next_commands"]
    run = before["runs"][0]["run_id"]
    desk.work("score")
    after = told(desk, run=run)
    assert ["killed"] == after["cause_classes"]
    assert "RunDied" == after["causes"][0]["type"]
    assert before["causes"][0]["id"] == after["causes"][0]["id"]
    assert {"done", "nothing failed"} == {after["later_runs"]["newest"]["outcome"]} | {
        told(desk, run="last")["verdict"]
    }


def test_a_publication_that_was_killed_says_what_stands_outside(desk: Desk) -> None:
    """And how it is settled; once it is, nothing is half done."""
    desk.ingest(desk.photo("coffee"))
    desk.work()
    desk.approve(1)
    assert KILLED == do(desk.root, "publish", crash_at="saga.put_record.before:1")[0]
    found = told(desk)
    assert ["killed"] == found["cause_classes"]
    outside = found["outside"]
    assert (True, 1, "photojournal repair") == (
        outside["partial"], outside["rows"], outside["settle"],
    )  # fmt: skip
    (saga,) = outside["open"]
    assert (1, "publication", 3, 2) == (
        saga["id"], saga["kind"], saga["steps"], len(saga["done"]),
    )  # fmt: skip
    assert "photojournal repair" in found["next_commands"]
    desk.repair(1)
    assert not told(desk)["outside"]["partial"]


def test_a_row_that_came_through_is_noticed_and_no_cause(tmp_path: Path, workers: Workers) -> None:
    """The first try failed, the second was accepted: nothing failed."""
    with Night(tmp_path, workers) as night:
        rows = night.bring(3)
        night.server.script = {
            "*": Step(), night.keys[rows[1]]: [Step(kind="error", status=500), Step()],
        }  # fmt: skip
        assert not night.caption().failed
        found = told(night.desk)
    assert ("nothing failed", []) == (found["verdict"], found["causes"])
    (noticed,) = [one for one in found["noticed"] if one["class"] == "model-failed"]
    assert ("PrefillServerError", rows[1]) == (noticed["code"], noticed["id"])
    assert {"500": 1} == found["evidence"]["http_status"]


def test_what_came_in_since_is_no_part_of_a_pause_that_is_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the gallery takes photos again; a row that was left as it was keeps it open."""
    desk.ingest(desk.photo("coffee"), desk.photo("chelsea"))
    desk.work()
    desk.approve(1)
    away = {"PUBLIC_URL_BASE": "https://example.org", "GALLERY": "ftp", "FTP_HOST": "127.0.0.1"}
    away |= {"FTP_PORT": "9", "FTP_USER": "anna", "FTP_TLS": "false", "FTP_PASSWORD": "secret"}
    away |= {"MYSQL_HOST": "127.0.0.1", "MYSQL_USER": "anna", "MYSQL_DATABASE": "website"}
    with monkeypatch.context() as patch:
        for name, value in (away | {"MYSQL_PASSWORD": "secret"}).items():
            patch.setenv(f"PHOTOJOURNAL_PUBLISH_{name}", value)
        with desk.program("publish") as program:
            publishing.publish(program, [1], lambda _uploads: None)
            program.exit_code = 4
    found = told(desk)
    assert [("PublishUnreachable", False)] == [
        (one["code"], one["over"]) for one in found["causes"]
    ]
    desk.work("score")
    assert "failed" == told(desk)["verdict"], "a run that did something else settles nothing"
    assert "published" == desk.publish(1)[0][0].outcome
    assert "settled" == told(desk)["verdict"]
    desk.approve(2)
    found = told(desk)
    assert ("settled", []) == (found["verdict"], found["next"])


def test_a_file_that_was_refused_is_over_once_it_came_in(desk: Desk) -> None:
    """By its name; until then a run that ended well settles nothing."""
    photo = desk.photo("coffee", "late.jpg")
    whole = photo.read_bytes()
    photo.write_bytes(b"")
    desk.ingest(photo)
    run = desk.newest_run("ingest")
    desk.ingest(desk.photo("chelsea"))
    assert "failed" == told(desk, run=run)["verdict"]
    photo.write_bytes(whole)
    desk.ingest(photo)
    found = told(desk, run=run)
    assert ("settled", []) == (found["verdict"], found["next"])


def drifting(caption: str) -> Step:
    """Return an answer with spaced dashes, doubled words and blanks before commas."""
    words = tuple(sorted({word for word in caption.split() if len(word) > 3}))
    return Step(
        kind="text",
        caption=f"{caption} at the quay of a harbour town",
        alt_text=f"{caption} at at the quay .",
        keywords=(*words, "quay", "water", "light", "summer"),
    )


def test_texts_that_rules_mended_are_a_cause_where_that_is_new(
    tmp_path: Path, workers: Workers
) -> None:
    """With the first row and a look at it; the next time that is as ever."""
    with Night(tmp_path, workers) as night:
        rows = night.bring(4)
        night.server.script = {
            night.keys[rows[1]]: drifting("a quiet harbour  -  in in the evening , with boats"),
            night.keys[rows[3]]: drifting("a crane -  above above the ships , far from the town"),
        }
        night.caption(*rows[:2])
        first = told(night.desk)
        night.caption(*rows[2:])
        second = told(night.desk)
    assert ("needs attention", ["text-drift"]) == (first["verdict"], first["cause_classes"])
    assert rows[1] == first["causes"][0]["id"]
    assert [f"photojournal history {rows[1]}"] == first["next_commands"]
    assert ("nothing failed", []) == (second["verdict"], second["causes"])
    assert "text-drift" in [one["class"] for one in second["noticed"]]
