"""
Whether a person wrote the text in a photo: what cameras leave there, and what shows a person.

Text counts as a person's if the file names its writer, if it stands in a sidecar, or if the file
names a program in which people write captions. A creator alone is no evidence: cameras write the
owner's name into every photo.
"""

import re
from collections.abc import Iterable

_BOILERPLATE = re.compile(
    r"""
    (?: .* \b digital \s (?: still \s )? camera \b .*   # OLYMPUS DIGITAL CAMERA, KODAK ... CAMERA
      | (?: sony | minolta | konica \s minolta ) \s dsc
      | samsung (?: \s camera \s pictures )?
      | < (?: digimax | kenox | samsung ) .*
      | (?: dav | cof | edf | mde | fbt | r?hdr | sdr | r?ptr | oznor? | bt[yf] | qrf | vty )
        (?: _\w+ )*
      | dcim | \d{3}_? (?: canon | nikon | olymp | msdcf | pana | fuji | media | apple | pentx )
      | (?: lead \s technologies | acd \s systems | intel\(r\) \s jpeg ) .*
      | (?: created | edited | processed | made | saved | taken ) \s (?: with | using | by | in ) \s
        (?: the \s )? (?: gimp | adobe | photoshop | lightroom | picasa | vsco | snapseed | paint
          | imagemagick | darktable | irfanview | instagram ) .*
      | creator: \s gd-jpeg .* | file \s written \s by \s adobe .* | applemark | optimized \s by .*
      | exif_jpeg_picture | exif \s jpeg | jpeg | jfif | ascii | unicode | binary \s comment
      | default | none | null | untitled | unknown | caption | description | screenshot
      | (?: image | photo | picture ) (?: [_\- ]? \d+ )?
      | [\w\-()]+ \. (?: jpe?g | png | tiff? | heic | nef | cr[23] | arw | dng | psd )
      | _? (?: dsc[fn]? | img | pict | mvi | sam | imgp | gopr | pxl | cimg | hpim | dji | wp )
        [_\- ]? \d{3,} (?: [_\-] \w+ )*
      | p\d{6,8}
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_EDITORS = re.compile(
    r"""
    \b (?: lightroom | photoshop | (?: adobe \s )? bridge | camera \s? raw
      | photo \s mechanic | camera \s bits | capture \s one | media \s pro | iview
      | darktable | digikam | rawtherapee | shotwell | geeqie | gthumb | kphotoalbum
      | acdsee | xnview(?:mp)? | irfanview | faststone | zoner | imatch | fotostation | fotoware
      | affinity \s photo | luminar | on1 \s photo | photolab | fastrawviewer | gimp
      | aperture | iphoto | apple \s photos | photos \s \d | picasa | excire | photo \s supreme
      | windows \s (?: live \s )? photo \s gallery | microsoft \s photo \s gallery
      | geosetter | mylio | neofinder
    ) \b
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Programs in which people write captions. Cameras and phones name themselves in other words."""
_PROGRAM_MAX = 80


def is_boilerplate(text: str, camera: str = "") -> bool:
    """Return True for what a device or program wrote, and for what holds no letters at all."""
    words = text.casefold().split()
    if not has_letters(text) or _BOILERPLATE.fullmatch(" ".join(words)):
        return True
    return set(words) <= set(camera.casefold().split())


def has_letters(text: str) -> bool:
    """Tell whether there is anything to read."""
    return any(char.isalpha() for char in text)


def evidence_of(*, writer: str, in_sidecar: bool, programs: Iterable[str]) -> str:
    """
    Return what shows that a person wrote the text, in words; empty if nothing does.

    Args:
        writer: Whom the file names as the writer of its description.
        in_sidecar: The text stands in the sidecar.
        programs: What the file calls the programs that made or changed it.
    """
    if writer:
        return f"its writer is named: {writer}"
    if in_sidecar:
        return "it stands in the sidecar"
    editor = next((program for program in programs if _EDITORS.search(program)), "")
    return f"the file went through {editor[:_PROGRAM_MAX]}" if editor else ""
