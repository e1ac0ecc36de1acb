"""
What a vision model is asked for a photo, and what an answer has to be.

Promises: of a row, only `FIELDS_IN_PROMPT` enter the prompt, nothing that the camera wrote and no
file name; an answer is taken as it stands or refused, never repaired. The same facts give the same
prompt; `PROMPT_VERSION` is raised when they give another.
"""

import string
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from machine.text import ALT_TEXT_MAX, is_blank, normalise
from machine.values import Labels, Text, TextLimits

PROMPT_VERSION = 1
FIELDS_IN_PROMPT = ("subject", "location", "category")
"""What a model is told of a row: what a person said about the set."""

TEMPLATE_FIELDS = (*FIELDS_IN_PROMPT, "language", "limits", "schema", "feedback")
"""What a prompt of one's own may name in braces."""

TEMPLATE = """\
You write the texts for one photo in a public gallery, in {language}. Look at the photo.

What the photographer said about the set that it belongs to:
- subject: {subject}
- location: {location}
- category: {category}

Write:
- caption: one or two plain sentences that tell what this photo shows.
- alt_text: for somebody who cannot see it: what is seen and where in the picture, in words other \
than the caption's.
- keywords: single words or short names of what is seen, each once.
- places: the names of places that your texts mention, spelt as above; empty if there are none.
{limits}
All texts and keywords are in {language}.

Say only what can be seen or is told above. Guess no names, dates, events or feelings. Name no \
place that is not told above. Do not begin with "image of", "photo of" or the like. Do not mention \
cameras, lenses or files.
{feedback}
Answer with one JSON object of this schema and nothing else:
{schema}
"""

PROMPT_LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "Arabic",
        "bg": "Bulgarian",
        "ca": "Catalan",
        "cs": "Czech",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "en": "English",
        "en-gb": "British English",
        "en-us": "American English",
        "es": "Spanish",
        "et": "Estonian",
        "eu": "Basque",
        "fa": "Persian",
        "fi": "Finnish",
        "fr": "French",
        "fy": "West Frisian",
        "ga": "Irish",
        "gl": "Galician",
        "he": "Hebrew",
        "hi": "Hindi",
        "hr": "Croatian",
        "hu": "Hungarian",
        "id": "Indonesian",
        "is": "Icelandic",
        "it": "Italian",
        "ja": "Japanese",
        "ko": "Korean",
        "lt": "Lithuanian",
        "lv": "Latvian",
        "nb": "Norwegian Bokmål",
        "nl": "Dutch",
        "nn": "Norwegian Nynorsk",
        "no": "Norwegian",
        "pl": "Polish",
        "pt": "Portuguese",
        "pt-br": "Brazilian Portuguese",
        "ro": "Romanian",
        "ru": "Russian",
        "sk": "Slovak",
        "sl": "Slovenian",
        "sr": "Serbian",
        "sv": "Swedish",
        "th": "Thai",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "vi": "Vietnamese",
        "zh": "Chinese",
        "zh-hans": "Simplified Chinese",
        "zh-hant": "Traditional Chinese",
    }
)
"""BCP 47, lower case -> English name."""

_NOT_SAID = "(not said)"
_LABEL_MAX = 200
_FEEDBACK_MAX = 600
_EXCERPT = 80
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart into a letter and a mark."""


class Written(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What a model wrote about a photo."""

    caption: str
    alt_text: str
    keywords: list[str]
    places: list[str]
    """Names of places in the texts, for the check against invented ones."""


def _schema() -> dict[str, Any]:
    """Return the JSON schema of `Written` without references: a grammar is made from it."""
    (component,) = msgspec.json.schema_components([Written])[1].values()
    return {
        "type": "object",
        "properties": component["properties"],
        "required": list(Written.__struct_fields__),
        "additionalProperties": False,
    }


SCHEMA: dict[str, Any] = _schema()


def language_name(language: str) -> str:
    """Return the English name of a language, such as `Dutch` for `nl-BE`; unknown: as it is."""
    code = language.casefold().replace("_", "-")
    while code and code not in PROMPT_LANGUAGES:
        code = code.rpartition("-")[0]
    return PROMPT_LANGUAGES.get(code, language)


def prompt_for(
    labels: Labels, language: str, limits: TextLimits, feedback: str = "", *, template: str = ""
) -> str:
    """
    Return what a model is asked for one photo.

    Args:
        labels: What a person said about the set.
        language: BCP 47.
        limits: How long the texts may be.
        feedback: Why the previous answer was refused; empty: there was none.
        template: A prompt of one's own with `TEMPLATE_FIELDS` in braces; empty for `TEMPLATE`.

    Raises:
        ValueError: the template names another field, which the message tells, or its braces do not
            match.
    """
    chosen = template or TEMPLATE
    check_template(chosen)
    reason = _line(feedback, _FEEDBACK_MAX).rstrip(".")
    again = f"\nYour previous answer was refused: {reason}. Mend that.\n"
    values = {name: _line(getattr(labels, name)) or _NOT_SAID for name in FIELDS_IN_PROMPT}
    return chosen.format(
        **values,
        language=language_name(language),
        limits=_limits(limits),
        schema=msgspec.json.encode(SCHEMA).decode(),
        feedback=again if reason else "",
    )


def check_template(template: str) -> None:
    """
    Make sure that a prompt of one's own can be filled in.

    Raises:
        ValueError: saying what is wrong with it.
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        msg = f"the prompt's braces do not match ({error}); a brace of its own is written twice"
        raise ValueError(msg) from error
    for _, name, form, conversion in parts:
        if name is not None and (name not in TEMPLATE_FIELDS or form or conversion):
            known = ", ".join(TEMPLATE_FIELDS)
            msg = f"the prompt names {{{name}}}, which is none of: {known}"
            raise ValueError(msg)


def parse(text: str) -> Written:
    """
    Read an answer.

    Raises:
        AdapterError: `PrefillBadJson`, with how it begins; `PrefillWrongShape`, naming the field.
    """
    try:
        answer = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise AdapterError("PrefillBadJson", f"it begins {_line(text, _EXCERPT)!r}") from error
    try:
        return msgspec.convert(answer, Written)
    except msgspec.ValidationError as error:
        raise AdapterError("PrefillWrongShape", str(error)) from error


def text_of(written: Written, language: str) -> Text:
    """Return what was written as the text of a row, unchanged."""
    return Text(
        caption=written.caption,
        alt_text=written.alt_text,
        keywords=tuple(written.keywords),
        language=language,
    )


def invented(written: Written, labels: Labels) -> str:
    """
    Return the first place that nobody named; empty: there is none.

    A place counts as named if its words stand side by side in a label, or a label's in it, without
    regard to case, marks on letters and punctuation.
    """
    known = [words for name in FIELDS_IN_PROMPT if (words := _words(getattr(labels, name)))]
    for place in written.places:
        words = _words(place)
        if words and not any(_within(words, one) or _within(one, words) for one in known):
            return place.strip()
    return ""


def _words(text: str) -> list[str]:
    """Return the words of a name for comparison: lower case, without marks on letters."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return normalise("".join(char for char in apart if not unicodedata.combining(char))).split()


def _within(part: list[str], whole: list[str]) -> bool:
    return any(part == whole[i : i + len(part)] for i in range(len(whole) - len(part) + 1))


def _line(text: str, length: int = _LABEL_MAX) -> str:
    """Return `text` as one line of at most `length` characters."""
    if is_blank(text):
        return ""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _limits(limits: TextLimits) -> str:
    return (
        f"Lengths: caption {limits.caption_words_min} to {limits.caption_words_max} words; "
        f"alt_text {limits.alt_text_words_min} to {limits.alt_text_words_max} words and at most "
        f"{ALT_TEXT_MAX} characters; {limits.keywords_min} to {limits.keywords_max} keywords."
    )
