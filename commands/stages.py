"""The stages as words of the command line."""

from enum import StrEnum

from machine.values import Stage


class StageName(StrEnum):
    """One of the three stages."""

    prefill = "prefill"
    score = "score"
    resize = "resize"

    @property
    def stage(self) -> Stage:
        """The stage as the machine calls it."""
        stages: dict[str, Stage] = {
            "prefill": "prefill",
            "score": "score",
            "resize": "resize",
        }
        return stages[self.value]
