"""German. All nouns have a capital, so that places are found by a list alone."""

import re

from machine.wording.lists import listed
from machine.wording.packs.functions import GERMAN
from machine.wording.packs.shape import Pack, phrases

_LOOK = (
    r"(?:(?:schwarz-?wei(?:ß|ss)(?:es|e)?|farbige[ns]?|schöne[ns]?|wunderschöne[ns]?|alte[ns]?"
    r"|detaillierte[ns]?|unscharfe[ns]?),?\s+){0,2}"
)
_PICTURES = frozenset(
    f"{kind}{picture}"
    for kind in ("", "luft", "schwarzweiß", "schwarz-weiß-", "nah", "detail", "farb")
    for picture in ("bild", "bilder", "foto", "fotos", "fotografie", "aufnahme", "aufnahmen")
) | {"abbildung"}
_PICTURE = f"(?:{'|'.join(sorted(_PICTURES))})"
LEAD_IN = re.compile(
    rf"(?i)(?:(?:dies|das)\s+ist\s+)?(?:(?:ein|eine|das|dieses|diese|die|der)\s+)?{_LOOK}{_PICTURE}\s+"
    r"(?:von|vom|zeigt|zeigen|eines|einer|mit\s+einem|mit\s+einer|auf\s+de[mr]|ist)\b"
    rf"|(?:auf|in)\s+(?:dem|diesem|der|dieser)\s+{_LOOK}{_PICTURE}\b|im\s+bild\s+(?:ist|sind|sieht)\b"
    r"|zu\s+sehen\s+(?:ist|sind)\b|man\s+sieht\b|wir\s+sehen\b|hier\s+(?:sieht|sehen)\b"
)

UNCERTAIN = phrases(
    (
        *("möglicherweise", "vielleicht", "vermutlich", "wahrscheinlich", "wohl", "eventuell"),
        *("anscheinend", "scheinbar", "offenbar", "mutmaßlich", "könnte", "könnten", "dürfte"),
        *("dürften", "scheint zu sein", "scheinen zu sein", "scheint * zu sein", "zu sein scheint"),
        *("scheinen * zu sein", "zu sein scheinen"),
        *("es ist unklar", "nicht eindeutig"),
    ),
    but_not=("könnte man", "wohl fühlen", "wohl fühlt", "das wohl", "dem wohl", "zum wohl"),
)

TEMPLATE = phrases(
    (
        *("ein wunderschöner blick auf", "ein atemberaubender blick", "fängt die essenz"),
        *("fängt das wesen", "ruhige atmosphäre", "friedliche atmosphäre", "idyllische atmosphäre"),
        *("ein gefühl von ruhe", "ein gefühl der ruhe", "strahlt ruhe aus", "malerische szene"),
        *("idyllische szene", "die schönheit der natur", "im herzen von", "eine augenweide"),
        *("perfekte mischung aus", "lebendige atmosphäre"),
    )
)

PACK = Pack(
    name="German",
    functions=GERMAN,
    lead_gates=frozenset(word.casefold() for word in _PICTURES) | listed("sehen sieht"),
    lead_in=LEAD_IN,
    uncertain=UNCERTAIN,
    template=TEMPLATE,
    locative=listed(
        "in bei nahe nach aus von vor über um",
    ),
    nouns_capital=True,
    nature=phrases(
        (
            *("wasserfall", "wasserfälle", "gletscher", "dschungel", "regenwald", "savanne"),
            *("korallenriff", "wildnis", "bergkette", "sanddünen", "almwiese", "kiefernwald"),
        )
    ),
    urban=phrases(
        (
            *("wolkenkratzer", "wolkenkratzern", "ampel", "ampeln", "stau", "u-bahn", "parkplatz"),
            *(
                "bürogebäude",
                "bürogebäuden",
                "autobahn",
                "einkaufszentrum",
                "hochhaus",
                "hochhäuser",
            ),
            *("hochhäusern", "leuchtreklame", "einkaufsstraße"),
        )
    ),
)
