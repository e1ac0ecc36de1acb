"""Dutch."""

import re

from machine.wording.lists import listed
from machine.wording.packs.functions import DUTCH
from machine.wording.packs.shape import Pack, phrases

_LOOK = (
    r"(?:(?:zwart-?wit|kleuren|mooie|prachtige|oude|gedetailleerde|verticale|horizontale"
    r"|panoramische|scherpe|wazige),?\s*){0,2}"
)
_PICTURES = listed(
    "foto luchtfoto zwart-witfoto zwartwitfoto zwart-wit-foto kleurenfoto detailfoto close-upfoto",
    "fotografie afbeelding plaatje",
)
_PICTURE = f"(?:{'|'.join(sorted(_PICTURES))})"
LEAD_IN = re.compile(
    rf"(?i)(?:dit\s+is\s+)?(?:(?:een|de|deze|dit|het)\s+)?{_LOOK}{_PICTURE}(?:'s)?\s+"
    r"(?:van|waarop|waarin|met\s+daarop|toont|tonen|laat|laten|geeft|bevat)\b"
    rf"|(?:op|in)\s+(?:deze|de|dit|het)\s+{_LOOK}{_PICTURE}\b|(?:op|in)\s+dit\s+beeld\b"
    r"|(?:het|dit)\s+beeld\s+(?:toont|laat)\b"
    r"|we\s+zien\b|je\s+ziet\b|te\s+zien\s+(?:is|zijn)\b|hier\s+(?:zie|zien)\b"
)

UNCERTAIN = phrases(
    (
        *("mogelijk", "mogelijks", "misschien", "waarschijnlijk", "vermoedelijk", "wellicht"),
        *("schijnbaar", "blijkbaar", "ogenschijnlijk", "kennelijk", "lijkt te", "lijken te"),
        *("lijkt een", "lijkt het", "lijkt alsof", "zo te zien", "schijnt te", "schijnen te"),
        *("zou kunnen", "zouden kunnen", "het is onduidelijk"),
    ),
    but_not=("mogelijk gemaakt", "maakt * mogelijk", "maken * mogelijk", "zo veel mogelijk"),
)

TEMPLATE = phrases(
    (
        *("een prachtig uitzicht op", "een adembenemend uitzicht", "vangt de essentie"),
        *("legt de essentie vast", "serene sfeer", "vredige sfeer", "rustgevende sfeer"),
        *(
            "een gevoel van rust",
            "een gevoel van kalmte",
            "straalt rust uit",
            "schilderachtig tafereel",
        ),
        *(
            "idyllisch tafereel",
            "de schoonheid van de natuur",
            "in het hart van",
            "een lust voor het oog",
        ),
        *("een perfecte combinatie van", "ademt de sfeer van", "bruisende sfeer"),
    )
)

NO_PLACES = listed(
    "januari februari maart april mei juni juli augustus september oktober november december",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag kerstmis kerst pasen pinksteren",
    "hemelvaart carnaval sinterklaas nederlands engels duits frans spaans italiaans latijn",
    "arabisch japans chinees russisch grieks fries vlaams gotisch barok renaissance jugendstil",
    "art deco delfts wereldoorlog tweede eerste god jezus maria",
)
KINDS = listed(
    "de het van en den der ter ten luchthaven vliegveld station haven kathedraal kerk kasteel",
    "paleis museum park tuin tuinen brug toren plein straat weg laan markt stadion theater dom",
    "hal universiteit dierentuin strand baai meer rivier berg vallei eiland nationaal centraal",
    "noord zuid oost west oude nieuwe stad centrum koninklijk internationaal sint",
)

PACK = Pack(
    name="Dutch",
    functions=DUTCH,
    lead_gates=_PICTURES | listed("foto's beeld zien ziet zie"),
    lead_in=LEAD_IN,
    uncertain=UNCERTAIN,
    template=TEMPLATE,
    locative=frozenset(("in", "te", "bij", "nabij", "op", "vanuit")),
    no_places=NO_PLACES,
    kinds_of_place=KINDS,
    nature=phrases(
        (
            *("waterval", "watervallen", "gletsjer", "jungle", "regenwoud", "savanne", "koraalrif"),
            *("wildernis", "bergketen", "zandduinen", "alpenweide", "dennenbos"),
        )
    ),
    urban=phrases(
        (
            *("wolkenkrabber", "wolkenkrabbers", "verkeerslicht", "verkeerslichten", "file"),
            *("metrostation", "kantoorgebouw", "kantoorgebouwen", "parkeerplaats", "snelweg"),
            *("winkelcentrum", "flatgebouwen", "neonreclame", "winkelstraat", "drukke straat"),
        )
    ),
)
