"""
From signs to causes: what came of what, in an incident.

Rules over signs, in the order of `RULES`, say which sign is the root of another: the model fell to
the CPU before the deadlines passed, the disk was low before a rendition failed, the program was
killed before its attempts were interrupted. A root comes before its consequences even where its
event was appended later. What no rule knows stands for itself, and what has no code and no domain
stays unclassified. Purely over what it is given: no clock, no file.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from machine.domains import DOMAINS, NOTHING_FAILED, UNCLASSIFIED, Domain
from machine.failures import FAILURES
from machine.signs import DYING, FAILED, FELL, INTERRUPTED, LEVELS, Level, Sign

_BUG = 70
"""Exit code of a run that an unforeseen error ended."""

_DEADLINES = frozenset({"PrefillFirstTokenTimeout", "PrefillIdleTimeout", "PrefillTimeout"})
_GIVEN_UP = frozenset({"PrefillModelFailing", "PrefillModelUnloadable"})
_AWAY = frozenset({"PrefillUnreachable"})
_DROPPED = frozenset({"PrefillDropped", "PrefillServerError", "PrefillBusy"})
_GALLERY_AWAY = frozenset({"PublishUnreachable", "PublishRefused", "RemoteFull"})
_NOT_MEASURABLE = frozenset({"ScoringWeights", "ScoringDependency"})
_NOT_SCORED = frozenset({"ScoreIncomplete", "ScoringFailed"})
_UNWRITTEN = frozenset({"ResizeFailed", "WriteFailed", "FinishingFailed", "ScoringFailed"})
_UNWRITTEN |= {"PrefillFailed", "IngestFailed", "OriginalUnreadable"}
_NO_SPACE = ("No space left", "disk is full", "Disk quota", "database or disk is full")
_NO_MEMORY = frozenset({"OutOfMemory", "ScoringOutOfMemory"})
_KILLED_FOR_MEMORY = (-9, 0xC0000017)
_MAY_BE_USUAL = ("ModelChecked", "TextCleaned")
"""Types of signs that are news only where they were not there before."""


class Done(Struct, frozen=True):
    """Something that went well."""

    position: int
    what: str
    """A stage or saga, or one of the other words of `machine.signs.OUTCOMES`."""
    row: int | None = None
    at: str = ""


class Cause(Struct, frozen=True, kw_only=True):
    """One cause of an incident, and what came of it."""

    domain: Domain
    root: Sign
    signs: tuple[Sign, ...]
    """Of the same domain, the root among them, in order."""
    consequences: tuple[Sign, ...] = ()
    """Of other domains, in order."""
    because: tuple[str, ...] = ()
    """The rules that said so."""

    @property
    def level(self) -> Level:
        """The gravest level of it and of what came of it."""
        return min((one.level for one in (*self.signs, *self.consequences)), key=LEVELS.index)

    @property
    def failed(self) -> bool:
        """Whether something failed of it; else it is something to look at, or to know."""
        return self.level in FAILED

    @property
    def first(self) -> tuple[str, int]:
        """When the first of all of it happened."""
        return min(one.place.when for one in (*self.signs, *self.consequences))

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows that it hit, in order of the first sign."""
        hit = sorted((*self.signs, *self.consequences), key=_when)
        return tuple(dict.fromkeys(one.row for one in hit if one.row is not None))


class Rule(Struct, frozen=True):
    """What may be the root of what."""

    why: str
    is_root: Callable[[Sign], bool]
    is_effect: Callable[[Sign], bool]
    holds: Callable[["History", Sign, Sign], bool]
    """Asked about a root and an effect of the same run; what is about no run is about each."""


class History:
    """What is known of the run beside the signs."""

    def __init__(self, done: Iterable[Done]) -> None:
        """Keep what went well."""
        self._positions: dict[str, list[int]] = {}
        self._newest: dict[tuple[str, int | None], int] = {}
        for one in sorted(done, key=lambda one: one.position):
            self._positions.setdefault(one.what, []).append(one.position)
            self._newest[one.what, one.row] = one.position

    def recovered(self, sign: Sign) -> bool:
        """Tell whether the row, or the service, came through after all."""
        if sign.type == "StageWaiting":
            newest = self._newest.get(("resumed", None), 0)
        elif sign.row is None:
            return False
        else:
            newest = self._newest.get((sign.stage, sign.row), 0)
        return newest > sign.place.position

    def done_between(self, stage: str, first: int, last: int) -> bool:
        """Tell whether the stage did anything between two positions."""
        positions = self._positions.get(stage, [])
        place = bisect_right(positions, first)
        return place < len(positions) and positions[place] < last


def _when(sign: Sign) -> tuple[str, int]:
    return sign.place.when


def _after(_: History, root: Sign, effect: Sign) -> bool:
    return effect.place.position > root.place.position


def _since_it_was_well(history: History, root: Sign, effect: Sign) -> bool:
    """A fall is noticed late: it may have begun right after the last photo that went well."""
    return _after(history, root, effect) or _same_outage(history, root, effect)


def _same_outage(history: History, root: Sign, effect: Sign) -> bool:
    first, last = sorted((root.place.position, effect.place.position))
    return not history.done_between(effect.stage, first, last)


def _same_run(_history: History, _root: Sign, _effect: Sign) -> bool:
    return True


def _coded(codes: frozenset[str], *types: str) -> Callable[[Sign], bool]:
    def matches(sign: Sign) -> bool:
        return sign.code in codes and (not types or sign.type in types)

    return matches


def _unwritten(sign: Sign) -> bool:
    return sign.code in _UNWRITTEN or any(words in sign.detail for words in _NO_SPACE)


RULES: tuple[Rule, ...] = (
    Rule(
        "the program was gone before its attempts were interrupted",
        lambda sign: sign.type in DYING,
        lambda sign: sign.code in INTERRUPTED,
        _same_run,
    ),
    Rule(
        "the caption model fell to the CPU before the deadlines passed",
        lambda sign: sign.code == FELL,
        _coded(_DEADLINES | _GIVEN_UP),
        _since_it_was_well,
    ),
    Rule(
        "the caption service was gone before answers broke off and rows were left due",
        _coded(_AWAY),
        _coded(_DROPPED),
        _same_outage,
    ),
    Rule(
        "the caption model failed on everything, not on single photos",
        _coded(_GIVEN_UP, "StagePaused"),
        lambda sign: sign.stage == "prefill" and sign.type == "AttemptFailed",
        _same_outage,
    ),
    Rule(
        "the disk was low before files could not be written",
        _coded(frozenset({"DiskLow"})),
        _unwritten,
        _same_run,
    ),
    Rule(
        "memory was short before workers were killed",
        _coded(_NO_MEMORY),
        lambda sign: "NativeCrash" in sign.code and sign.exit_code in _KILLED_FOR_MEMORY,
        _after,
    ),
    Rule(
        "libraries or weights were missing before scores were",
        _coded(_NOT_MEASURABLE),
        _coded(_NOT_SCORED),
        _same_run,
    ),
    Rule(
        "the folder of the originals was away before single ones were missed",
        _coded(frozenset({"OriginalsAway"})),
        _coded(frozenset({"OriginalMissing", "OriginalUnreadable"})),
        _same_run,
    ),
    Rule(
        "the gallery was away before single steps failed",
        _coded(_GALLERY_AWAY),
        _coded(frozenset({"PublishFailed"})),
        _same_outage,
    ),
    Rule(
        "the journal was damaged before the run ended by it",
        lambda sign: sign.type == "damage",
        lambda sign: sign.type == "RunEnded" and sign.domain in (0, 13),
        _same_run,
    ),
)
"""Who is the root of what; the first one that holds counts."""


def causes_of(
    signs: Iterable[Sign], done: Iterable[Done] = (), usual: Collection[str] = ()
) -> tuple[Cause, ...]:
    """
    Return the causes: those of failures first, in the order of the journal, then what to look at.

    Args:
        signs: of one run or several, in any order.
        done: what went well in the same runs.
        usual: details of signs that were there on a good night, too; such a sign is no cause.
    """
    history = History(done)
    known = [_weighed(one, history, usual) for one in sorted(signs, key=_when)]
    known = [one for one in known if not _said_already(one, known)]
    groups: dict[tuple[int, str], list[Sign]] = {}
    roots, whys = dict[Sign, Sign](), dict[tuple[int, str], dict[str, None]]()
    candidates = [(rule, _roots_by_run(rule, known)) for rule in RULES]
    for sign in known:
        root, why = _last_root(sign, candidates, history)
        roots[sign] = root
        groups.setdefault(_key(root), []).append(sign)
        whys.setdefault(_key(root), {}).update(dict.fromkeys(why))
    found = [_cause(key, members, roots, tuple(whys[key])) for key, members in groups.items()]
    return tuple(sorted(found, key=lambda one: (not one.failed, one.first)))


def _weighed(sign: Sign, history: History, usual: Collection[str]) -> Sign:
    """Return a sign that was dealt with, or that is there on good nights, too, as a note."""
    if sign.level == "fatal":
        return sign
    as_ever = sign.type in _MAY_BE_USUAL and sign.detail in usual
    return replace(sign, level="note") if as_ever or history.recovered(sign) else sign


def _said_already(sign: Sign, known: Sequence[Sign]) -> bool:
    """Tell whether a run's end only sums up what other signs of the run say."""
    if sign.type != "RunEnded" or sign.domain or sign.exit_code == _BUG:
        return False
    return any(
        one.place.run == sign.place.run and one.level in FAILED and one.code not in INTERRUPTED
        for one in known
        if one is not sign
    )


Candidates = Sequence[tuple[Rule, Mapping[str, Sequence[Sign]]]]
"""For each rule the signs that may be roots, by run."""


def _roots_by_run(rule: Rule, known: Iterable[Sign]) -> dict[str, list[Sign]]:
    found: dict[str, list[Sign]] = {}
    for sign in known:
        if sign.level != "note" and rule.is_root(sign):
            found.setdefault(sign.place.run, []).append(sign)
    return found


def _last_root(sign: Sign, candidates: Candidates, history: History) -> tuple[Sign, list[str]]:
    """Return the root of a sign's roots, itself where it has none, and the rules that say so."""
    why, seen = list[str](), [sign]
    while found := _root_of(seen[-1], candidates, history):
        if found[0] in seen:
            break
        seen.append(found[0])
        why.append(found[1])
    return seen[-1], why


def _root_of(sign: Sign, candidates: Candidates, history: History) -> tuple[Sign, str] | None:
    for rule, roots in candidates:
        if not rule.is_effect(sign) or rule.is_root(sign):
            continue
        for root in (*roots.get(sign.place.run, ()), *roots.get("", ())):
            if rule.holds(history, root, sign):
                return root, rule.why
    return None


def _key(root: Sign) -> tuple[int, str]:
    """Return what a cause is called by: what hits a whole stage is apart from what hits rows."""
    if not root.domain:
        return 0, root.detail
    if root.type in ("drift", "missing"):
        return root.domain, root.type
    known = FAILURES.get(root.code)
    return root.domain, root.code if known and known.policy == "nobody" else ""


def _cause(
    key: tuple[int, str], members: Sequence[Sign], roots: Mapping[Sign, Sign], why: tuple[str, ...]
) -> Cause:
    own = [one for one in members if roots[one] == one]
    return Cause(
        domain=DOMAINS.get(key[0], UNCLASSIFIED),
        root=min(own, key=_stands_behind) if own else members[0],
        signs=tuple(one for one in members if one.domain == key[0]),
        consequences=tuple(one for one in members if one.domain != key[0]),
        because=why,
    )


def _stands_behind(sign: Sign) -> tuple[bool, bool]:
    """A failure stands before a warning, a row before a file that never became one."""
    return sign.level not in FAILED, bool(sign.name)


def classes_of(causes: Iterable[Cause]) -> tuple[str, ...]:
    """Return the classes of causes, in order; `nothing failed` where there are none."""
    names = dict.fromkeys(one.domain.name for one in causes if one.level != "note")
    return tuple(names) or (NOTHING_FAILED,)
