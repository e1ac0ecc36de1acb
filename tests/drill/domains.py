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
from tests.drill.batch import Batch
from tests.driver import moody_models
from tests.driver.nights import tiny
from tests.driver.scoring_desk import NIMA
from tests.servers.ftp import Trouble
from tests.standins.ollama_server import Request, Step

REASON = "mended"
LASTING = 999
"""Times: more often than anybody asks."""


class Drill(NamedTuple):
    """One failure domain, provoked."""

    domain: int
    code: str
    """Of `machine.failures`; empty: there is none for it."""
    provoke: Callable[[Batch], Done]
    mend: Callable[[Batch], Mapping[str, str]]
    command: str
    """The first one that `triage` has to name; `{row}` is the row that was hit first."""
    hits: bool = True
    """Whether it hits rows; else the batch as a whole."""
    ending: bytes = b""
    """Behind the bytes of the middle photo."""

    @property
    def cause(self) -> str:
        """The class that `triage` has to name."""
        return DOMAINS[self.domain].name


def nothing(_batch: Batch) -> Mapping[str, str]:
    """Mend nothing: the command alone helps."""
    return {}


def middle(batch: Batch) -> int:
    """Return the row that is hit first."""
    return (batch.count + 1) // 2


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


def model_repeats_itself(batch: Batch) -> Done:
    """From the middle photo on, the model says the same about every photo."""
    same = Step(
        kind="text",
        caption="A quiet harbour in the evening light with boats at the quay",
        alt_text="Boats lie at the quay of a harbour in the evening",
        keywords=("harbour", "evening", "boats", "quay", "water", "light"),
    )
    first = middle(batch) - 1
    batch.models(lambda row, _: same if row >= first else None)
    return batch.night()


def model_drifts(batch: Batch) -> Done:
    """The model's language drifts: spaced dashes, doubled words, spaces before stops."""
    drifting = Step(
        kind="text",
        caption="a quiet harbour  -  in in the evening light , with boats at the quay",
        alt_text="boats lie at the the quay of a harbour in the evening .",
        keywords=("harbour", "evening", "boats", "quay", "water", "light"),
    )
    batch.models(lambda row, _: drifting if row == middle(batch) else None)
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


def a_lens_cap(batch: Batch) -> Done:
    """One photo was taken with the lens cap on: nothing of it can be rated."""
    return batch.night()


def photo_rots(batch: Batch) -> Done:
    """Half of a photo's bytes are lost, on the card already."""
    return batch.night()


def photo_comes_again(batch: Batch) -> Mapping[str, str]:
    """Fetch a whole copy from the camera."""
    again = batch.root.parent / "again.jpg"
    again.write_bytes(tiny(1000))
    return {"FILE": str(again), "...": REASON}


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
    """The program is killed, by SIGKILL, while it rates the middle photo."""
    return batch.type("run", crash_at=f"stage.score.before:{middle(batch)}")


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


def ftp_refuses(batch: Batch) -> Done:
    """The password on the FTP server was changed in the afternoon."""
    assert batch.ftp
    batch.ftp.trouble("PASS", *[Trouble(reply="530 Login incorrect.")] * LASTING)
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
