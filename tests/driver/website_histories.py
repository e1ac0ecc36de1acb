"""
Random histories of rows on a website, and a model of what must stand outside after each step.

The model knows nothing of the program: per row, what the person last decided, what stands outside,
and which moments can be gone back to. Bytes and columns are held against `expected_site` when they
are first seen, the pictures against the photo too, and compared exactly ever after: that is right
after a publication, so the newest pictures that were finished are meant.
"""

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from driver.errors import Misused, Unreachable
from driver.remote_check import compare
from driver.repairing import by_row, mend
from driver.replacing import Replacing
from machine.intents import Approve, EditText
from tests.driver.expected_site import WentIn, expected, lines_for, paths
from tests.driver.painted import likeness, paint
from tests.driver.site_kinds import files_of, lines_of
from tests.driver.taken_in import KEYWORDS, SERIES, photographed, take_in
from tests.driver.website import Website
from tests.servers.ftp import Trouble
from tests.servers.proxy import BreakingProxy

ROWS = 2
PICTURES = 3
"""Versions of each photo that a person has."""
FAR = 6.0
DATE, ALT_TEXT = "2008:05:02 10:00:00", "A quay"
"""Of other versions of a photo, and of texts that were edited."""
_REPLIES = ("550 No.", "451 Later.", "421 Goodbye.", "552 Full.")
_MANY = 12
"""Longer than this, no trouble lasts; nothing is tried so often."""
_REPAIRS = 3
_PROBE = {"STOR": 2, "RNFR": 2, "RNTO": 2, "DELE": 1, "MKD": 0}
"""How often a publication sends these before its first picture."""
_ABSENT = ("SIZE", "CWD")
"""Refused for good, they say that nothing is there: a server that lies so is believed."""
_LOOKING = ("SIZE", "RETR", "CWD", "LIST", "EPSV")


class Shown(NamedTuple):
    """What a row shows, or would show: which picture, which caption."""

    picture: int
    caption: str


class Moment(NamedTuple):
    """What there was at a version of a row at which nothing was open."""

    version: int
    outside: Shown | None
    draft: Shown


class History:
    """One history: what happens, what is expected, and what was done, for whoever has to look."""

    def __init__(self, seed: int, website: Website, proxy: BreakingProxy) -> None:
        """Take the photos in; nothing is outside yet."""
        self.chance = random.Random(seed)
        self.website, self.desk, self.proxy = website, website.desk, proxy
        self.told = [f"seed {seed}"]
        self.failed = 0
        """Steps that did not come to their end at once."""
        website.ftp.renames_over = self.chance.random() < 0.5
        went_in = [photographed(number) for number in range(1, ROWS + 1)]
        take_in(self.desk, went_in)
        self.outside: dict[int, Shown | None] = dict.fromkeys(range(1, ROWS + 1))
        self.draft = {n: Shown(n, one.caption) for n, one in enumerate(went_in, 1)}
        self.moments: dict[int, list[Moment]] = {number: [] for number in self.draft}
        self.seen = dict[tuple[int, Shown], tuple[dict[str, bytes], tuple[Any, ...]]]()
        for number in self.draft:
            self._remember(number)

    def live(self, steps: int) -> None:
        """Let things happen; after each one, everything outside is as expected."""
        for number in self.draft:
            self.publish(number)
            self._remember(number)
            self.compare()
        for _ in range(steps):
            number = self.chance.choice([*self.draft])
            shown = self.outside[number] is not None
            happen = [self.edit, self.replace, self.publish, self.roll_back, self.roll_back]
            self.chance.choice([*happen, self.withdraw if shown else self.publish])(number)
            self._remember(number)
            self.compare()
        self._check()

    # --- what happens

    def edit(self, number: int) -> None:
        """Another caption, approved."""
        caption = f"Caption {len(self.told)} of quay {number}, five o’clock"
        edit = EditText(caption=caption, alt_text=ALT_TEXT, keywords=KEYWORDS, by="anna")
        self._tell(number, "edit", [one.outcome for one in self.desk.ask(number, intents=[edit])])
        self.draft[number] = self.draft[number]._replace(caption=caption)

    def replace(self, number: int) -> None:
        """Another version of the photo, or one that was there before."""
        picture = number + 10 * self.chance.randrange(PICTURES)
        if picture == self.draft[number].picture:
            return
        with self.desk.program("replace") as program:
            path = self._photo(picture)
            Replacing(program.shell, program.objects, program.workers, number, path).carry_out(
                "", copy=False
            )
        self.desk.work(rows=[number])
        self._tell(number, "replace", picture)
        self.draft[number] = self.draft[number]._replace(picture=picture)

    def publish(self, number: int) -> None:
        """Approve and send what is drafted."""

        def act() -> str:
            self.desk.ask(number, intents=[Approve()])
            sent, stopped = self.desk.publish(number)
            if stopped:
                raise stopped
            return sent[0].outcome

        self._through(number, "publish", act, ("published", "nothing"), probes=True)
        self.outside[number] = self.draft[number]

    def withdraw(self, number: int) -> None:
        """Take it down."""
        act = lambda: self.desk.withdraw(number).outcome  # noqa: E731
        self._through(number, "withdraw", act, ("done", "nothing"))
        self.outside[number] = None

    def roll_back(self, number: int) -> None:
        """Go back to any moment, also to one before the last rollback."""
        now = self.outside[number], self.draft[number]
        others = [one for one in self.moments[number] if (one.outside, one.draft) != now]
        to = self.chance.choice(others or self.moments[number])
        act = lambda: self.desk.roll_back(number, to.version).outcome  # noqa: E731
        self._through(number, f"rollback to {to}", act, ("done", "nothing"))
        self.outside[number], self.draft[number] = to.outside, to.draft

    def _through(
        self,
        number: int,
        what: str,
        act: Callable[[], str],
        good: tuple[str, ...],
        *,
        probes: bool = False,
    ) -> None:
        """Do it in the midst of trouble; then, without, repair and do it again to its end."""
        timers = [self._trouble(probes=probes) for _ in range(self.chance.randrange(3))]
        try:
            end = act()
        except (Unreachable, Misused) as error:
            end = f"{type(error).__name__}: {error}"
        finally:
            for timer in timers:
                timer.join()
            self.website.ftp.forgive()
            self.website.ftp.stops_after, self.proxy.breaks_at = None, "never"
        self._tell(number, what, end)
        if end in good:
            return
        self.failed += 1
        for _ in range(_REPAIRS):
            if self.desk.row(number).happened.saga:
                self._tell(number, "repair", self.desk.repair(number))
        again = act()
        self._tell(number, f"{what} again", again)
        assert again in good, "\n".join(self.told)
        self._sweep()

    def _sweep(self) -> None:
        """Remove what a server kept that refused to delete it: `repair --remote`."""
        with self.desk.taking_back("repair") as (program, back):
            found = compare(program.shell, program.objects, back.gallery, [*self.draft]).findings
            for number, some in by_row(found).items():
                self._tell(number, "swept", [(one.problem, one.target) for one in some])
                assert {"leftover"} == {one.problem for one in some}, self.told
                assert "done" == mend(back, number, some).outcome, self.told

    def _trouble(self, *, probes: bool) -> threading.Timer:
        """Let something go wrong, soon or after a while, once or many times."""
        chance, server = self.chance, self.website.ftp
        timer = threading.Timer(0.0, lambda: None)
        kind = chance.choice(("order", "order", "look", "login", "cut", "commit", "connection"))
        if kind == "order":
            command = chance.choice([*_PROBE])
            self._refuse(command, _PROBE[command] * probes + chance.randrange(3))
        elif kind == "look":
            self._refuse(chance.choice(_LOOKING), chance.randrange(24))
        elif kind == "login":
            self._refuse("PASS", chance.randrange(2))
        elif kind == "cut":
            server.stops_after = chance.choice((1, 700, 2000))
            server.stops_with = chance.choice(("", "426 Cut.", "552 Full."))
            self.told.append(f"trouble: an upload ends at {server.stops_after} {server.stops_with}")
        elif kind == "commit":
            self.proxy.breaks_at = chance.choice(("before", "after"))
            self.told.append(f"trouble: the connection breaks {self.proxy.breaks_at} a COMMIT")
        else:
            timer = threading.Timer(chance.random() / 3, self.website.maria.drop_connections)
            self.told.append("trouble: connections to the table are killed")
        timer.start()
        return timer

    def _refuse(self, command: str, well: int) -> None:
        """Let a command go well so often, then fail once or many times."""
        replies = [one for one in _REPLIES if command not in _ABSENT or one[0] != "5"]
        kinds = (Trouble(drop="before"), Trouble(drop="after"), *map(Trouble, replies))
        trouble, times = self.chance.choice(kinds), self.chance.choice((1, 2, _MANY))
        self.website.ftp.trouble(command, *[Trouble()] * well, *[trouble] * times)
        self.told.append(f"trouble: {well} {command} well, then {times} of {trouble}")

    # --- what must be

    def compare(self) -> None:
        """Hold what stands outside against the model."""
        there, lines = files_of(self.website), lines_of(self.website)
        said = "\n".join(self.told)
        wanted = {number: shown for number, shown in self.outside.items() if shown}
        names = {number: f"{SERIES}_{number:03d}.JPG" for number in wanted}
        assert set(names.values()) == set(lines), said
        stand = {path for name in names.values() for path in paths(name)}
        assert stand == set(there), f"{stand ^ set(there)}\n{said}"
        for number, shown in wanted.items():
            now = {path: there[path] for path in paths(names[number])}, lines[names[number]]
            if (number, shown) not in self.seen:
                self._look_closely(number, shown, *now, said)
            assert self.seen.setdefault((number, shown), now) == now, said

    def _check(self) -> None:
        """Read models and gallery are as the journal says."""
        with self.desk.program() as program:
            assert [] == program.models.check(), "\n".join(self.told)
            shell, rows = program.rehearsal("verify"), [*self.draft]
            found = compare(shell, program.objects, program.gallery, rows)
        assert ((), "") == (found.findings, found.behind), "\n".join(self.told)

    def _look_closely(
        self, number: int, shown: Shown, files: dict[str, bytes], line: tuple[Any, ...], said: str
    ) -> None:
        drafts = ((row, draft) for row, draft in self.draft.items() if row <= number)
        went_in = [self._went_in(row, draft) for row, draft in drafts]
        wanted, _ = expected(self.desk.root, went_in)
        assert files == {path: wanted[path] for path in files}, said
        one = self._went_in(number, shown)
        assert line in lines_for(self.desk.root, number, one), said
        for data in files.values():
            assert likeness(data, self._photo(shown.picture)) < FAR, said
            assert shown.caption.encode() in data, said

    def _went_in(self, number: int, shown: Shown) -> WentIn:
        """Return what is known of a photo and what its person wrote."""
        one = photographed(number)
        taken = one.taken if shown.picture == number else DATE
        alt_text = one.alt_text if shown.caption == one.caption else ALT_TEXT
        return one._replace(taken=taken, caption=shown.caption, alt_text=alt_text)

    def _photo(self, picture: int) -> Path:
        path = self.desk.inbox / f"{picture:03d}.jpg"
        return path if path.exists() else paint(path, picture, DATE)

    def _remember(self, number: int) -> None:
        row = self.desk.row(number)
        assert row.happened.saga is None, "\n".join(self.told)
        self.moments[number].append(Moment(row.version, self.outside[number], self.draft[number]))

    def _tell(self, number: int, what: str, end: object) -> None:
        self.told.append(f"row {number}: {what}: {end}")
