"""Japanese. There are no spaces: pieces of text are looked for instead of words."""

import re

from machine.wording.packs.shape import Pack, pieces

LEAD_IN = re.compile(
    r"(?:この|これは|こちらの)?(?:画像|写真|イメージ|一枚)(?:は[、,]?|に(?:は|写って|映って)|では|の中)"
    r"|(?:写真|画像)[::]"
)
LEAD_OUT = re.compile(
    r"(?:の|いる|した|する|れた|った)(?:写真|画像|イメージ|ショット)(?:です|である|だ)?[。.]?$"
)

UNCERTAIN = pieces(
    (
        *("おそらく", "恐らく", "たぶん", "多分", "かもしれ", "かも知れ", "と思われ", "とみられ"),
        *(
            "と見られ",
            "と推測",
            "と考えられ",
            "可能性があ",
            "可能性が高",
            "のように見え",
            "ように見え",
        ),
        *("のようです", "のようだ", "もしかする", "もしかした", "らしきもの", "らしき"),
    )
)

TEMPLATE = pieces(
    (
        *(
            "美しい景色が広が",
            "息をのむような",
            "息を呑むような",
            "魅力を捉え",
            "本質を捉え",
            "瞬間を捉えた",
        ),
        *(
            "静寂な雰囲気",
            "穏やかな雰囲気を醸し",
            "静けさを感じさせ",
            "絵画のような美しさ",
            "心を和ませ",
        ),
        *("幻想的な雰囲気", "自然の美しさを"),
    )
)

PACK = Pack(
    name="Japanese",
    lead_in=LEAD_IN,
    lead_out=LEAD_OUT,
    uncertain=UNCERTAIN,
    template=TEMPLATE,
    nature=pieces(
        ("氷河", "ジャングル", "熱帯雨林", "サバンナ", "珊瑚礁", "サンゴ礁", "山脈", "砂丘")
    ),
    urban=pieces(
        (
            "高層ビル",
            "超高層",
            "信号機",
            "交差点",
            "地下鉄",
            "オフィスビル",
            "高速道路",
            "渋滞",
            "駐車場",
        )
    ),
)
