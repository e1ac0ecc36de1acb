"""
A program that appends until it is killed, and says on standard output what it was promised.

    python -m tests.journal.appending JOURNAL NAME THREADS [COUNT]

Each line is `key position`, written in one piece after `append` returned.
"""

import os
import sys
import threading
from pathlib import Path

from journal import Entry, Journal, VersionConflict
from machine.events import Picked, Rejected
from tests.journal.stores import RUN


def work(journal: Journal, name: str, thread: int, count: int) -> None:
    """Append to a stream of our own, and now and then to one that everybody wants."""
    stream = f"own/{name}-{thread}"
    version = len(journal.read_stream(stream))
    for number in range(count):
        key = f"{name}-{thread}/{version + number}"
        entries = [Entry(stream, version + number, Rejected(reason=f"{name} {number}"))]
        if number % 5 == 0:
            entries.append(Entry("shared", len(journal.read_stream("shared")), Picked()))
        try:
            positions = journal.append(entries, key=key, run_id=RUN, step=1, actor=name)
        except VersionConflict:
            positions = journal.append(entries[:1], key=key, run_id=RUN, step=1, actor=name)
        os.write(1, f"{key} {positions[0]}\n".encode())


def main() -> None:
    """Start the threads and wait."""
    path, name, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 1_000_000
    with Journal.open(path) as journal:
        workers = [
            threading.Thread(target=work, args=(journal, name, thread, count), daemon=True)
            for thread in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


if __name__ == "__main__":
    main()
