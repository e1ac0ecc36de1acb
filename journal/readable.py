"""What can be asked of an open journal; nothing here appends."""

from collections.abc import Iterator, Sequence

from journal.database import Identity
from journal.reader import PAGE, Reader
from journal.records import Head, RawEvent, Recorded, Touch
from machine.event_base import Event


class Readable:
    """The reading side of a journal. For all threads of a process."""

    def __init__(self, identity: Identity, reader: Reader) -> None:
        """Read by `reader`; what is told of the journal itself comes from `identity`."""
        self._identity = identity
        self._reader = reader

    @property
    def uuid(self) -> str:
        """Names this journal among all journals; a copy has the same."""
        return self._identity.uuid

    @property
    def is_excerpt(self) -> bool:
        """Tell whether it was made from another journal, and some payloads are withheld."""
        return self._identity.excerpt

    @property
    def created(self) -> str:
        """When it was made: UTC, as the journal writes it."""
        return self._identity.created

    @property
    def head(self) -> Head:
        """Where the journal ends now, other processes' appends included."""
        return self._reader.head()

    def read_stream(
        self, stream: str, after: int = 0, until_position: int | None = None
    ) -> list[Recorded]:
        """
        Return a stream's events beyond version `after`, in order, as of `until_position`.

        Raises UnreadableEvent; `read_raw` shows such an event.
        """
        return self._reader.stream(stream, after, until_position)

    def read_intact(self, stream: str, after: int = 0) -> list[Recorded]:
        """
        Return a stream's events beyond version `after` to decide upon: each is what was appended.

        That is told by the digest of its payload; of a redacted one, by the event that says so.
        `verify` sees more, such as a digest that was changed with its payload.

        Raises JournalDamaged, naming position and stream; or UnreadableEvent.
        """
        return self._reader.intact(stream, after)

    def read_streams(self, streams: Sequence[str], until_position: int) -> Iterator[list[Recorded]]:
        """Yield the events of several streams, as of a position; those without any are left out."""
        return self._reader.many(streams, until_position)

    def read_all(
        self, after: int = 0, until: int | None = None, page: int = PAGE
    ) -> Iterator[Recorded]:
        """
        Yield the events beyond position `after`, in order, up to `until` or today's head.

        Reads `page` events at a time and holds nothing open in between.
        """
        return self._reader.all(after, until, page)

    def read_events(
        self, after: int = 0, until: int | None = None, page: int = PAGE
    ) -> Iterator[list[tuple[int, str, Event]]]:
        """
        Yield pages of (position, stream, event), in order: the fastest way to fold everything.

        A redacted event comes as a `RedactedEvent`. Otherwise like `read_all`.
        """
        return self._reader.events(after, until, page)

    def read_types(self, types: Sequence[str]) -> Iterator[tuple[int, str, Event]]:
        """
        Yield (position, stream, event) of these types, in order; the others are not decoded.

        A redacted event comes as a `RedactedEvent`.
        """
        return self._reader.typed(types)

    def newest(self, types: Sequence[str], actor: str, until: int) -> int:
        """
        Return the last position up to `until` of an event of these types by an actor; 0: none.

        No payload is read: some 0.6 s in a million events that have none, a tenth of reading.
        """
        return self._reader.newest(types, actor, until)

    def read_raw(
        self, after: int = 0, until: int | None = None, page: int = PAGE
    ) -> Iterator[RawEvent]:
        """Yield lines as they are stored, decoding no payload; otherwise like `read_all`."""
        return self._reader.raw(after, until, page)

    def touches(self, after: int, until: int) -> Iterator[Touch]:
        """
        Yield what each run appended to each stream beyond `after`, up to and with `until`.

        No payload is read. A pair of stream and run may come several times, each time with another
        range of positions.
        """
        return self._reader.touches(after, until)

    def by_run(
        self,
        run_id: str,
        types: Sequence[str] = (),
        *,
        after: int = 0,
        until: int | None = None,
    ) -> Iterator[Recorded]:
        """
        Yield what a run appended, in order. Looks from the run's first event on.

        Args:
            run_id: the run.
            types: tags of the events that are wanted; all by default.
            after: yield nothing up to and with this position.
            until: look no further than this position; None: to the head.
        """
        return self._reader.run(run_id, types, after, until)

    def outline(
        self, run_id: str, types: Sequence[str], *, until: int | None = None
    ) -> Iterator[tuple[int, str, str, str]]:
        """Yield (position, stream, type, at) of a run's events of these types, payloads unread."""
        return self._reader.outline(run_id, types, 0, until)

    def streams(self, prefix: str = "") -> Iterator[str]:
        """Yield the names of all streams that begin with `prefix`, in the order of their bytes."""
        return self._reader.streams(prefix)

    def position_at(self, at: str) -> int:
        """Return the last position at a time written as in the journal; 0: before the first."""
        return self._reader.position_at(at)

    def lookup(self, key: str) -> tuple[int, ...]:
        """Return the positions that an append key stands for; none: nothing was appended."""
        return self._reader.lookup(key)
