"""
Colour: from the profile that a photo brings to sRGB.

A photo without a profile is taken for sRGB. So is one whose profile can not be used, and
`problem` says so in words, for the notes of its metadata.
"""

import hashlib
import io
from functools import cache
from importlib import resources

from PIL import Image, ImageCms

from adapters.decode import PILLOW_ERRORS, rgb
from adapters.errors import AdapterError

PROFILED_MODES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
"""Modes that go through a colour profile, and what the profile has to be made for."""

SRGB_SHA256 = "6f6fe5cc53cd24ceeb7997fb24ce2889fdfb88d88ce4fdc5f8e25e0481294953"


@cache
def srgb_profile() -> bytes:
    """
    Return the sRGB profile that is put into every rendition.

    Raises:
        AdapterError: `ResizeFailed`, it is missing or damaged.
    """
    detail = "the sRGB profile that came with the program is missing or damaged"
    try:
        profile = resources.files("adapters").joinpath("weights/srgb.icc").read_bytes()
    except OSError as error:
        raise AdapterError(code="ResizeFailed", detail=detail) from error
    if hashlib.sha256(profile).hexdigest() != SRGB_SHA256:
        raise AdapterError(code="ResizeFailed", detail=detail)
    return profile


def problem(profile: bytes | None, mode: str) -> str:
    """Return why a profile cannot be used for a picture of `mode`; empty: it can, or is absent."""
    if not profile:
        return ""
    try:
        made_for = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except PILLOW_ERRORS:
        return "the colour profile is damaged: the colours are taken for sRGB"
    wanted = PROFILED_MODES.get(mode, "RGB")
    if made_for != wanted:
        return f"the colour profile is for {made_for}, not {wanted}: the colours are taken for sRGB"
    return ""


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB, mode RGB; colours out of reach as the profile's maker meant."""
    converted = None
    if profile and not problem(profile, picture.mode):
        converted = _converted(picture, profile)
    if converted is not None:
        return converted
    return picture if picture.mode == "RGB" else rgb(picture)


def _converted(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the picture converted; None if it is sRGB already or the profile proves useless."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except PILLOW_ERRORS:
        return None
