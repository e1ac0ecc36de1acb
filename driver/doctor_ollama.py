"""
Tries out the caption service and its models, for `doctor`.

Where captions are made by a model, the first model is loaded, so that it can be seen what it runs
on; nothing is asked of it and no picture is sent.
"""

import asyncio
from collections.abc import Iterator

from adapters.errors import AdapterError
from adapters.ollama_service import Checked, Loaded, OllamaService
from driver.doctor import Trial
from driver.sections import Prefill
from machine.failures import FAILURES
from machine.wording import pack_of

ANSWER_S = 3.0
"""How long the service may take to say that it is there."""

LOAD_S = 60.0
"""How long loading the model is waited for."""

_DIGEST_SHOWN = 12
_GIB = 1 << 30
_NOT_NEEDED = "not needed: [prefill] captioner is metadata"


def trials_of(settings: Prefill) -> Iterator[Trial]:
    """Try the service, each model, what the first one runs on, and what judges its texts."""
    yield from _service(settings)
    if settings.captioner == "ollama":
        yield _texts(settings)


def _texts(settings: Prefill) -> Trial:
    pack = pack_of(settings.language)
    if pack:
        detail = f"language {settings.language} is judged by the {pack} rules"
        return Trial(name="texts", state="ok", detail=detail)
    detail = f"language {settings.language} is judged by the neutral rules only"
    hint = "read the texts before you approve them; what is not looked for: docs/text-rules.md"
    return Trial(name="texts", state="warn", detail=detail, hint=hint)


def _service(settings: Prefill) -> Iterator[Trial]:
    try:
        service = OllamaService(settings.host)
    except AdapterError as error:
        yield _away(settings, error)
        return
    with asyncio.Runner() as runner:
        try:
            try:
                version = runner.run(service.version(ANSWER_S))
            except AdapterError as error:
                yield _away(settings, error)
                return
            if settings.captioner != "ollama":
                detail = f"answers, version {version}; {_NOT_NEEDED}"
                yield Trial(name="ollama", state="ok", detail=detail)
                return
            yield _there(service, version)
            yield from _models(settings, service, runner)
        finally:
            runner.run(service.close())


def _away(settings: Prefill, error: AdapterError) -> Trial:
    """Return what it means that the service does not answer; nothing where it is not needed."""
    if settings.captioner != "ollama":
        detail = f"does not answer; {_NOT_NEEDED}"
        return Trial(name="ollama", state="ok", detail=detail)
    hint = "start it: ollama serve; where it is says [prefill] host, else OLLAMA_HOST"
    if error.code != "PrefillUnreachable":
        hint = FAILURES[error.code].hint
    return Trial(name="ollama", state="fail", detail=str(error), hint=hint)


def _there(service: OllamaService, version: str) -> Trial:
    detail = f"{service.host} answers, version {version}"
    if service.local:
        return Trial(name="ollama", state="ok", detail=detail)
    detail += "; it is not this machine: pictures leave this machine"
    hint = 'to keep them here: run Ollama on this machine and set [prefill] host = "127.0.0.1"'
    return Trial(name="ollama", state="warn", detail=detail, hint=hint)


def _models(settings: Prefill, service: OllamaService, runner: asyncio.Runner) -> Iterator[Trial]:
    """Try each model; without the first one nothing can be captioned."""
    first: Checked | None = None
    for model in settings.models():
        primary = model == settings.model
        name = "model" if primary else "fallback model"
        try:
            found = runner.run(service.known(model))
        except AdapterError as error:
            yield Trial(
                name=name,
                state="fail" if primary else "warn",
                detail=f"{model}: {error}",
                hint=_hint(error, model, service),
            )
            continue
        yield _known(name, settings, found)
        first = found if primary else first
    if first is not None and not first.remote:
        yield _processor(settings, service, runner)


def _hint(error: AdapterError, model: str, service: OllamaService) -> str:
    if error.code == "PrefillModelMissing":
        pull = f"ollama pull {model}"
        return pull if service.local else f"on the machine of the service: {pull}"
    return FAILURES[error.code].hint.replace("MODEL", model)


def _known(name: str, settings: Prefill, found: Checked) -> Trial:
    """Return what is to be said about a model that is there."""
    digest = f", digest {found.digest[:_DIGEST_SHOWN]}" if found.digest else ""
    detail = f"{found.model}{digest}, can see pictures"
    if found.remote:
        detail += "; it runs in a cloud: pictures leave this machine"
        hint = "to keep them here, choose a model without `cloud` in its name"
        return Trial(name=name, state="warn", detail=detail, hint=hint)
    if found.context_max is not None and found.context_max < settings.num_ctx:
        detail += f"; it holds {found.context_max} tokens, [prefill] num_ctx asks for"
        detail += f" {settings.num_ctx}"
        hint = f"set [prefill] num_ctx = {found.context_max} or less"
        return Trial(name=name, state="warn", detail=detail, hint=hint)
    return Trial(name=name, state="ok", detail=detail)


def _processor(settings: Prefill, service: OllamaService, runner: asyncio.Runner) -> Trial:
    """Load the first model and say what it runs on."""
    checking = service.check(
        settings.model,
        options={"num_ctx": settings.num_ctx},
        keep_alive=settings.keep_alive,
        within_s=LOAD_S,
    )
    try:
        found = runner.run(checking)
    except AdapterError as error:
        if error.code == "PrefillFirstTokenTimeout":
            detail = f"{settings.model} is still loading after {LOAD_S:g} s"
            hint = "again in a few minutes: photojournal doctor"
            return Trial(name="processor", state="warn", detail=detail, hint=hint)
        hint = "look at the log of the service, see docs/ollama.md"
        return Trial(name="processor", state="fail", detail=str(error), hint=hint)
    if found.loaded is None:
        detail = f"the service does not say what {settings.model} runs on"
        hint = "ollama ps, and mind how long a photo takes"
        return Trial(name="processor", state="warn", detail=detail, hint=hint)
    return _runs_on(settings, found.loaded, found.load_ms)


def _runs_on(settings: Prefill, loaded: Loaded, load_ms: int | None) -> Trial:
    words = [
        loaded.processor if loaded.processor != "unknown" else "not known",
        f"context {loaded.context}" if loaded.context else "",
        f"{loaded.vram_bytes / _GIB:.1f} GiB in the GPU's memory" if loaded.vram_bytes else "",
        f"loaded in {load_ms / 1000:.1f} s" if load_ms else "",
    ]
    detail = ", ".join(one for one in words if one)
    if loaded.processor == "CPU" and settings.on_cpu == "stop":
        hint = 'free or mend the GPU, or set [prefill] on_cpu = "warn"'
        detail += '; [prefill] on_cpu is "stop": nothing is captioned'
        return Trial(name="processor", state="fail", detail=detail, hint=hint)
    if loaded.context and loaded.context < settings.num_ctx:
        detail += f"; [prefill] num_ctx asks for {settings.num_ctx}"
        hint = "the service may limit it: OLLAMA_CONTEXT_LENGTH, see docs/ollama.md"
        return Trial(name="processor", state="warn", detail=detail, hint=hint)
    if loaded.processor != "GPU":
        hint = "captions take minutes a photo on a CPU; why it is not used: docs/ollama.md"
        return Trial(name="processor", state="warn", detail=detail, hint=hint)
    return Trial(name="processor", state="ok", detail=detail)
