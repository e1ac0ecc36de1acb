"""
What no section of the configuration may say: sizes, seconds, names and addresses without a meaning.

Every refusal ends with the key's place, as msgspec's own do, so that its line can be named. An
address that seems to hold a login is never repeated.
"""

import math
import re
from urllib.parse import urlsplit

from msgspec.structs import asdict

from driver import limits_publish
from driver.limits_resize import wrong_in
from driver.sections import Config, Ingest, Prefill, Resize, Score, size_bytes
from machine.name_template import parse
from machine.quality import PROFILES


def check(config: Config) -> None:
    """Raise ValueError, with the key's place, for what cannot be meant."""
    size_bytes(config.journal.min_free)
    _check_ingest(config.ingest)
    _check_resize(config.resize)
    _check_numbers(config)
    _check_prefill(config.prefill)
    _check_score(config.score)
    for words, place in limits_publish.wrong_in(config.publish):
        _refuse(words, place)


def _refuse(words: str, place: str) -> None:
    msg = f"{words} - at `$.{place}`"
    raise ValueError(msg)


def _check_ingest(ingest: Ingest) -> None:
    try:
        parse(ingest.file_name)
    except ValueError as error:
        _refuse(str(error), "ingest.file_name")
    if not all(label.strip() for label in ingest.pick_labels):
        _refuse("a label is missing", "ingest.pick_labels")


def _check_resize(resize: Resize) -> None:
    for words, place in wrong_in(resize):
        _refuse(words, place)


# --- Numbers

_STAGES = ("prefill", "score", "resize")

_LEAST: dict[str, float] = {
    **{f"{stage}.backoff_s": 0 for stage in _STAGES},
    "prefill.deadline_s": 0.1,
    "prefill.first_token_timeout_s": 0.1,
    "prefill.idle_timeout_s": 0.1,
    "prefill.wait_for_service": 0,
    "prefill.in_flight": 1,
    "prefill.num_ctx": 512,
    "prefill.num_predict": 64,
    "prefill.long_side_px": 32,
    "prefill.recheck_rows": 1,
    "prefill.attempts": 1,
}

_MOST = {
    "prefill.in_flight": 64,
    "prefill.num_ctx": 1_048_576,
    "prefill.num_predict": 65_536,
    "prefill.long_side_px": 8192,
}


def _check_numbers(config: Config) -> None:
    """Refuse what is not finite, too small or too large."""
    for section, keys in asdict(config).items():
        for key, value in asdict(keys).items():
            if isinstance(value, float) and not math.isfinite(value):
                _refuse(f"{value} is not a finite number", f"{section}.{key}")
    for place, least in _LEAST.items():
        if (value := _at(config, place)) < least:
            _refuse(f"{value} is less than {least}", place)
    for place, most in _MOST.items():
        if (value := _at(config, place)) > most:
            _refuse(f"{value} is more than {most}", place)
    for stage in _STAGES:
        if (value := _at(config, f"{stage}.deadline_s")) <= 0:
            _refuse(f"{value} leaves no time: it has to be more than 0", f"{stage}.deadline_s")


def _at(config: Config, place: str) -> float:
    section, _, key = place.partition(".")
    value: float = getattr(getattr(config, section), key)
    return value


# --- Captions

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
"""The form of a BCP 47 tag."""

_SECONDS = re.compile(r"[-+]?\d+(\.\d+)?")
_DURATION = re.compile(r"[-+]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+")
"""As Go writes it: the service reads it so."""

_HOST = re.compile(r"[\w.-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\w.-]+)?")
"""A name, an IPv4 address or, with colons, an IPv6 address."""


def _check_prefill(prefill: Prefill) -> None:
    """Refuse what no captioner can do."""
    _check_models(prefill)
    if not _LANGUAGE.fullmatch(prefill.language):
        _refuse(f"`{prefill.language}` is no language such as `en` or `nl-BE`", "prefill.language")
    if not (_SECONDS.fullmatch(prefill.keep_alive) or _DURATION.fullmatch(prefill.keep_alive)):
        words = f"`{prefill.keep_alive}` is no time such as `30m`, `1h30m`, `-1` or `0`"
        _refuse(words, "prefill.keep_alive")
    if wrong := _wrong_host(prefill.host):
        _refuse(wrong, "prefill.host")
    for key in ("caption_words", "alt_text_words", "keywords"):
        least, most = getattr(prefill, key)
        if not 0 < least <= most:
            _refuse(f"[{least}, {most}] is no range", f"prefill.{key}")


def _check_models(prefill: Prefill) -> None:
    models = prefill.models()
    if not prefill.model.strip():
        _refuse("the name of a model is missing", "prefill.model")
    if not all(model.strip() for model in models):
        _refuse("the name of a model is missing", "prefill.fallback_models")
    if len({_tagged(model) for model in models}) < len(models):
        _refuse(f"each model once, not {', '.join(models)}", "prefill.fallback_models")


def _tagged(model: str) -> str:
    """Return a model with its tag, as the service completes it."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def _wrong_host(host: str) -> str:
    """Return what is wrong with the address of the service; empty: nothing."""
    if not host:
        return ""
    if "@" in host:
        return "a login does not belong here"
    no_host = f"`{host}` is no address such as `studio.local:11434` or `https://studio.local`"
    try:
        where = urlsplit(host if "://" in host else f"//{host}")
        name, port = where.hostname or "", where.port
    except ValueError:
        return no_host
    if where.scheme not in ("", "http", "https"):
        return f"`{where.scheme}` is not spoken: http or https"
    named = _HOST.fullmatch(name) and (name or port is not None)
    whole = host.isprintable() and " " not in host and not where.netloc.endswith(":")
    return "" if named and whole and port != 0 else no_host


# --- Scores

_METRIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
"""The form of pyiqa's names, such as `clipiqa+_vitL14_512`."""

_OTHER_NAMES = {"nima": "nima_score", "brisque": "brisque_score"}
"""What pyiqa calls a metric that the program measures under a name of its own."""


def _check_score(score: Score) -> None:
    """Refuse names that cannot be those of further metrics; pyiqa itself is not asked."""
    for metric in score.metrics:
        if not _METRIC.fullmatch(metric):
            _refuse(f"`{metric}` is no name of a metric such as `topiq_nr`", "score.metrics")
        name = _OTHER_NAMES.get(metric, metric)
        here = f"`{metric}`" if name == metric else f"`{metric}`, here called `{name}`,"
        if name in PROFILES[score.profile]:
            words = f"{here} belongs to the profile `{score.profile}` already"
            _refuse(words, "score.metrics")
        if name != metric:
            _refuse(f"`{metric}` is called `{name}` here", "score.metrics")
    if len(set(score.metrics)) < len(score.metrics):
        _refuse(f"each metric once, not {', '.join(score.metrics)}", "score.metrics")
