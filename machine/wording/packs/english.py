"""English."""

import re

from machine.wording.lists import listed
from machine.wording.packs.functions import ENGLISH
from machine.wording.packs.shape import Pack, phrases

_LOOK = (
    r"(?:(?:black[- ]and[- ]white|colou?r|aerial|close-?up|wide(?:-angle)?|detailed|beautiful"
    r"|stunning|vintage|old|digital|stock|vibrant|vertical|horizontal|panoramic|macro|night|blurry|grainy"
    r"|monochrome|single|high-(?:quality|resolution)|long-exposure),?\s+){0,2}"
)
_PICTURE = r"(?:image|photo|photograph|picture|pic|snapshot|screenshot)s?"
_TELLS = (
    r"(?:of|show(?:s|ing|n)?|depict(?:s|ing|ed)?|captur(?:es|ing)|featur(?:es|ing)|display(?:s|ing)"
    r"|present(?:s|ing)|illustrat(?:es|ing)|contains?|is\s+of)"
)
LEAD_IN = re.compile(
    rf"(?i)(?:this\s+is\s+)?(?:(?:an?|the|this|that|these)\s+)?{_LOOK}{_PICTURE}\s+{_TELLS}\b"
    rf"|in\s+(?:this|the)\s+{_LOOK}{_PICTURE}\b"
    r"|(?:here\s+)?(?:we|you)\s+(?:can\s+)?see\b|(?:pictured|shown|seen)\s+(?:here\s+)?(?:is|are)\b"
    r"|this\s+shot\b"
)
LEAD_GATES = listed(
    "image photo photograph picture pic snapshot screenshot images photos photographs pictures",
    "pics snapshots screenshots see pictured shown seen shot",
)

UNCERTAIN = phrases(
    (
        *("possibly", "maybe", "perhaps", "probably", "presumably", "apparently", "seemingly"),
        *("supposedly", "might", "seems", "seem", "seemed", "could be", "may be", "may have"),
        *("appears to", "appear to", "appeared to", "appears as", "what appears", "likely"),
        *("looks like it", "i think", "i believe", "not clear whether", "unclear whether"),
        *("or perhaps", "some kind of", "some sort of", "suggesting that", "suggests that"),
    ),
    but_not=("the might", "with might", "all its might", "all his might", "all her might"),
)
"""A guess says so with one of these."""

TEMPLATE = phrases(
    (
        *(
            "a beautiful view of",
            "a stunning view of",
            "a breathtaking view of",
            "a scenic view of",
        ),
        *("captures the essence", "capturing the essence", "capturing the beauty"),
        *(
            "captures the beauty",
            "serene atmosphere",
            "peaceful atmosphere",
            "sense of tranquility",
        ),
        *(
            "sense of calm",
            "sense of serenity",
            "sense of wonder",
            "tranquil scene",
            "serene scene",
        ),
        *("picturesque scene", "rich tapestry", "a testament to", "stands as a testament"),
        *("adds to the overall", "creating a sense of", "creates a sense of", "evoking a sense of"),
        *("adding a touch of", "adds a touch of", "bathed in golden light", "nestled in"),
        *("nestled among", "perfect blend of", "a moment frozen in time", "bustling atmosphere"),
        *("vibrant atmosphere", "the beauty of nature", "in the heart of", "a feast for the eyes"),
    )
)
"""Stock phrases that say nothing about this photo."""

NO_PLACES = listed(
    "january february march april may june july august september october november december monday",
    "tuesday wednesday thursday friday saturday sunday spring summer autumn fall winter christmas",
    "easter halloween thanksgiving carnival ramadan lent advent pentecost sunset dawn sunrise",
    "dusk english dutch german french spanish italian japanese chinese latin arabic russian greek",
    "hebrew hindi korean portuguese turkish polish swedish danish norwegian gothic baroque",
    "renaissance romanesque victorian edwardian georgian tudor medieval roman art deco nouveau",
    "bauhaus neoclassical modernist impressionist full first second third world war black white",
    "red blue green yellow orange god jesus mary mass",
)
KINDS = listed(
    "the of and airport station harbour harbor port cathedral church castle palace museum park",
    "gardens garden bridge tower square street road avenue lane market stadium arena theatre",
    "theater opera house hall university zoo beach bay lake river mount mountain mountains valley",
    "island islands national central north south east west old new town city centre center royal",
    "international state county air base show festival saint st",
)

PACK = Pack(
    name="English",
    functions=ENGLISH,
    lead_gates=LEAD_GATES,
    lead_in=LEAD_IN,
    uncertain=UNCERTAIN,
    template=TEMPLATE,
    locative=frozenset(("in", "at", "near", "outside")),
    no_places=NO_PLACES,
    kinds_of_place=KINDS,
    nature=phrases(
        (
            *("waterfall", "waterfalls", "glacier", "jungle", "rainforest", "savanna", "savannah"),
            *("coral reef", "wilderness", "mountain range", "mountain peaks", "sand dunes"),
            *("grazing deer", "alpine meadow", "pine forest"),
        )
    ),
    urban=phrases(
        (
            *("skyscraper", "skyscrapers", "traffic lights", "traffic light", "traffic jam"),
            *("subway", "metro station", "office building", "office buildings", "city skyline"),
            *("parking lot", "car park", "shopping mall", "apartment buildings", "highway"),
            *("motorway", "neon signs", "city street", "busy street", "high-rise"),
        )
    ),
)
