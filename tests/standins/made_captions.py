"""
Texts about pictures that nobody looked at: plausible, made from words by the picture's key.

The same key and language give the same texts; different keys give texts that share few words. Only
things that could stand in any photo are named: no place, no person, no date.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.standins.caption_words import LANGUAGES

_NAMES = {
    "english": "en",
    "engels": "en",
    "dutch": "nl",
    "nederlands": "nl",
    "german": "de",
    "deutsch": "de",
    "japanese": "ja",
    "日本語": "ja",
}
_NAMED = re.compile("|".join(_NAMES), re.IGNORECASE)
_CODE = re.compile(r"\blanguage\W{1,4}(en|nl|de|ja)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a model says about a picture."""

    caption: str
    alt_text: str
    keywords: tuple[str, ...]
    places: tuple[str, ...] = ()

    def fields(self) -> dict[str, Any]:
        """Return the four fields as JSON has them."""
        return {
            "caption": self.caption,
            "alt_text": self.alt_text,
            "keywords": list(self.keywords),
            "places": list(self.places),
        }


def language_of(prompt: str) -> str:
    """Return the code of the language that the prompt names first; English if it names none."""
    if code := _CODE.search(prompt):
        return code[1].lower()
    if name := _NAMED.search(prompt):
        return _NAMES[name[0].lower()]
    return "en"


def said_about(key: str, language: str = "en") -> Said:
    """Return the texts for a picture."""
    words = LANGUAGES[language]
    draw = _draws(f"{language} {key}")
    things = _different(words.things, draw, 6)
    looks = _different(words.looks, draw, 5)
    caption = words.caption.format(
        a=words.named(looks[0], things[0]),
        does=words.does[next(draw) % len(words.does)],
        beside=words.beside[next(draw) % len(words.beside)],
        b=words.near(looks[1], things[1]),
        c=words.joined(looks[2], things[2]),
        end=words.ends[next(draw) % len(words.ends)],
    )
    alt_text = words.alt_text.format(
        d=words.named(looks[3], things[3]),
        e=words.plain(looks[4], things[4]),
        a=words.bare(things[0]),
        view=words.views[next(draw) % len(words.views)],
    )
    keywords = (
        *(words.bare(thing) for thing in things),
        *_different(words.topics, draw, 2),
    )
    return Said(caption=_begun(caption), alt_text=_begun(alt_text), keywords=keywords)


def as_asked(said: Said, schema: Any) -> str:
    """Return the content: by the schema, as JSON, or as plain text without either."""
    if isinstance(schema, Mapping) and schema:
        known = said.fields()
        return json.dumps(_obeying(schema, schema, known, said.caption), ensure_ascii=False)
    if schema == "json":
        return json.dumps(said.fields(), ensure_ascii=False)
    return said.caption


def _obeying(
    schema: Mapping[str, Any], root: Mapping[str, Any], known: Mapping[str, Any], text: str
) -> Any:
    """Return a value that the schema allows, with the known fields where it names them."""
    schema = _behind(schema, root)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _obeying(schema[choice][0], root, known, text)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    match kind if isinstance(kind, str) else kind[0]:
        case "object":
            return {
                name: _known(known[name], part, root)
                if name in known
                else _obeying(part, root, known, text)
                for name, part in schema.get("properties", {}).items()
            }
        case "array":
            one = _obeying(schema.get("items", {}), root, known, text)
            return [one] * int(schema.get("minItems", 1))
        case "integer":
            return int(schema.get("minimum", len(text)))
        case "number":
            return float(schema.get("minimum", len(text)))
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return text[: schema.get("maxLength")]


def _behind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference stands for."""
    while reference := schema.get("$ref"):
        found: Any = root
        for part in str(reference).removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _known(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """Return a known field, no longer than the schema allows."""
    schema = _behind(schema, root)
    if isinstance(value, str):
        return value[: schema.get("maxLength")]
    return value[: schema.get("maxItems")]


def _draws(seed: str) -> Iterator[int]:
    """Yield numbers without end, always the same ones for a seed."""
    block = hashlib.sha256(seed.encode()).digest()
    while True:
        for at in range(0, len(block), 4):
            yield int.from_bytes(block[at : at + 4], "big")
        block = hashlib.sha256(block).digest()


def _different(words: Sequence[str], draw: Iterator[int], count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        word = words[next(draw) % len(words)]
        if word not in found:
            found.append(word)
    return found


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
