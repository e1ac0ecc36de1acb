"""Words of labels, in any language, that tell nature from town."""

from machine.wording.lists import listed

NATURE = listed(
    "nature landscape landscapes wildlife bird birds animal animals flower flowers forest",
    "mountain mountains beach dunes wilderness safari macro heron waterfall insects butterfly",
    "natuur landschap landschappen dier dieren vogel vogels bloem bloemen bos bergen duinen",
    "strand natur landschaft landschaften tier tiere vögel blumen wald berge wildtiere 自然",
    "風景 動物 野鳥 花 森 山",
)
URBAN = listed(
    "city cities cityscape cityscapes urban street streets skyline architecture building",
    "buildings downtown town harbour harbor port industry industrial traffic bridge bridges metro",
    "station village market people portrait airport stad steden stadsgezicht straat straten",
    "architectuur gebouw gebouwen haven industrie brug bruggen dorp verkeer luchthaven",
    "straatfotografie stadt städte straße straßen architektur gebäude hafen brücke brücken dorf",
    "verkehr flughafen 都市 街 建築 港 夜景 駅 空港",
)
