"""
Killed while a model describes photos: nobody is charged, every photo gets its text once.

The program dies at random moments with four requests at once under way, between an answer and its
record, or of one photo that really kills it; workers die or hang of a photo that they prepare.
One seed again: `CRASH_SEED=1234 python -m pytest -m soak tests/crash -k model_kills_of_one_seed`.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from driver import captioning
from tests.adapters.crashing import was_killed
from tests.crash import deadly, studio
from tests.crash import workspace as ws
from tests.crash.campaign import Typist, check_dead, say, started
from tests.driver.desk import Desk
from tests.driver.processes import wait_for
from tests.standins import ollama_answers
from tests.standins.ollama_server import StandIn

MODEL_S = 0.2
"""Seconds that the model takes for a picture."""
KILLS, SOAK_KILLS = 3, 12
PER_KILL = 14
"""Photos for each kill: those in flight are tried alone later, and a few are done meanwhile."""


@pytest.fixture
def server() -> Iterator[StandIn]:
    """A model that takes its time."""
    with studio.model(first_s=MODEL_S) as one:
        yield one


# --- at random moments


def kill_once(server: StandIn, root: Path, verb: str, chance: random.Random) -> int:
    """
    Kill the program with four requests under way; return how many calls that cost.

    As many as rows were in flight: those under way, and an answer that was not recorded yet.
    """
    before, texts = ws.head(root), len(studio.described(root)) + chance.randint(0, 2)
    calls = len(server.calls)
    program = started(root, verb)
    wait_for(lambda: len(studio.described(root)) >= texts, 60)
    wait_for(lambda: studio.busy(server) == studio.IN_FLIGHT or program.poll() is not None, 60)
    assert program.poll() is None, "all was done before the kill: more photos are needed"
    time.sleep(chance.random() * MODEL_S * 1.5)
    program.kill()
    program.wait()
    check_dead(root, before, None)
    wait_for(lambda: studio.busy(server) == 0, 10)
    known = studio.described(root)
    lost = [call for call in server.calls[calls:] if call.key and call.key not in known]
    assert sum(call.left for call in lost) <= studio.IN_FLIGHT, "too many requests at once"
    assert len(lost) <= studio.CLAIMED, "more is lost than may be in flight"
    return len(lost)


def kill_many(
    person: Typist, server: StandIn, root: Path, kills: int, *, seed: int, verb: str
) -> None:
    """Kill a command so often, let it finish, and look at what it came to."""
    chance, count = random.Random(seed), kills * PER_KILL + studio.IN_FLIGHT
    studio.furnish(person, root, server.url, count)
    lost = [kill_once(server, root, verb, chance) for _ in range(kills)]
    done = person.type(root, verb)
    said = f"CRASH_SEED={seed} {verb}: {kills} kills, lost at each: {lost}"
    say(said)
    assert done.code == 0, f"{said}\n{done}"
    studio.check_unharmed(root, count)
    times = studio.asked(server)
    assert set(times) == studio.described(root), said
    repeated = sum(times.values()) - count
    assert repeated == sum(lost), f"{said}: {repeated} repeated"
    assert person.type(root, "verify").code == 0, said


@pytest.mark.soak
def test_killed_with_four_requests_under_way_every_photo_gets_its_text_once(
    person: Typist, server: StandIn, tmp_path: Path
) -> None:
    """The sample: the same seed, though not the same moments."""
    kill_many(person, server, tmp_path / "w", KILLS, seed=1, verb="prefill")


@pytest.mark.soak
@pytest.mark.parametrize("verb", ["prefill", "run"])
def test_killed_many_times_with_four_requests_under_way_every_photo_gets_its_text_once(
    person: Typist, server: StandIn, tmp_path: Path, verb: str
) -> None:
    """Another seed each time; it is printed."""
    seed = random.SystemRandom().randrange(1_000_000)
    kill_many(person, server, tmp_path / "w", SOAK_KILLS, seed=seed, verb=verb)


@pytest.mark.soak
def test_model_kills_of_one_seed(person: Typist, server: StandIn, tmp_path: Path) -> None:
    """The kills that `CRASH_SEED` names."""
    seed = os.environ.get("CRASH_SEED", "")
    if not seed:
        pytest.skip("CRASH_SEED names no kills")
    kill_many(person, server, tmp_path / "w", SOAK_KILLS, seed=int(seed), verb="prefill")


# --- of one photo


@pytest.mark.soak
def test_a_photo_that_kills_the_program_is_found_and_set_aside_and_no_other(
    person: Typist, tmp_path: Path
) -> None:
    """In company first, then three times alone; by then every other photo has its text."""
    count, number = 9, 3
    with studio.model(first_s=0.05) as server:
        root = studio.furnish(person, tmp_path / "w", server.url, count)
        sha256 = ws.query(
            root / "data" / "review.db", f"SELECT sha256 FROM review_queue WHERE id = {number}"
        )[0]["sha256"]
        deaths = 0
        while was_killed(studio.killer(root, sha256, "prefill").wait(120)):
            deaths += 1
            assert deaths < 9, "it goes on for ever"
            ws.check_journal(root)
            if deaths == 2:
                alone = studio.of_rows(root, "AttemptStarted")[-1]
                assert alone["stream"] == f"row/{number}"
    log = (root / "logs" / "latest_run.log").read_text(encoding="utf-8")
    tries = [
        line["payload"].get("alone", False)
        for line in studio.of_rows(root, "AttemptStarted")
        if line["stream"] == f"row/{number}"
    ]
    assert tries == [False, True, True, True]
    assert deaths == 4
    assert studio.rows_with(root, "Quarantined") == Counter([number])
    assert studio.rows_with(root, "Prefilled") == Counter(set(range(1, count + 1)) - {number})
    assert studio.of_rows(root, "AttemptFailed") == []
    logs = [log, *(path.read_text("utf-8") for path in (root / "logs" / "runs").glob("*.log"))]
    assert any(f"Quarantined row id={number} QC_Status=PrefillInterrupted" in one for one in logs)
    assert any(f"id={number} " in one and "prefill interrupted: run" in one for one in logs)
    queue = json.loads(person.type(root, "queue", "--json").stdout)
    (line,) = [one for one in queue if one["id"] == number]
    assert (line["Review_Status"], line["QC_Status"]) == ("Quarantined", "PrefillInterrupted")
    assert line["next_action"]


# --- of a worker


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A workspace whose workers die or hang of some photos; nine photos are in its inbox."""
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "anna")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with Workers(2, functions=deadly.FUNCTIONS) as workers:
        yield Desk(tmp_path / "workspace", workers)


def describe(desk: Desk, deadly_one: bytes) -> tuple[list[Path], str]:
    """Let the model describe nine photos, one of them deadly; return them and the log."""
    with studio.model(first_s=0.05) as server:
        studio.configure(desk.root, server.url)
        photos = studio.paint(desk.inbox, 9, {4: deadly_one})
        desk.ingest(*photos)
        worked = desk.work("prefill")
    assert worked.paused == ""
    assert studio.rows_with(desk.root, "Quarantined") == Counter([4])
    others = set(range(1, 10)) - {4}
    assert studio.rows_with(desk.root, "Prefilled") == Counter(others)
    desk.check()
    return photos, (desk.root / "logs" / "latest_run.log").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="kills with POSIX signals")
def test_a_photo_that_kills_the_worker_is_tried_once_more_alone_then_set_aside(desk: Desk) -> None:
    """The row is named, with the exit code; its neighbours go on."""
    _, log = describe(desk, deadly.CRASH)
    tries = [
        line["payload"].get("alone", False)
        for line in studio.of_rows(desk.root, "AttemptStarted")
        if line["stream"] == "row/4"
    ]
    assert tries == [False, True]
    failed = [line["payload"] for line in studio.of_rows(desk.root, "AttemptFailed")]
    assert [("PrefillNativeCrash", -11)] * 2 == [(one["code"], one["exit_code"]) for one in failed]
    assert studio.rows_with(desk.root, "AttemptFailed") == Counter({4: 2})
    assert "[WARN] Quarantined row id=4 QC_Status=PrefillNativeCrash exit=-11" in log
    line = desk.line(4)
    assert (line["Review_Status"], line["QC_Status"]) == ("Quarantined", "PrefillNativeCrash")


def test_a_photo_on_which_the_worker_hangs_is_given_up_at_the_deadline(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs its own tries, a deadline each, and nobody else's."""
    monkeypatch.setattr(captioning, "PREPARE_DEADLINE_S", 1.5)
    _, log = describe(desk, deadly.HANG)
    failed = [line["payload"] for line in studio.of_rows(desk.root, "AttemptFailed")]
    assert {"PrefillTimeout"} == {one["code"] for one in failed}
    assert studio.rows_with(desk.root, "AttemptFailed") == Counter({4: 3})
    assert "no answer within 1.5 s" in log
    assert "Quarantined row id=4 QC_Status=PrefillTimeout" in log


# --- between an answer and its record


def test_killed_between_the_answer_and_its_record_one_call_is_repeated(
    person: Typist, tmp_path: Path
) -> None:
    """The last of three: the others are recorded, nothing else is under way."""
    with studio.model(num_parallel=1) as server:
        root = studio.furnish(person, tmp_path / "w", server.url, 3, in_flight=1)
        done = person.type(root, "prefill", crash_at="stage.prefill.after:3")
        assert was_killed(done.code), done
        assert len(studio.described(root)) == 2
        assert person.type(root, "prefill").code == 0
        studio.check_unharmed(root, 3)
        assert sorted(studio.asked(server).values()) == [1, 1, 2]


def test_a_reply_that_comes_twice_is_kept_once(
    person: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when the reply was kept and not recorded; the model then says the same again."""
    fixed = {"total_duration": 10**8, "eval_count": 40, "eval_duration": 10**8}
    monkeypatch.setattr(ollama_answers.Pace, "counters", lambda *_: fixed)
    with studio.model(num_parallel=1) as server:
        root = studio.furnish(person, tmp_path / "w", server.url, 1, in_flight=1)
        trial = ws.copy_of(root, tmp_path / "trial")
        _, points = person.points(trial, "prefill")
        at = points.index("stage.prefill.after:1")
        point = next(one for one in points[at:] if one.startswith("shell.append.before"))
        before = studio.kept(root)
        assert was_killed(person.type(root, "prefill", crash_at=point).code)
        (once,) = studio.kept(root) - before
        assert studio.replies(root) == []
        assert person.type(root, "prefill").code == 0
        assert studio.replies(root) == [once]
        assert studio.kept(root) - before == {once}
        studio.check_unharmed(root, 1)
