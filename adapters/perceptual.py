"""
How a photo looks, in 64 bits: a perceptual hash, much the same for a smaller or compressed copy.

pHash: the picture as 32 x 32 grey pixels, its 8 x 8 lowest frequencies (DCT-II), each of them above
or below their median (source: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010). Two hashes are compared by the bits in which they differ; which figures are to be
expected stands in docs/similar.md. No proof of a copy, and no protection against a forged one.
"""

import numpy as np
from PIL import Image

from adapters import decode

_SIDE_PX = 32
_FREQUENCIES = 8
_DRAFT_PX = 256
"""A JPEG is decoded about so small: its decoder does that many times faster."""
_FLAT = 2.0
"""Standard deviation, of 256 grey levels, below which there is nothing to be seen."""


def perceptual_hash(photo: bytes) -> str:
    """
    Return the hash of a photo as displayed: 16 hex digits; empty where nothing is to be seen.

    Raises:
        Unreadable: it cannot be decoded.
        AdapterError: `OutOfMemory`.
    """
    import cv2

    with decode.opened(photo) as image:
        image.draft("RGB", (_DRAFT_PX, _DRAFT_PX))
        turn = decode.open_turn(image)
        decode.load(image)
        grey = decode.rgb(image).convert("L").resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    levels = np.asarray(decode.turned(grey, turn), dtype=np.float32)
    if levels.std() < _FLAT:
        return ""
    low = cv2.dct(levels)[:_FREQUENCIES, :_FREQUENCIES].ravel()
    return np.packbits(low > np.median(low[1:])).tobytes().hex()
