"""Rows with made-up vectors: what the tests of `similar` and `search` compare."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from driver.program import Program
from machine.intents import RecordScored, Retry, StartAttempt
from machine.row import attempts_of
from machine.values import Embedding
from tests.driver.desk import Desk
from tests.made_up import scores

CLIP = sha256(b"a CLIP").hexdigest()
OTHER_CLIP = sha256(b"another CLIP").hexdigest()


def leaning(*cosines: float) -> list[bytes]:
    """Return the vectors of photos that are so similar to a first one, which comes first."""
    return [vector(1.0, 0.0), *(vector(one, (1 - one * one) ** 0.5) for one in cosines)]


def vector(*numbers: float) -> bytes:
    """Return a vector of length one in the direction of `numbers`."""
    values = np.asarray(numbers, dtype=np.float64)
    return (values / np.linalg.norm(values)).astype("<f4").tobytes()


class Album(Desk):
    """A desk whose photos get vectors by hand."""

    def taken(self, count: int) -> "Album":
        """Take photos in; all look like coffee, but nobody measures them."""
        self.ingest(*[self.photo(name=f"p{n}.jpg", ending=bytes([n])) for n in range(1, count + 1)])
        return self

    def measured(
        self, vectors: Sequence[bytes | None], weights: str = CLIP, first: int = 1
    ) -> "Album":
        """Give rows vectors, from row `first` on; None: scored without CLIP."""
        with self.program("score") as program:
            for number, data in enumerate(vectors, start=first):
                if data is not None:
                    program.objects.put(data)
                self._record(program, number, data, weights)
        return self

    @staticmethod
    def _record(program: Program, number: int, data: bytes | None, weights: str) -> None:
        shell = program.shell
        if shell.row(number).decided.score.profile:
            shell.ask(number, Retry(stage="score"))
        claim = StartAttempt(stage="score", recipe_digest="made up", claimed_by=shell.run_id)
        shell.ask(number, claim)
        claimed = attempts_of(shell.row(number), "score").open
        assert claimed is not None
        embedding = data and Embedding(
            sha256=sha256(data).hexdigest(), dimensions=len(data) // 4, weights_sha256=weights
        )
        shell.ask(
            number,
            RecordScored(
                attempt=claimed.attempt,
                input_digest=claimed.input_digest,
                recipe_digest="made up",
                profile="embedded",
                scores=scores(number),
                embedding=embedding or None,
                duration_ms=1,
            ),
        )

    def spoil(self, number: int, data: bytes | None) -> None:
        """Overwrite the kept vector of a row, or remove it."""
        kept: str = self.line(number)["clip_embedding"]
        place = self.workspace.objects / kept[:2] / kept
        if data is None:
            place.unlink()
        else:
            place.write_bytes(data)
