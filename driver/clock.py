"""The one place that reads the clock and makes identifiers."""

import os
import time
from datetime import UTC, datetime, timedelta


def now() -> str:
    """Return the time as the journal writes it: UTC, six fractional digits, `Z`."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """Return a moment with a time zone as the journal writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(at: str) -> datetime:
    """Return the moment that the journal wrote."""
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def after(seconds: float) -> str:
    """Return the time in so many seconds."""
    return stamp(datetime.now(UTC) + timedelta(seconds=seconds))


def today() -> str:
    """Return the local date as yyyymmdd."""
    return datetime.now().astimezone().strftime("%Y%m%d")


def uuid7() -> str:
    """Return a new identifier that sorts by time (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    bits = (bits & ~(0xF << 76)) | (0x7 << 76)
    bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
