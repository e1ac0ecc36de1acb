"""
What the logs say about models: what one runs on, which one is tried, what was mended afterwards.

    [INFO] Ollama startup check: model=qwen2.5vl:3b processor=GPU 63% context=4096 vram=3.2GiB
    [RETRY] id=17 Crane_017.JPG primary model 'a' failed (PrefillEmpty); trying fallback 'b'
    [RETRY-OK] id=17 Crane_017.JPG accepted from fallback model 'b': prefilled by model:b
"""

from machine import events as e
from machine import run_events as r
from projections.story import Line, Story, because, one_line, retry_reason

_GIB = 1 << 30
_UNKNOWN = "-"


def checked(event: r.ModelChecked, _: str) -> list[Line]:
    """Say what a model runs on, and what is wrong with that; later checks name their occasion."""
    urgent = event.occasion in ("slow", "changed") and event.processor != "GPU"
    processor = event.processor if event.processor != "unknown" else _UNKNOWN
    looked = event.processor != "unknown" or event.vram_bytes
    fields = [
        f"model={one_line(event.model)}",
        f"processor={one_line(processor)}",
        f"context={_UNKNOWN if event.context is None else event.context}",
        f"vram={f'{event.vram_bytes / _GIB:.1f}GiB' if looked else _UNKNOWN}",
    ]
    if event.occasion != "startup":
        fields.append(f"occasion={event.occasion}")
    if event.in_flight > 1:
        fields.append(f"in_flight={event.in_flight}")
    if event.tokens_per_s is not None:
        fields.append(f"tokens/s={event.tokens_per_s:.1f}")
    text = f"Ollama startup check: {' '.join(fields)}"
    warnings = [("WARN", one_line(warning)) for warning in event.warnings]
    return [("WARN" if urgent else "INFO", text), *warnings]


def waiting(event: r.StageWaiting, _: str) -> list[Line]:
    """Say that a stage waits for its service, and how long at most."""
    why = one_line(because(event.code, event.detail))
    limit = f" (at most {event.limit_s:.0f} s)" if event.limit_s else ""
    return [("WARN", f"Stage {one_line(event.stage)} waits for the service: {why}{limit}")]


def resumed(event: r.StageResumed, _: str) -> list[Line]:
    """Say that a stage goes on."""
    seconds = event.waited_ms / 1000
    answers = f"the service answers again after {seconds:.1f} s"
    return [("INFO", f"Stage {one_line(event.stage)} goes on: {answers}")]


def started(event: e.AttemptStarted, about: str, story: Story) -> list[Line]:
    """Say that an attempt began; a model's first try in another one's place names both."""
    before = story.started.get(event.stage)
    first = before is None or before.model != event.model
    if event.fallback_for and first:
        reason = story.reasons.get(event.fallback_for) or retry_reason(story.row, event.stage)
        failed = f" ({one_line(reason)})" if reason else ""
        tried = f"primary model {named(event.fallback_for)} failed{failed}"
        alone = ", alone" if event.alone else ""
        return [("RETRY", f"{about} {tried}; trying fallback {named(event.model)}{alone}")]
    reason = retry_reason(story.row, event.stage)
    number = f"attempt {event.attempt}{', alone' if event.alone else ''}"
    if not reason:
        return [("INFO", f"{about} {event.stage} started, {number}")]
    kind = "fallback model" if event.fallback_for else "model"
    model = f" with {kind} {named(event.model)}" if event.model else ""
    return [("RETRY", f"{about} {event.stage} {number}{model} after {one_line(reason)}")]


def mended(event: e.TextCleaned, about: str) -> Line:
    """Say which rules mended a text, and what is left to find."""
    rules = ", ".join(one_line(rule) for rule in dict.fromkeys(one.rule for one in event.changes))
    found = ", ".join(finding.code for finding in event.findings)
    return "INFO", f"{about} text mended: {rules}{f'; findings: {found}' if found else ''}"


def waived(event: e.QcWaived, about: str) -> Line:
    """Say which findings a person let pass, and why."""
    codes = ", ".join(one_line(code) for code in event.codes)
    return "INFO", f"{about} findings let pass ({codes}): {one_line(event.reason)}"


def wanted(event: e.Retried, about: str) -> Line:
    """Say that a person wants a stage again, with which model and why."""
    model = f" with model {named(event.model)}" if event.model else ""
    reason = f": {one_line(event.reason)}" if event.reason else ""
    return "INFO", f"{about} {event.stage} wanted again{model}{reason}"


def named(model: str) -> str:
    """Return a model's name in single quotes."""
    return "'" + one_line(model).replace("'", "\\'") + "'"
