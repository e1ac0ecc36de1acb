"""
The sections of the configuration, their keys and their defaults.

Read from `photojournal.toml` and the environment by `driver.config`; what no section may say stands
in `driver.limits`.
"""

import re
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from adapters.packet import Keep
from adapters.recipes import Format, Mode, Position, Subsampling
from machine.digests import digest_of
from machine.name_template import PREDECESSORS
from machine.values import TextLimits


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file. Every key has a default that works."""


class Ingest(Section, frozen=True, kw_only=True):
    """`[ingest]`."""

    copy: bool = False
    """Keep a copy of each original in data/objects."""
    file_name: str = PREDECESSORS
    """The template of file names; rows that are there keep theirs when it changes."""
    pick_labels: tuple[str, ...] = ()
    """Labels of other programs that make picks, whatever their case."""


class StageLimits(Section, frozen=True, kw_only=True):
    """What every stage has."""

    attempts: int = 3
    """Charged tries of one input before the stage of the row is set aside."""
    deadline_s: float = 120.0
    """Seconds one try may take."""
    backoff_s: float = 2.0
    """Seconds until the second try; four times as long for each further one."""


class Prefill(StageLimits, frozen=True, kw_only=True):
    """`[prefill]`."""

    captioner: Literal["metadata", "ollama"] = "metadata"
    language: str = "en"
    """BCP 47: of the prompt, the texts and the rules."""
    deadline_s: float = 900.0
    """Seconds one try may take, from the request to the end of the answer."""
    host: str = ""
    """Where Ollama is; empty: OLLAMA_HOST, else this machine."""
    model: str = "qwen2.5vl:3b"
    fallback_models: tuple[str, ...] = ()
    """Asked in this order, `attempts` times each, for a photo that the one before failed."""
    first_token_timeout_s: float = 300.0
    """Seconds until an answer begins: queueing, loading and looking come before it."""
    idle_timeout_s: float = 120.0
    """Seconds between two pieces of an answer."""
    wait_for_service: float = 300.0
    """Seconds to wait for a service that is away, before the stage is paused."""
    in_flight: int = 1
    """Requests at once, where the service is found to work on them at once."""
    on_cpu: Literal["warn", "stop"] = "warn"
    num_ctx: int = 4096
    num_predict: int = 512
    keep_alive: str = "30m"
    long_side_px: int = 1024
    """Of the picture that the model is shown."""
    recheck_rows: int = 25
    """After so many answers it is asked again what the model runs on."""
    caption_words: tuple[int, int] = (7, 40)
    alt_text_words: tuple[int, int] = (3, 30)
    keywords: tuple[int, int] = (6, 15)
    protected_words: tuple[str, ...] = ()
    """Words that no cleaning rule touches."""

    def text_limits(self) -> TextLimits:
        """Return how long texts may be."""
        return TextLimits(
            caption_words_min=self.caption_words[0],
            caption_words_max=self.caption_words[1],
            alt_text_words_min=self.alt_text_words[0],
            alt_text_words_max=self.alt_text_words[1],
            keywords_min=self.keywords[0],
            keywords_max=self.keywords[1],
        )

    def models(self) -> tuple[str, ...]:
        """Return the models in the order in which a photo is tried with them."""
        return (self.model, *self.fallback_models)


class Score(StageLimits, frozen=True, kw_only=True):
    """`[score]`."""

    profile: Literal["embedded", "full"] = "embedded"
    metrics: tuple[str, ...] = ()
    """Further no-reference metrics of pyiqa, by its names; required like the profile's own."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """What the neural models run on."""
    weights: str = ""
    """Folder of downloaded weights, relative to the workspace; empty: one in the user's cache."""


class RenditionTable(Section, frozen=True, kw_only=True):
    """`[resize.renditions.NAME]`: one picture that is made of each photo."""

    size: str = ""
    """The box; empty, for `web` and `thumb` only: the one that stands in `[resize]`."""
    mode: Mode = "fit"
    format: Format = "jpeg"
    quality: int | None = None
    """On the scale of the format; None: `[resize] quality`, for WebP 82, for AVIF 63."""
    progressive: bool | None = None
    """JPEG only; None: yes."""
    subsampling: Subsampling | None = None
    """JPEG and AVIF only; None: 4:4:4."""
    sharpen: int = 0
    """Percent."""
    watermark: bool = False


class WatermarkTable(Section, frozen=True, kw_only=True):
    """`[resize.watermark]`: what stands upon the renditions with `watermark = true`."""

    text: str = ""
    image: str = ""
    """A file, relative to the workspace."""
    position: Position = "bottom-right"
    opacity: int = 60
    size: float = 5.0
    margin: float = 3.0
    color: str = "#ffffff"


class Resize(StageLimits, frozen=True, kw_only=True):
    """`[resize]`."""

    web: str = "1500x1000"
    thumb: str = "548x365"
    quality: int = 90
    renditions: dict[str, RenditionTable] = {}
    watermark: WatermarkTable = WatermarkTable()

    def tables(self) -> dict[str, RenditionTable]:
        """Return every rendition with its size: `web` and `thumb`, which are always made, first."""
        own = {"web": self.web, "thumb": self.thumb}
        return {
            name: replace(table, size=table.size or own.get(name, ""))
            for name, table in ({name: RenditionTable() for name in own} | self.renditions).items()
        }


class FtpTable(Section, frozen=True, kw_only=True):
    """`[publish.ftp]`: where the pictures go."""

    host: str = ""
    port: int = 21
    user: str = ""
    tls: bool = True
    """False: the password and the pictures travel in the clear."""
    ca_file: str = ""
    """Certificates to trust, relative to the workspace; empty: those of the system."""
    remote_base: str = "/"
    """The folder that published paths lie in; without a slash in front, below the login's own."""
    timeout_s: float = 60.0
    """Seconds without an answer."""
    read_back: bool = True
    """Fetch every picture again and compare it; False: its size only."""
    in_flight: int = 2
    """Rows on their way at once, each over connections of its own."""


class MysqlTable(Section, frozen=True, kw_only=True):
    """`[publish.mysql]`: where the published table is."""

    host: str = ""
    port: int = 3306
    user: str = ""
    database: str = ""
    table: str = "photos_info_revamp"
    tls: bool = False
    ca_file: str = ""
    """Certificates to trust, relative to the workspace; empty: those of the system."""
    timeout_s: float = 30.0
    """Seconds without an answer."""


class Publish(Section, frozen=True, kw_only=True):
    """`[publish]`."""

    gallery: Literal["folder", "ftp"] = "folder"
    ftp: FtpTable = FtpTable()
    mysql: MysqlTable = MysqlTable()
    public_url_base: str = ""
    """Put before every published path, such as https://example.org/photos."""
    allow_ungrounded: bool = False
    """Let through texts that nobody checked against the picture."""
    creator: str = ""
    credit: str = ""
    copyright: str = ""
    licence_url: str = ""
    keep: tuple[Keep, ...] = ()
    """Facts of the original that published pictures repeat; by default none."""

    @property
    def answer_s(self) -> float:
        """Return the seconds that a server may take for one answer; 0: there is none."""
        return max(self.ftp.timeout_s, self.mysql.timeout_s) if self.gallery == "ftp" else 0.0


class JournalSection(Section, frozen=True, kw_only=True):
    """`[journal]`."""

    min_free: str = "64 MiB"
    """The program stops before less than this is free on the workspace's disk."""


class RunSection(Section, frozen=True, kw_only=True):
    """`[run]`."""

    workers: int = 0
    """Processes that decode and measure; 0: one for each core."""


class Config(Section, frozen=True, kw_only=True):
    """The whole file."""

    ingest: Ingest = Ingest()
    prefill: Prefill = Prefill()
    score: Score = Score()
    resize: Resize = Resize()
    publish: Publish = Publish()
    journal: JournalSection = JournalSection()
    run: RunSection = RunSection()

    def digest(self) -> str:
        """Return what makes two configurations the same."""
        return digest_of(self)

    def min_free_bytes(self) -> int:
        """Return `[journal] min_free` in bytes."""
        return size_bytes(self.journal.min_free)


def size_bytes(text: str) -> int:
    """Return `256 MiB` in bytes. Raises ValueError."""
    found = re.fullmatch(r"\s*(\d+)\s*([KMGT]?)(?:i?B)?\s*", text)
    if not found:
        words = f"`{text}` is not a size such as `256 MiB`, in B, KiB, MiB, GiB or TiB"
        msg = f"{words} - at `$.journal.min_free`"
        raise ValueError(msg)
    return int(found.group(1)) * 1 << 10 * " KMGT".index(found.group(2) or " ")


def box(text: str) -> tuple[int, int]:
    """Return `1500x1000` as width and height in pixels. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if not found:
        msg = f"`{text}` is not a size such as `1500x1000`"
        raise ValueError(msg)
    return int(found.group(1)), int(found.group(2))
