"""
What every test shares.

`make test` draws the same examples every time: a red run means that the code changed, not the dice.
`make soak` (SOAK=1) draws new ones and prints how to draw them again.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("new", print_blob=True)
settings.load_profile("new" if os.environ.get("SOAK") else "same")
