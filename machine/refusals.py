"""What the machine answers when it does not do what it is asked: a message and the next command."""


class Refused(Exception):
    """
    An intent was refused; nothing changed.

    Attributes:
        hint: what the person can type or do instead; may be empty.
        nothing: True when the row is already as asked, which is a success with words.
    """

    def __init__(self, message: str, hint: str = "", *, nothing: bool = False) -> None:
        """Keep the message, the hint, and whether there was merely nothing to do."""
        super().__init__(message)
        self.hint = hint
        self.nothing = nothing
