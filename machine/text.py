"""Rules about texts: what can be said about a text without looking at the picture."""

from machine.values import Finding, Text

ALT_TEXT_TARGET = 125
"""Characters; above it an alt text gets long for a listener (IPTC guidance)."""
ALT_TEXT_MAX = 250
"""Characters; above it an alt text is refused (IPTC guidance)."""
KEYWORDS_MIN = 3


def findings(text: Text) -> tuple[Finding, ...]:
    """Return what quality control says about `text`; blocking ones keep the row from approval."""
    found: list[Finding] = []
    if is_blank(text.caption):
        found.append(Finding(code="caption_empty", blocking=True))
    if is_blank(text.alt_text):
        found.append(Finding(code="alt_text_empty", blocking=True))
    length = len(text.alt_text)
    if length > ALT_TEXT_TARGET:
        found.append(
            Finding(
                code="alt_text_long",
                detail=f"{length} characters, at most {ALT_TEXT_MAX}",
                blocking=length > ALT_TEXT_MAX,
            )
        )
    if text.caption and normalise(text.caption) == normalise(text.alt_text):
        found.append(Finding(code="caption_equals_alt_text"))
    if len({normalise(word) for word in text.keywords} - {""}) < KEYWORDS_MIN:
        found.append(Finding(code="keywords_few", detail=f"fewer than {KEYWORDS_MIN}"))
    return tuple(found)


def sound(text: str) -> str:
    """Return `text` without halves of characters (lone surrogates), which no journal can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def is_blank(text: str) -> bool:
    """Return whether nothing of `text` can be seen: spaces, and marks without width."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def normalise(text: str) -> str:
    """Return `text` in lower case with everything but letters and digits folded to one space."""
    kept = "".join(char if char.isalnum() else " " for char in text.casefold())
    return " ".join(kept.split())
