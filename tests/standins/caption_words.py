"""The words that made-up captions are put together from, in four languages."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Words:
    """
    One language.

    All nouns of a language take the same article and ending, so that any of them fits anywhere.
    """

    caption: str
    """Of `a`, `b` and `c` (things), `does`, `beside` and `end`."""
    alt_text: str
    """Of `d` and `e` (things), `a` and `view`."""
    looks: tuple[str, ...]
    things: tuple[str, ...]
    does: tuple[str, ...]
    beside: tuple[str, ...]
    ends: tuple[str, ...]
    views: tuple[str, ...]
    topics: tuple[str, ...]
    named: Callable[[str, str], str]
    """Put look and thing together as the subject of a sentence."""
    near: Callable[[str, str], str]
    """The same after a preposition."""
    plain: Callable[[str, str], str]
    """The same without an article."""
    joined: Callable[[str, str], str]
    """The same as the second one after a preposition."""
    bare: Callable[[str], str] = str


def _a(look: str, thing: str) -> str:
    return f"{'an' if look[0] in 'aeiou' else 'a'} {look} {thing}"


def _both(look: str, thing: str) -> str:
    return f"{look} {thing}"


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


ENGLISH = Words(
    caption="{a} {does} {beside} {b} and {c} {end}.",
    alt_text="{d} and {e} {view}, {a} behind",
    looks=_list(
        """weathered, painted, tall, narrow, round, striped, smooth, dusty, polished, crooked,
        old, broad, pale, rusty, woven, wooden, curved, tidy, worn, bright, dark, heavy,
        slender, wet, folded, carved, green, yellow, red, white, grey, brown, square, hollow,
        rough, spotted"""
    ),
    things=_list(
        """boat, fence, bench, lantern, ladder, basket, bicycle, wall, gate, bridge, barrel,
        chair, table, kettle, window, door, rope, wheel, crate, shelf, bowl, jug, staircase,
        roof, chimney, hedge, tree, branch, stone, path, puddle, flag, bucket, clock, statue,
        tent, wagon, pillar, cushion, curtain, bottle, candle, drum, anchor, awning, beam,
        cabinet, cloth, mirror, pump"""
    ),
    does=_list("stands, rests, leans, lies, hangs, waits, sits, rises, shines, remains"),
    beside=_list("beside, near, behind, before, above, below, against, opposite"),
    ends=_list(
        """under clear sky, in soft daylight, with long shadows, on wet ground,
        among fallen leaves, in bright sun, with moss around, below heavy clouds,
        on fine gravel, in even light, with blurred surroundings, on short grass,
        in warm light, beneath open sky, on bare earth, with sharp edges, in deep shade,
        on smooth sand, amid light mist, on dark tiles"""
    ),
    views=_list("up close, side by side, seen sideways, in front, in focus, at centre"),
    topics=_list(
        """outdoors, texture, daylight, shadow, colour, pattern, contrast, still life, detail,
        material, weather, reflection, lines, depth, shape, surface"""
    ),
    named=_a,
    near=_a,
    plain=_both,
    joined=_both,
)

DUTCH = Words(
    caption="{a} {does} {beside} {b} en {c} {end}.",
    alt_text="{d} en {e} {view}, {a} erachter",
    looks=_list(
        """verweerde, geverfde, hoge, smalle, ronde, gestreepte, gladde, stoffige, glanzende,
        scheve, oude, brede, bleke, roestige, gevlochten, houten, gebogen, nette, versleten,
        lichte, donkere, zware, slanke, natte, gevouwen, groene, gele, rode, witte, grijze,
        bruine, holle, ruwe"""
    ),
    things=_list(
        """boot, bank, lantaarn, ladder, mand, fiets, muur, poort, brug, ton, stoel, tafel,
        ketel, deur, kist, plank, kom, kan, trap, schoorsteen, heg, boom, tak, steen, plas,
        vlag, emmer, klok, wagen, zuil, fles, kaars, trommel, balk, kast, doek, spiegel, pomp,
        paal, schuur, molen, stam, mast, kar, schaal, hoed, jas, vaas, lamp, schutting"""
    ),
    does=_list("staat, rust, leunt, ligt, hangt, wacht, blijft, prijkt, glanst, verrijst"),
    beside=_list("naast, bij, achter, voor, boven, onder, tegen, tegenover"),
    ends=_list(
        """onder heldere lucht, in zacht daglicht, met lange schaduwen, op natte grond,
        tussen gevallen bladeren, in felle zon, met mos eromheen, onder zware wolken,
        op fijn grind, in gelijkmatig licht, op kort gras, in warm licht, op kale aarde,
        met scherpe randen, in diepe schaduw, op glad zand, in lichte nevel, op donkere tegels"""
    ),
    views=_list("van dichtbij, naast elkaar, van opzij, vooraan, scherp in beeld, middenin"),
    topics=_list(
        """buiten, structuur, daglicht, schaduw, kleur, patroon, contrast, stilleven, detail,
        materiaal, weer, weerspiegeling, lijnen, diepte, vorm, oppervlak"""
    ),
    named=lambda look, thing: f"een {look} {thing}",
    near=lambda look, thing: f"een {look} {thing}",
    plain=_both,
    joined=_both,
)

GERMAN = Words(
    caption="{a} {does} {beside} {b} und {c} {end}.",
    alt_text="{d} und {e} {view}, {a} dahinter",
    looks=_list(
        """verwitterte, bemalte, hohe, schmale, runde, gestreifte, glatte, staubige,
        glänzende, schiefe, alte, breite, blasse, rostige, geflochtene, hölzerne, gebogene,
        saubere, helle, dunkle, schwere, schlanke, nasse, grüne, gelbe, rote, weiße, graue,
        braune, hohle, raue"""
    ),
    things=_list(
        """Bank, Laterne, Leiter, Kiste, Mauer, Pforte, Brücke, Tonne, Kanne, Tür, Schale,
        Treppe, Hecke, Fahne, Uhr, Statue, Säule, Flasche, Kerze, Trommel, Decke, Pumpe,
        Scheune, Mühle, Karre, Vase, Lampe, Glocke, Truhe, Matte, Planke, Hütte, Eiche, Birke,
        Wiese, Pfütze, Rinne, Schaufel, Bürste, Gabel, Schnur, Kugel, Tafel, Wand, Stange,
        Jacke, Mütze, Schüssel"""
    ),
    does=_list("steht, ruht, lehnt, liegt, hängt, wartet, bleibt, glänzt, leuchtet, thront"),
    beside=_list("neben, bei, hinter, vor, über, unter, an, gegenüber"),
    ends=_list(
        """unter klarem Himmel, in weichem Tageslicht, mit langen Schatten, auf nassem Boden,
        zwischen gefallenen Blättern, in heller Sonne, mit Moos ringsum,
        unter schweren Wolken, auf feinem Kies, in gleichmäßigem Licht, auf kurzem Gras,
        in warmem Licht, auf kahler Erde, mit scharfen Kanten, in tiefem Schatten,
        auf glattem Sand, in leichtem Dunst"""
    ),
    views=_list("aus der Nähe, nebeneinander, von der Seite, ganz vorn, scharf abgebildet, mittig"),
    topics=_list(
        """draußen, Struktur, Tageslicht, Schatten, Farbe, Muster, Kontrast, Stillleben,
        Detail, Material, Wetter, Spiegelung, Linien, Tiefe, Form, Oberfläche"""
    ),
    named=lambda look, thing: f"eine {look} {thing}",
    near=lambda look, thing: f"{look}r {thing}",
    plain=_both,
    joined=lambda look, thing: f"{look}r {thing}",
)

JAPANESE = Words(
    caption="{end}、{a}が{b}と{c}の{beside}{does}。",
    alt_text="{view}の{d}と{e}、奥に{a}",
    looks=_list(
        """古い, 高い, 細い, 丸い, 白い, 黒い, 赤い, 青い, 黄色い, 長い, 短い, 重い, 軽い,
        広い, 狭い, 明るい, 暗い, 硬い, 柔らかい, 平らな, 滑らかな, 頑丈な, 小さな, 大きな,
        素朴な, 鮮やかな, 錆びた, 濡れた, 乾いた, 曲がった, 塗られた, 編まれた"""
    ),
    things=_list(
        """ボート, 柵, ベンチ, 灯籠, 梯子, 籠, 自転車, 壁, 門, 橋, 樽, 椅子, 机, やかん, 窓,
        扉, 縄, 車輪, 木箱, 棚, 鉢, 水差し, 階段, 屋根, 煙突, 生け垣, 木, 枝, 石, 小道,
        水たまり, 旗, バケツ, 時計, 石像, 天幕, 荷車, 柱, 座布団, 幕, 瓶, ろうそく, 太鼓, 錨,
        梁, 戸棚, 布, 鏡, 井戸, 提灯"""
    ),
    does=_list("ある, 見える, 置かれている, 並んでいる, 写っている, 残っている, 映えている"),
    beside=_list("隣に, 近くに, 後ろに, 手前に, 上に, 下に, 向かいに, 脇に"),
    ends=_list(
        """澄んだ空の下で, 柔らかな光の中で, 長い影とともに, 濡れた地面の上で, 落ち葉の間で,
        強い日差しの中で, 苔に囲まれて, 厚い雲の下で, 砂利の上で, 均一な光の中で,
        短い草の上で, 温かな光の中で, 土の上で, 深い影の中で, 滑らかな砂の上で, 薄い霧の中で,
        暗い床の上で"""
    ),
    views=_list("正面, 近景, 横向き, 前景, 中央, 手前"),
    topics=_list(
        """屋外, 質感, 日光, 影, 色彩, 模様, 対比, 静物, 細部, 素材, 天気, 反射, 線, 奥行き,
        形, 表面"""
    ),
    named=lambda look, thing: look + thing,
    near=lambda look, thing: look + thing,
    plain=lambda look, thing: look + thing,
    joined=lambda look, thing: look + thing,
)

LANGUAGES = {"en": ENGLISH, "nl": DUTCH, "de": GERMAN, "ja": JAPANESE}
