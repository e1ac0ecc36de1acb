"""Words for what happens around the rows: sets, runs, the gallery and the journal itself."""

from collections.abc import Callable
from typing import Any

from driver.word_parts import after, because, labels_in_words, meaning, shown_source
from machine import run_events as r
from machine.completeness import told
from machine.event_base import Event
from machine.text import size


def _scorer(x: r.ScorerChecked) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in x.versions.items())
    lacking = (
        f"; missing: {told([one.metric for one in x.missing], x.missing)}" if x.missing else ""
    )
    return f"scorer on {x.device or 'nothing'}: Python {x.python}, {versions}{lacking}"


def _run_started(x: r.RunStarted) -> str:
    words = x.argv if x.argv[:1] == ("photojournal",) else ("photojournal", *x.argv)
    return f"run `{' '.join(words)}` began (process {x.pid} on {x.host})"


WORDS_AROUND: dict[type[Event], Callable[[Any], str]] = {
    r.SetCreated: lambda x: f"set {x.set_id}: {labels_in_words(x.labels)}",
    r.StageWaiting: lambda x: (
        f"{x.stage} waits for its service: {meaning(x.code)}{because(x.detail)}"
    ),
    r.StageResumed: lambda x: f"{x.stage} goes on after {x.waited_ms / 1000:.0f} s",
    r.ModelChecked: lambda x: f"model {x.model} runs on {x.processor}, context {x.context}",
    r.ScorerChecked: _scorer,
    r.QcReported: lambda x: f"texts checked: {x.flagged} of {x.rows} rows have findings",
    r.ScoresChecked: lambda x: (
        f"scores checked: {x.complete} of {x.rows} rows have those that they need,"
        f" {x.failed} failed"
    ),
    r.SetRelabelled: lambda x: f"the set's labels: {labels_in_words(x.labels)}",
    r.FileRefused: lambda x: (
        f"{shown_source(x.source)} refused: {meaning(x.code)}{because(x.detail)}"
    ),
    r.FileSkipped: lambda x: f"{shown_source(x.source)} skipped: the same bytes as row {x.row}",
    r.RunStarted: _run_started,
    r.StageStarted: lambda x: f"{x.stage} began on {x.rows} rows{because(x.marker)}",
    r.StagePaused: lambda x: (
        f"{x.stage} paused with {x.rows_left} rows left: {meaning(x.code)}{because(x.detail)}"
    ),
    r.StageEnded: lambda x: (
        f"{x.stage} ended: {x.done} done, {x.failed} failed, {x.skipped} skipped"
        f"{after(x.duration_ms)}"
    ),
    r.RunEnded: lambda x: f"run ended: {x.outcome}, exit code {x.exit_code}{because(x.detail)}",
    r.RunDied: lambda x: (
        f"the run had died: {x.attempts} attempts and {x.sagas} publications were open;"
        f" settled by run {x.settled_by}"
    ),
    r.LogsHeld: lambda x: f"the log is kept{because(x.reason)}",
    r.LogsReleased: lambda x: f"the log is no longer kept{because(x.reason)}",
    r.PruningStarted: lambda x: f"{x.files} files that nothing refers to are about to be removed",
    r.ObjectsPruned: lambda x: (
        f"removed {x.objects} objects and {x.temporaries} temporary files that nothing refers to"
        f" ({x.size_bytes:,} bytes), {x.failed} could not be removed"
    ),
    r.StoppedDiskLow: lambda x: (
        f"stopped: {size(x.free_bytes)} free, {size(x.needed_bytes)} have to stay free"
    ),
    r.GalleryAccepted: lambda x: f"the gallery is taken as it is{because(x.reason)}",
    r.HeadAccepted: lambda x: (
        f"journal accepted up to {x.position} although {x.noted} was noted{because(x.reason)}"
    ),
    r.BackedUp: lambda x: f"backed up to {x.target}, up to position {x.position}",
    r.Restored: lambda x: f"restored from backup {x.backup}, which ends at position {x.position}",
    r.Redacted: lambda x: f"what event {x.position} said was forgotten{because(x.reason)}",
}
