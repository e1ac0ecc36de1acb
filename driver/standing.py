"""
Is this the journal that last published here? A gallery remembers where it stood (`Gallery.mark`).

An old backup that was restored knows nothing of what was published after it, and would take it for
somebody else's, or give its names away again. So it publishes nothing, until a newer one is there
or a person accepts the gallery as it is (`GalleryAccepted`).
"""

from adapters.errors import AdapterError
from adapters.ports import Gallery, Mark
from driver.errors import Misused, Unreachable
from journal import Journal
from machine.failures import FAILURES
from machine.run_events import GalleryAccepted

ACCEPT_HINT = (
    "restore the newest backup; if there is none, take it as it is: photojournal repair --remote"
    " --accept-gallery --reason '...' (look first: --dry-run)"
)
BEHIND_HINT = ACCEPT_HINT.replace(
    "take it", "see what stands there: photojournal verify --remote; then take it"
)


def stream_of(gallery: Gallery) -> str:
    """Return the stream of what concerns a gallery as a whole."""
    return f"gallery/{gallery.name}"


def why_behind(journal: Journal, gallery: Gallery) -> str:
    """
    Say why the journal is not the one that last changed the gallery; empty: it is, or nobody did.

    Raises:
        Unreachable: the gallery does not answer.
    """
    try:
        mark = gallery.mark()
    except AdapterError as error:
        raise unreachable(error) from error
    if mark is None or _holds(journal, mark) or _accepted(journal, gallery, mark):
        return ""
    head = journal.head.position
    if mark.position > head:
        return f"the gallery was last changed at event {mark.position}, and the last one is {head}"
    return f"the gallery was last changed at event {mark.position}, and another one stands there"


def refuse_behind(journal: Journal, gallery: Gallery) -> None:
    """
    Let nothing be changed in a gallery that knows more than the journal.

    Raises:
        Misused: it does.
        Unreachable: the gallery does not answer.
    """
    behind = why_behind(journal, gallery)
    if behind:
        raise refusal(behind)


def refuse_away(gallery: Gallery, target: str) -> None:
    """
    Look at one file first: while a half of the gallery is away, nothing is changed in the other.

    Raises:
        Unreachable: the half with the pictures does not answer.
    """
    from driver.retrying import retried

    try:
        retried(lambda: gallery.look(target))
    except AdapterError as error:
        if FAILURES[error.code].policy == "nobody":
            raise unreachable(error) from error


def refusal(behind: str) -> Misused:
    """Return what a person is told who would change a gallery that knows more than the journal."""
    msg = f"the journal is behind the gallery (was an old backup restored?): {behind}"
    return Misused(msg, BEHIND_HINT)


def unreachable(error: AdapterError) -> Unreachable:
    """Return what a person is told of a gallery that does not answer."""
    failure = FAILURES[error.code]
    hint = error.hint or failure.hint.format(row="")
    return Unreachable(f"{failure.meaning}: {error.detail}", hint)


def _holds(journal: Journal, mark: Mark) -> bool:
    found = journal.read_raw(after=mark.position - 1, until=mark.position)
    return any(one.hash.hex() == mark.hash for one in found)


def _accepted(journal: Journal, gallery: Gallery, mark: Mark) -> bool:
    return any(
        isinstance(one.event, GalleryAccepted)
        and (one.event.position, one.event.hash) == (mark.position, mark.hash)
        for one in journal.read_intact(stream_of(gallery))
    )
