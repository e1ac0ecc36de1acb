"""
The words for folders and locations: `vocabulary.toml`, one spelling each.

So that a slip of the finger makes no second folder on the website and no second series of names.
The file belongs to the person: a word is added as one line in its table, all else stays as it is,
byte for byte. Where there is none yet, the words that rows have are the known ones.
"""

import codecs
import json
import re
import shlex
import tomllib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.files import write_atomically
from driver.errors import Misused, Unreachable
from journal.locks import ProcessLock
from machine.naming import slug
from machine.values import Labels

FILE = "vocabulary.toml"
Table = Literal["folders", "locations"]
OPTION: dict[Table, str] = {"folders": "category", "locations": "location"}
"""Which label a table is about, as its option is called."""
NEAR = 70
"""Percent of likeness from which on a known word is suggested."""

TEMPLATE = """\
# The words for --category (the website's folder) and --location, each in its one spelling. A new
# word is added here when it is used; one that is much like a known word is asked about.
# Behind the = stands what file names say in its place; "" is the word itself. See docs/names.md.

[folders]
# "Nature" = ""
# "Harbours and ships" = "Harbour"

[locations]
# "Rotterdam" = ""
# "'s-Hertogenbosch" = "Den Bosch"
"""


class Word(Struct, frozen=True):
    """A word and the table that it stands in."""

    table: Table
    word: str


class Vocabulary(Struct, frozen=True, forbid_unknown_fields=True):
    """The words that are known, each with what file names say in its place (empty: itself)."""

    folders: dict[str, str] = {}
    locations: dict[str, str] = {}

    def words(self, table: Table) -> dict[str, str]:
        """Return the words of a table."""
        return self.folders if table == "folders" else self.locations

    def spelling(self, table: Table, word: str) -> str:
        """Return a word as it is spelt here; empty for one that is not known."""
        return {key(one): one for one in self.words(table)}.get(key(word), "")

    def in_names(self, labels: Labels) -> Labels:
        """Return labels as file names say them."""
        return Labels(
            category=self._in_names("folders", labels.category),
            subject=labels.subject,
            location=self._in_names("locations", labels.location),
        )

    def _in_names(self, table: Table, word: str) -> str:
        return self.words(table).get(self.spelling(table, word), "") or word


def key(word: str) -> str:
    """Return what makes two words the same: without case, blanks, hyphens and underscores."""
    folded = unicodedata.normalize("NFC", word).casefold()
    return re.sub(r"[\s_-]+", "", folded) or folded


def load(path: Path) -> Vocabulary:
    """
    Read the file; where there is none, no word is known.

    Raises:
        Misused: it is not TOML, has another table, or says a word twice.
    """
    try:
        return _read(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return Vocabulary()
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise Misused(msg, f"mend {path.name}; docs/names.md shows how it is written") from error


def _read(text: str) -> Vocabulary:
    """Return the words of a file's text. Raises ValueError."""
    found = msgspec.convert(tomllib.loads(text), Vocabulary)
    for table in OPTION:
        seen: dict[str, str] = {}
        for word, form in found.words(table).items():
            if (other := seen.setdefault(key(word), word)) != word:
                msg = f"`{other}` and `{word}` in [{table}] are one word: keep one of them"
                raise ValueError(msg)
            if form and not slug(form):
                msg = f"`{form}`, for `{word}` in [{table}], leaves nothing for a file name"
                raise ValueError(msg)
    return found


class Spelt(Struct, frozen=True, kw_only=True):
    """Labels as they are to be written, and what is to be said and added."""

    labels: Labels
    said: tuple[str, ...] = ()
    added: tuple[Word, ...] = ()


def spell(vocabulary: Vocabulary, labels: Labels, *, new: bool) -> Spelt:
    """
    Return labels in the known spelling.

    Args:
        vocabulary: the words that are known.
        labels: what was typed; an empty one is left empty.
        new: words that are like a known one may be added, too.

    Raises:
        Misused: a word is like a known one, or cannot be written.
    """
    given: dict[Table, str] = {"folders": labels.category, "locations": labels.location}
    said, added = list[str](), list[Word]()
    for table, typed in given.items():
        word = unicodedata.normalize("NFC", " ".join(typed.split()))
        known = vocabulary.spelling(table, word)
        if known and known != typed:
            said.append(f"The {OPTION[table]} `{typed}` is written {known}")
        elif word and not known:
            _check_new(vocabulary, table, word, new=new)
            added.append(Word(table, word))
        given[table] = known or word
    return Spelt(
        labels=Labels(
            category=given["folders"], subject=labels.subject, location=given["locations"]
        ),
        said=tuple(said),
        added=tuple(added),
    )


def _check_new(vocabulary: Vocabulary, table: Table, word: str, *, new: bool) -> None:
    """Raise Misused for a word that cannot be added, or that looks like a slip."""
    option, known = OPTION[table], vocabulary.words(table)
    if not word.isprintable():
        msg = f"the {option} {word!a} holds characters that cannot be printed"
        raise Misused(msg, f"type --{option} again, in letters")
    near = "" if new else nearest(known, word)
    if near:
        msg = f"the {option} `{word}` is not in {FILE}, which has one like it"
        hint = f"did you mean --{option} {shlex.quote(near)}? Or else --new, which adds it"
        raise Misused(msg, hint)


def nearest(known: Iterable[str], word: str) -> str:
    """Return the word that another one is most like; empty where none is near."""
    from rapidfuzz import fuzz, process

    found = process.extractOne(word, [*known], scorer=fuzz.ratio, processor=key, score_cutoff=NEAR)
    return found[0] if found else ""


def add(path: Path, words: Iterable[Word], locks: Path) -> list[Word]:
    """
    Add words to the file, whole or not at all; return those that were not there yet.

    Args:
        path: the file; made where there is none.
        words: what to add.
        locks: the folder for the lock that keeps two processes from adding at once.

    Raises:
        Misused: the file is damaged, or written in a way that a line cannot be added to.
        Unreachable: it cannot be written.
    """
    missing = list[Word]()
    try:
        locks.mkdir(parents=True, exist_ok=True)
        with ProcessLock(locks / "vocabulary"):
            data = path.read_bytes() if path.exists() else TEMPLATE.encode()
            encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
            text = data.decode(encoding)
            for one in words:
                if not _read(text).spelling(one.table, one.word):
                    text = _with(text, one)
                    missing.append(one)
            if missing:
                write_atomically(path, text.encode(encoding))
    except ValueError as error:
        msg = f"{path}: {error}"
        raise Misused(msg, "write the line there, then give the command again") from error
    except (AdapterError, OSError) as error:
        raise Unreachable(str(error), f"make {path} writable, or free space") from error
    return missing


def _with(text: str, added: Word) -> str:
    """Return the text with one more line, which says one more word. Raises ValueError."""
    end = "\r\n" if "\r\n" in text else "\n"
    entry = f'{json.dumps(added.word, ensure_ascii=False)} = ""'
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += end
    header = re.compile(rf"\s*\[\s*{added.table}\s*\]")
    place = next((at for at, one in enumerate(lines) if header.match(one)), None)
    if place is None:
        lines += [end, f"[{added.table}]{end}", f"{entry}{end}"]
    else:
        last = next(
            (at for at in range(place + 1, len(lines)) if _is_header(lines[at])), len(lines)
        )
        while not lines[last - 1].strip():
            last -= 1
        lines.insert(last, f"{entry}{end}")
    before, after = tomllib.loads(text), tomllib.loads("".join(lines))
    before.setdefault(added.table, {})[added.word] = ""
    if before != after:
        msg = f"a line for [{added.table}] could not be added: {entry}"
        raise ValueError(msg)
    return "".join(lines)


def _is_header(line: str) -> bool:
    return line.lstrip().startswith("[")
