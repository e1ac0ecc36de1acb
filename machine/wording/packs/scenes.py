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
    "city cities cityscape cityscapes urban street streets skyline architecture building buildings",
    "downtown traffic metro stad steden stadsgezicht straat straten architectuur gebouw gebouwen",
    "verkeer straatfotografie stadt städte straße straßen architektur gebäude",
    "verkehr 都市 街 街角 建築 夜景",
)
INHABITED = listed(
    "town harbour harbor port industry industrial bridge bridges station village market people",
    "portrait airport park parks garden gardens zoo travel haven industrie brug bruggen dorp",
    "mensen luchthaven tuin dierentuin reizen hafen brücke brücken dorf flughafen menschen",
    "garten reisen 港 駅 空港 公園 人物 旅行",
)
"""Where there may be anything: labels with one of these say neither nature nor town."""
