"""Which Chromium the tests take: the first of these that is there. All draw alike."""

import shutil

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no windows, not even ones that nobody sees: a test takes half the time."""


def chromium_path() -> str | None:
    """Return the path of the program; None: there is none."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)
