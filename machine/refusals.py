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


def refuse_unencodable(*texts: str) -> None:
    """Raise Refused where typed texts hold bytes that are no characters."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError as error:
        msg = "the text holds bytes that are no characters"
        raise Refused(msg, "type it again, or save its file as UTF-8") from error
