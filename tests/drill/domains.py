"""
The 13 failure domains, each as one thing that really happens to a batch in the night.

`provoke` makes it happen and types the evening's command; `mend` is what a person does outside of
the program in the morning, and gives what they type in place of the words that a command leaves
open. The row that is hit first is the middle one, and known without the program.
"""

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

from machine.domains import DOMAINS
from tests.crash import scoring_program
from tests.crash import workspace as ws
from tests.crash.campaign import Done
from tests.crash.test_damage import behind_its_back, flip_a_byte
from tests.crash.test_disk_full import another_program
from tests.drill import fragile
from tests.drill.batch import NIGHT, Batch, black
from tests.driver import moody_models
from tests.driver.nights import tiny
from tests.driver.scoring_desk import NIMA
from tests.servers.ftp import Trouble, TroubledServer
from tests.standins.ollama_server import Request, Step

REASON = "mended"
_STAGES = {"Prefilled": "prefill", "Scored": "score", "Resized": "resize"}
LASTING = 999
"""Times: more often than anybody asks."""


def middle(batch: Batch) -> int:
    """Return the row in the middle of the batch."""
    return batch.middle


def first(_batch: Batch) -> int:
    """Return the first row: all of them are hit at once."""
    return 1


def nobody(_batch: Batch) -> None:
    """Return no row: the run as a whole is hit."""


def nothing(_batch: Batch) -> Mapping[str, str]:
    """Mend nothing: the command alone helps."""
    return {}


# --- 1, 2, 3, 5, 11: the caption service and what it says


def ollama_dies(batch: Batch) -> Done:
    """Ollama dies in the middle of an answer, and stays away."""

    def script(row: int, _request: Request) -> Step:
        if row == middle(batch):
            threading.Thread(target=batch.server.stop).start()
            return Step(kind="hang")
        return Step()

    batch.models(script)
    return batch.night()


def ollama_comes_back(batch: Batch) -> Mapping[str, str]:
    """Start Ollama again."""
    batch.server.script = None
    batch.server.start()
    return {}


def gpu_is_lost(batch: Batch) -> Done:
    """After a restart of the machine, the model runs on the CPU, which is not wanted."""
    batch.set(prefill={"on_cpu": "stop"})
    batch.server.go_to_cpu()
    return batch.night()


def gpu_comes_back(batch: Batch) -> Mapping[str, str]:
    """Mend the driver."""
    batch.server.set_vram(1.0)
    return {}


def model_fails_a_photo(batch: Batch) -> Done:
    """The model and the one that stands in for it say nothing useful about one photo."""
    batch.set(prefill={"fallback_models": ["llava:7b"]})
    batch.models(lambda row, _: Step(kind="bad_json") if row == middle(batch) else None)
    return batch.night()


def model_is_well(batch: Batch) -> Mapping[str, str]:
    """Update the model."""
    batch.server.script = None
    return {"...": REASON}


SAME = Step(
    kind="text",
    caption="A quiet harbour in the evening light with boats at the quay",
    alt_text="Boats lie at the quay of a harbour in the evening",
    keywords=("harbour", "evening", "boats", "quay", "water", "light"),
)
DRIFTING = Step(
    kind="text",
    caption="a quiet harbour  -  in in the evening light , with boats at the quay",
    alt_text="boats lie at the the quay of a harbour in the evening .",
    keywords=("harbour", "evening", "boats", "quay", "water", "light"),
)


def model_repeats_itself(batch: Batch) -> Done:
    """From before the middle photo on, the model says the same about every photo."""
    batch.models(lambda row, _: SAME if row >= middle(batch) - 1 else None)
    return batch.night()


def model_drifts(batch: Batch) -> Done:
    """The model's language drifts: spaced dashes, doubled words, spaces before stops."""
    batch.models(lambda row, _: DRIFTING if row == middle(batch) else None)
    return batch.night()


# --- 4, 6, 7, 8: workers, scores, files


def a_worker_dies(batch: Batch) -> Done:
    """A photo kills the worker that makes its renditions."""
    batch.program = fragile.__name__
    return batch.night()


def library_is_mended(batch: Batch) -> Mapping[str, str]:
    """Update the library in which it died."""
    batch.program = ""
    return {"...": REASON}


def weights_are_gone(batch: Batch) -> Done:
    """Somebody cleared a cache: the weights of a model are gone."""
    folder = moody_models.make(batch.root / "weights")
    batch.program = scoring_program.__name__
    batch.set(score={"profile": "full", "weights": "weights"})
    (folder / NIMA).rename(batch.root.parent / NIMA)
    return batch.night()


def weights_come_back(batch: Batch) -> Mapping[str, str]:
    """Copy them from another machine."""
    (batch.root.parent / NIMA).rename(batch.root / "weights" / NIMA)
    return {}


def disk_fills(batch: Batch) -> Done:
    """Another program fills the disk while the batch is at work."""
    with another_program(batch.root, batch.root.parent / "ballast"):
        return batch.night()


def cut_off() -> bytes:
    """Return a photo of which the card lost half the bytes."""
    whole = tiny(999)
    return whole[: len(whole) // 2]


def night(batch: Batch) -> Done:
    """What goes wrong lies in a photo."""
    return batch.night()


def photo_comes_again(batch: Batch) -> Mapping[str, str]:
    """Fetch a whole copy from the camera."""
    again = batch.root.parent / "again.jpg"
    again.write_bytes(tiny(1000))
    return {"FILE": str(again)}


def nobody_minds(_batch: Batch) -> Mapping[str, str]:
    """Do without; say why."""
    return {"...": REASON}


# --- 10, 12, 13: names, death, damage


def name_is_taken(batch: Batch) -> Done:
    """Where the middle photo is to be published, somebody put a file of their own."""
    line = batch.queue()[middle(batch) - 1]
    path = batch.root / "site" / "undated" / "travel" / line["File_Name"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"somebody else's")
    return batch.night()


def name_is_freed(batch: Batch) -> Mapping[str, str]:
    """Move their file away."""
    for path in (batch.root / "site").rglob("*.JPG"):
        if path.read_bytes() == b"somebody else's":
            path.rename(batch.root.parent / path.name)
    return {}


def killed(batch: Batch) -> Done:
    """The program is killed, by SIGKILL, when it has just taken up the middle photo."""
    return batch.type(*NIGHT, crash_at=f"stage.prefill.before:{middle(batch)}")


def first_claimed(batch: Batch) -> int:
    """Return the first of the rows that an attempt was begun on, and not ended."""
    begun: dict[tuple[str, str], int] = {}
    for line in ws.events(batch.root):
        key = line["stream"], line["payload"].get("stage", _STAGES.get(line["type"], ""))
        if line["type"] == "AttemptStarted":
            begun[key] = int(line["stream"].removeprefix("row/"))
        elif line["type"] in ("AttemptFailed", *_STAGES):
            begun.pop(key, None)
    return min(begun.values())


def journal_rots(batch: Batch) -> Done:
    """After a night and a backup, a disk changes a letter in the middle of the journal."""
    done = batch.night()
    assert done.code == 0, done
    batch.well("backup", str(batch.root.parent / "usb"))
    query = f"SELECT position FROM events WHERE stream = 'row/{middle(batch)}' AND type = 'Scored'"
    (found,) = ws.query(batch.root / "data" / "journal.db", query)
    with behind_its_back(batch.root) as raw:
        flip_a_byte(raw, found["position"])
    return batch.type("verify")


def new_folder(batch: Batch) -> Mapping[str, str]:
    """Take the backup off the shelf."""
    return {"BACKUP": str(batch.root.parent / "usb"), "FOLDER": str(batch.root.parent / "again")}


# --- 9: the servers


def refuse_password(server: TroubledServer) -> None:
    """Change the password on the FTP server."""
    server.trouble("PASS", *[Trouble(reply="530 Login incorrect.")] * LASTING)


def ftp_refuses(batch: Batch) -> Done:
    """The password on the FTP server was changed in the afternoon."""
    assert batch.ftp
    refuse_password(batch.ftp)
    return batch.night()


def ftp_forgives(batch: Batch) -> Mapping[str, str]:
    """Put the right password where the program finds it."""
    assert batch.ftp
    batch.ftp.forgive()
    return {}


def mysql_dies(batch: Batch) -> Done:
    """The MySQL server dies when the middle photo has just been sent."""
    assert batch.ftp
    assert batch.maria
    maria, sent = batch.maria, list[str]()

    def die(line: str) -> None:
        if line.startswith("RNTO") and "thumb" in line and "probe" not in line:
            sent.append(line)
            if len(sent) == middle(batch):
                maria.kill()

    batch.ftp.on_command = die
    return batch.night()


def mysql_comes_back(batch: Batch) -> Mapping[str, str]:
    """Start the MySQL server again."""
    assert batch.maria
    batch.maria.start()
    return {}


class Drill(NamedTuple):
    """One failure domain, provoked."""

    domain: int
    code: str
    """Of `machine.failures`; empty: there is none for it. `*`: any stage may come first."""
    provoke: Callable[[Batch], Done]
    mend: Callable[[Batch], Mapping[str, str]]
    commands: tuple[str, ...]
    """Those that `triage` has to name; `{row}` is the row that was hit first."""
    row: Callable[[Batch], int | None] = middle
    """The row that was hit first; None: the whole batch was at once."""
    photo: Callable[[], bytes] | None = None
    """The middle photo; None: it is like all others."""
    servers: bool = False
    """Whether it is published to an FTP and a MySQL server."""

    @property
    def name(self) -> str:
        """The class that `triage` has to name."""
        return DOMAINS[self.domain].name


AGAIN = "photojournal run --approve-at 0 --publish"
DOCTOR = "photojournal doctor"
RELEASE = "photojournal release {row} --stage %s --reason '...'"

DRILLS: dict[str, Drill] = {
    "ollama dies": Drill(1, "PrefillUnreachable", ollama_dies, ollama_comes_back, (DOCTOR, AGAIN)),
    "gpu is lost": Drill(
        2, "PrefillOnCpu", gpu_is_lost, gpu_comes_back, ("photojournal prefill", AGAIN), row=first
    ),
    "model fails a photo": Drill(
        3, "PrefillBadJson", model_fails_a_photo, model_is_well, (RELEASE % "prefill", AGAIN)
    ),
    "worker dies": Drill(
        4, "ResizeNativeCrash", a_worker_dies, library_is_mended, (RELEASE % "resize", AGAIN),
        photo=lambda: tiny(999) + fragile.CRASH,
    ),
    "model repeats itself": Drill(
        5, "PrefillEcho", model_repeats_itself, model_is_well,
        ("photojournal release --qc PrefillEcho --reason '...'", AGAIN),
    ),
    "weights are gone": Drill(
        6, "ScoringWeights", weights_are_gone, weights_come_back,
        ("photojournal models pull", AGAIN), row=first,
    ),
    "lens cap": Drill(
        7, "ScoreIncomplete", night, nobody_minds,
        ("photojournal approve {row} --waive '...'", AGAIN), photo=black,
    ),
    "photo cut off": Drill(
        8, "*Unreadable", night, photo_comes_again,
        ("photojournal replace {row} FILE", AGAIN), photo=cut_off,
    ),
    "disk fills": Drill(8, "DiskLow", disk_fills, nothing, (AGAIN,), row=nobody),
    "ftp refuses": Drill(
        9, "PublishRefused", ftp_refuses, ftp_forgives, (DOCTOR, "photojournal publish"),
        row=first, servers=True,
    ),
    "mysql dies": Drill(
        9, "PublishUnreachable", mysql_dies, mysql_comes_back,
        (DOCTOR, "photojournal repair", AGAIN), servers=True,
    ),
    "name is taken": Drill(
        10, "TargetChanged", name_is_taken, name_is_freed, ("photojournal show {row}", AGAIN)
    ),
    "text drifts": Drill(11, "", model_drifts, nothing, ("photojournal history {row}",)),
    "killed": Drill(12, "", killed, nothing, (AGAIN,), row=first_claimed),
    "journal rots": Drill(
        13, "", journal_rots, new_folder,
        ("photojournal verify", "photojournal restore BACKUP FOLDER"),
    ),
}  # fmt: skip
"""Every domain once, and the two of which there are two kinds twice."""
