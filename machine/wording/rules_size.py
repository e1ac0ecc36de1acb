"""Rules about how much there is of a text, and whether there is any."""

from machine.text import ALT_TEXT_MAX, ALT_TEXT_TARGET, is_blank, normalise
from machine.values import Finding
from machine.wording.reading import Reading
from machine.wording.words import Part


def caption_empty(reading: Reading) -> Finding | None:
    """
    Nothing of the caption can be seen. Blocks: a photo is not published without one.

    Found: an empty caption, or one of spaces and of marks without width.
    """
    empty = not reading.caption.tokens and is_blank(reading.text.caption)
    return Finding(code="caption_empty", blocking=True) if empty else None


def alt_text_empty(reading: Reading) -> Finding | None:
    """
    Nothing of the alt text can be seen. Blocks: a listener would hear nothing at all.

    Found: an empty alt text, or a line break alone.
    """
    empty = not reading.alt_text.tokens and is_blank(reading.text.alt_text)
    return Finding(code="alt_text_empty", blocking=True) if empty else None


def alt_text_long(reading: Reading) -> Finding | None:
    """
    The alt text takes long to listen to: more than 125 characters. Above 250 it blocks.

    Found: an alt text that tells what the caption is for.
    """
    length = len(reading.text.alt_text)
    if length <= ALT_TEXT_TARGET:
        return None
    return Finding(
        code="alt_text_long",
        detail=f"{length} characters, at most {ALT_TEXT_MAX}",
        blocking=length > ALT_TEXT_MAX,
    )


def caption_short(reading: Reading) -> Finding | None:
    """
    The caption has fewer words than asked: it names the photo instead of telling of it.

    Found: `Harbour.` An empty caption is another finding.
    """
    words, least = reading.caption.words, reading.limits.caption_words_min
    if words >= least or is_blank(reading.text.caption):
        return None
    return Finding(code="caption_short", detail=f"{_words(words)}, at least {least}")


def caption_long(reading: Reading) -> Finding | None:
    """
    The caption has more words than asked: the page shows a caption, not an essay.

    Found: a caption of sixty words.
    """
    words, most = reading.caption.words, reading.limits.caption_words_max
    if words <= most:
        return None
    return Finding(code="caption_long", detail=f"{_words(words)}, at most {most}")


def alt_text_short(reading: Reading) -> Finding | None:
    """
    The alt text has fewer words than asked: it does not say what can be seen.

    Found: `Harbour`. An empty alt text is another finding.
    """
    words, least = reading.alt_text.words, reading.limits.alt_text_words_min
    if words >= least or is_blank(reading.text.alt_text):
        return None
    return Finding(code="alt_text_short", detail=f"{_words(words)}, at least {least}")


def alt_text_wordy(reading: Reading) -> Finding | None:
    """
    The alt text has more words than asked; `alt_text_long` counts characters instead.

    Found: an alt text of forty words.
    """
    words, most = reading.alt_text.words, reading.limits.alt_text_words_max
    if words <= most:
        return None
    return Finding(code="alt_text_wordy", detail=f"{_words(words)}, at most {most}")


def caption_equals_alt_text(reading: Reading) -> Finding | None:
    """
    Caption and alt text say the same: a listener hears everything twice.

    Found: `Four cranes!` beside `four  CRANES`; case, punctuation and spaces make no difference.
    """
    text = reading.text
    if not text.caption or _starts_otherwise(reading.caption, reading.alt_text):
        return None
    if normalise(text.caption) != normalise(text.alt_text):
        return None
    return Finding(code="caption_equals_alt_text")


def _starts_otherwise(one: Part, other: Part) -> bool:
    """Return whether the first words tell two texts apart: cheaper than to compare the whole."""
    if not one.tokens or not other.tokens:
        return False
    first, second = normalise(one.tokens[0]), normalise(other.tokens[0])
    return not first.startswith(second) and not second.startswith(first)


def keywords_few(reading: Reading) -> Finding | None:
    """
    There are fewer different keywords than asked: the photo will not be found.

    Found: `crane, Crane, -`, which is one keyword.
    """
    count, least = len(set(reading.folded_keywords)), reading.limits.keywords_min
    if count >= least:
        return None
    return Finding(code="keywords_few", detail=f"{count} different, at least {least}")


def keywords_many(reading: Reading) -> Finding | None:
    """
    There are more different keywords than asked: those that fit drown in the others.

    Found: thirty keywords.
    """
    count, most = len(set(reading.folded_keywords)), reading.limits.keywords_max
    if count <= most:
        return None
    return Finding(code="keywords_many", detail=f"{count} different, at most {most}")


def keywords_repeated(reading: Reading) -> Finding | None:
    """
    A keyword stands twice, whatever its case or punctuation.

    Found: `crane, harbour, Crane`.
    """
    folded = reading.folded_keywords
    if len(set(folded)) == len(folded):
        return None
    twice = next(word for at, word in enumerate(folded) if word in folded[:at])
    return Finding(code="keywords_repeated", detail=twice)


def _words(number: int) -> str:
    return f"{number} word" if number == 1 else f"{number} words"
