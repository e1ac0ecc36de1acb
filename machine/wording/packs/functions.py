"""
Function words by language, by which a text's language is told.

Only words that carry no meaning of their own: they stand in any text of some length, whatever it is
about. A word that two languages share speaks for neither.
"""

from machine.wording.lists import listed

ENGLISH = listed(
    "a an the and or but of in on at to for from with without by into onto over under above below",
    "between behind beside near through during before after along across around against is are",
    "was were be been being has have had do does did can will would this that these those it its",
    "his her their he she they them who which while where as not no there up down out off than",
    "then some two one each both all several",
)
DUTCH = listed(
    "een de het en of maar van in op aan te voor uit met zonder door naar over onder boven tussen",
    "achter naast bij langs tegen tijdens na om is zijn was waren wordt worden werd heeft hebben",
    "had kan zal dit dat deze die hij zij ze haar hun er als niet geen terwijl waar waarop waarin",
    "vanaf vanuit binnen buiten twee ook nog rond rondom tot",
)
GERMAN = listed(
    "ein eine einer eines einem einen der die das des dem den und oder aber von vom in im ins auf",
    "am an zu zum zur für aus mit ohne durch nach über unter vor hinter neben zwischen bei beim",
    "entlang gegen während um ist sind war waren wird werden wurde hat haben hatte kann dies",
    "diese dieser dieses er sie es ihr ihre sein seine als wie nicht kein keine dort wo sich auch",
    "noch zwei bis",
)
BY_LANGUAGE = {"en": ENGLISH, "nl": DUTCH, "de": GERMAN}
NAMES = {"en": "English", "nl": "Dutch", "de": "German"}

ONLY_ENGLISH = frozenset(("the", "and", "with", "of", "from", "is", "are", "this", "by"))
"""Three different ones of these stand together in no other language of the Latin script."""
