"""What a handler raises beside the errors of the driver; `web.answers` gives each its status."""

from driver.errors import Misused, Unreachable


class NotThere(Misused):
    """The page asks for something that is not there: 404."""


class NoSuchRow(NotThere):
    """The page asks for a row that is not there."""

    def __init__(self, number: int) -> None:
        """Name the row."""
        super().__init__(f"there is no row {number}", "photojournal queue")
        self.row = number


class Conflict(Misused):
    """Something else came first: 409. What was asked for is not done."""


class Busy(Unreachable):
    """Too much is asked at once: 503."""
