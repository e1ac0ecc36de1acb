"""
Countries and large cities by which an invented place is recognised.

A line: English|Dutch|German|Japanese|country. A missing Dutch or German name is the English
one, the country stands under its first name. Names that are common words, too, are left out in that
language (`Nice`, `Essen`, `Turkey`).
"""

from functools import cache

from msgspec import Struct

from machine.text import normalise

COUNTRIES = """
Netherlands|Nederland|Niederlande|オランダ
Holland|Holland|Holland||Netherlands
Belgium|België|Belgien|ベルギー
Germany|Duitsland|Deutschland|ドイツ
France|Frankrijk|Frankreich|フランス
Spain|Spanje|Spanien|スペイン
Portugal|||ポルトガル
Italy|Italië|Italien|イタリア
Switzerland|Zwitserland|Schweiz|スイス
Austria|Oostenrijk|Österreich|オーストリア
England|Engeland|England|イングランド|United Kingdom
Scotland|Schotland|Schottland|スコットランド|United Kingdom
Wales||||United Kingdom
United Kingdom|Verenigd Koninkrijk|Vereinigtes Königreich|イギリス
Great Britain|Groot-Brittannië|Großbritannien|英国|United Kingdom
Ireland|Ierland|Irland|アイルランド
Denmark|Denemarken|Dänemark|デンマーク
Norway|Noorwegen|Norwegen|ノルウェー
Sweden|Zweden|Schweden|スウェーデン
Finland||Finnland|フィンランド
Iceland|IJsland|Island|アイスランド
Poland|Polen|Polen|ポーランド
Czech Republic|Tsjechië|Tschechien|チェコ
Slovakia|Slowakije|Slowakei|スロバキア
Hungary|Hongarije|Ungarn|ハンガリー
Romania|Roemenië|Rumänien|ルーマニア
Bulgaria|Bulgarije|Bulgarien|ブルガリア
Greece|Griekenland|Griechenland|ギリシャ
Croatia|Kroatië|Kroatien|クロアチア
Slovenia|Slovenië|Slowenien|スロベニア
Serbia|Servië|Serbien|セルビア
Ukraine|Oekraïne|Ukraine|ウクライナ
Russia|Rusland|Russland|ロシア
Estonia|Estland|Estland|エストニア
Latvia|Letland|Lettland|ラトビア
Lithuania|Litouwen|Litauen|リトアニア
Luxembourg|Luxemburg|Luxemburg|ルクセンブルク
-|Turkije|Türkei|トルコ
Israel|Israël|Israel|イスラエル
Egypt|Egypte|Ägypten|エジプト
Morocco|Marokko|Marokko|モロッコ
Tunisia|Tunesië|Tunesien|チュニジア
South Africa|Zuid-Afrika|Südafrika|南アフリカ
Kenya|Kenia|Kenia|ケニア
Tanzania||Tansania|タンザニア
Namibia|Namibië|Namibia|ナミビア
Botswana||Botswana|ボツワナ
Ethiopia|Ethiopië|Äthiopien|エチオピア
Nigeria|||ナイジェリア
Ghana|||ガーナ
United States|Verenigde Staten|Vereinigte Staaten|アメリカ
USA|VS|USA|米国|United States
Canada||Kanada|カナダ
Mexico||Mexiko|メキシコ
Brazil|Brazilië|Brasilien|ブラジル
Argentina|Argentinië|Argentinien|アルゼンチン
Chile|Chili|Chile|チリ
Peru|||ペルー
Colombia||Kolumbien|コロンビア
Cuba||Kuba|キューバ
China|||中国
Japan|||日本
South Korea|Zuid-Korea|Südkorea|韓国
India||Indien|インド
Nepal|||ネパール
Sri Lanka|||スリランカ
Thailand|||タイ
Vietnam|||ベトナム
Cambodia|Cambodja|Kambodscha|カンボジア
Indonesia|Indonesië|Indonesien|インドネシア
Malaysia|Maleisië|Malaysia|マレーシア
Philippines|Filipijnen|Philippinen|フィリピン
Taiwan|||台湾
Australia|Australië|Australien|オーストラリア
New Zealand|Nieuw-Zeeland|Neuseeland|ニュージーランド
United Arab Emirates|Verenigde Arabische Emiraten|Vereinigte Arabische Emirate|
Europe|Europa|Europa|ヨーロッパ
Africa|Afrika|Afrika|アフリカ
Asia|Azië|Asien|アジア
"""

CITIES = """
Amsterdam|||アムステルダム|Netherlands
Rotterdam|||ロッテルダム|Netherlands
The Hague|Den Haag|Den Haag|ハーグ|Netherlands
Utrecht|||ユトレヒト|Netherlands
Eindhoven||||Netherlands
Groningen||||Netherlands
Maastricht||||Netherlands
Leiden||-||Netherlands
Delft|||デルフト|Netherlands
Haarlem|||ハールレム|Netherlands
Schiphol|||スキポール|Netherlands
Brussels|Brussel|Brüssel|ブリュッセル|Belgium
Antwerp|Antwerpen|Antwerpen|アントワープ|Belgium
Ghent|Gent|Gent|ゲント|Belgium
Bruges|Brugge|Brügge|ブルージュ|Belgium
Berlin|Berlijn|Berlin|ベルリン|Germany
Hamburg|||ハンブルク|Germany
Munich|München|München|ミュンヘン|Germany
Cologne|Keulen|Köln|ケルン|Germany
Frankfurt|||フランクフルト|Germany
Stuttgart|||シュトゥットガルト|Germany
Düsseldorf|||デュッセルドルフ|Germany
Leipzig|||ライプツィヒ|Germany
Dresden|||ドレスデン|Germany
Bremen|||ブレーメン|Germany
Hanover|-|Hannover|ハノーファー|Germany
Nuremberg|Neurenberg|Nürnberg|ニュルンベルク|Germany
Heidelberg|||ハイデルベルク|Germany
Vienna|Wenen|Wien|ウィーン|Austria
Salzburg|||ザルツブルク|Austria
Innsbruck||||Austria
Zurich|Zürich|Zürich|チューリッヒ|Switzerland
Geneva|Genève|Genf|ジュネーブ|Switzerland
Basel|||バーゼル|Switzerland
Bern||Bern|ベルン|Switzerland
Lucerne|Luzern|Luzern|ルツェルン|Switzerland
Paris|Parijs|Paris|パリ|France
Marseille|||マルセイユ|France
Lyon|||リヨン|France
Bordeaux|-|-|ボルドー|France
Strasbourg|Straatsburg|Straßburg|ストラスブール|France
-|-|Nizza|ニース|France
London|Londen|London|ロンドン|United Kingdom
Manchester|||マンチェスター|United Kingdom
Liverpool|||リバプール|United Kingdom
Birmingham|||バーミンガム|United Kingdom
Edinburgh|||エディンバラ|United Kingdom
Glasgow|||グラスゴー|United Kingdom
Oxford|||オックスフォード|United Kingdom
Cambridge|||ケンブリッジ|United Kingdom
Dublin|||ダブリン|Ireland
Madrid|||マドリード|Spain
Barcelona|||バルセロナ|Spain
Seville|Sevilla|Sevilla|セビリア|Spain
Valencia|||バレンシア|Spain
Granada|||グラナダ|Spain
Lisbon|Lissabon|Lissabon|リスボン|Portugal
Porto||-|ポルト|Portugal
Rome|Rome|Rom|ローマ|Italy
Milan|Milaan|Mailand|ミラノ|Italy
Venice|Venetië|Venedig|ベネチア|Italy
Florence|-|Florenz|フィレンツェ|Italy
Naples|Napels|Neapel|ナポリ|Italy
Turin|Turijn|Turin|トリノ|Italy
Pisa|||ピサ|Italy
Athens|Athene|Athen|アテネ|Greece
Thessaloniki||||Greece
Santorini|||サントリーニ|Greece
Istanbul|||イスタンブール|turkije
Ankara||||turkije
Copenhagen|Kopenhagen|Kopenhagen|コペンハーゲン|Denmark
Stockholm|||ストックホルム|Sweden
Gothenburg|Göteborg|Göteborg||Sweden
Oslo|||オスロ|Norway
Bergen|-|-|ベルゲン|Norway
Helsinki|||ヘルシンキ|Finland
Reykjavik|||レイキャビク|Iceland
Warsaw|Warschau|Warschau|ワルシャワ|Poland
Krakow|Krakau|Krakau|クラクフ|Poland
Gdansk||Danzig||Poland
Prague|Praag|Prag|プラハ|Czech Republic
Budapest|Boedapest|Budapest|ブダペスト|Hungary
Bucharest|Boekarest|Bukarest|ブカレスト|Romania
Belgrade|Belgrado|Belgrad|ベオグラード|Serbia
Zagreb||||Croatia
Dubrovnik|||ドゥブロヴニク|Croatia
Ljubljana||||Slovenia
Sofia||||Bulgaria
Tallinn|||タリン|Estonia
Riga|||リガ|Latvia
Vilnius||||Lithuania
Kyiv|Kiev|Kiew|キーウ|Ukraine
Moscow|Moskou|Moskau|モスクワ|Russia
Saint Petersburg|Sint-Petersburg|Sankt Petersburg|サンクトペテルブルク|Russia
Jerusalem|Jeruzalem|Jerusalem|エルサレム|Israel
Tel Aviv||||Israel
Cairo|Caïro|Kairo|カイロ|Egypt
Marrakesh|Marrakech|Marrakesch|マラケシュ|Morocco
Casablanca|||カサブランカ|Morocco
Fez|-|-||Morocco
Tunis||||Tunisia
Cape Town|Kaapstad|Kapstadt|ケープタウン|South Africa
Johannesburg|||ヨハネスブルグ|South Africa
Nairobi|||ナイロビ|Kenya
Addis Ababa||||Ethiopia
Lagos||||Nigeria
Dakar||||Senegal
New York|||ニューヨーク|United States
New York City||||United States
Manhattan|||マンハッタン|United States
Brooklyn|||ブルックリン|United States
Los Angeles|||ロサンゼルス|United States
Chicago|||シカゴ|United States
San Francisco|||サンフランシスコ|United States
Seattle|||シアトル|United States
Boston|||ボストン|United States
Washington|||ワシントン|United States
Miami|||マイアミ|United States
Las Vegas|||ラスベガス|United States
San Diego|||サンディエゴ|United States
Philadelphia|||フィラデルフィア|United States
Houston|||ヒューストン|United States
Dallas|||ダラス|United States
Atlanta|||アトランタ|United States
New Orleans|||ニューオーリンズ|United States
Honolulu|||ホノルル|United States
California|Californië|Kalifornien|カリフォルニア|United States
Florida|||フロリダ|United States
Texas|||テキサス|United States
Hawaii|||ハワイ|United States
Alaska|||アラスカ|United States
Toronto|||トロント|Canada
Montreal|||モントリオール|Canada
Vancouver|||バンクーバー|Canada
Mexico City|Mexico-Stad|Mexiko-Stadt|メキシコシティ|Mexico
Havana||Havanna|ハバナ|Cuba
Rio de Janeiro|||リオデジャネイロ|Brazil
São Paulo|||サンパウロ|Brazil
Buenos Aires|||ブエノスアイレス|Argentina
Santiago|||サンティアゴ|Chile
Lima|||リマ|Peru
Bogotá|||ボゴタ|Colombia
Tokyo|Tokio|Tokio|東京|Japan
Tokyo Metropolis|-|-|東京都|Japan
Kyoto||Kyoto|京都|Japan
Osaka|||大阪|Japan
Nagoya|||名古屋|Japan
Sapporo|||札幌|Japan
Fukuoka|||福岡|Japan
Kobe|||神戸|Japan
Yokohama|||横浜|Japan
Hiroshima|||広島|Japan
Nagasaki|||長崎|Japan
Nara|||奈良|Japan
Okinawa|||沖縄|Japan
Hokkaido|||北海道|Japan
Kamakura|||鎌倉|Japan
Beijing|Peking|Peking|北京|China
Shanghai|||上海|China
Hong Kong|Hongkong|Hongkong|香港|China
Guangzhou|||広州|China
Shenzhen|||深圳|China
Taipei|||台北|Taiwan
Seoul|||ソウル|South Korea
Busan|||釜山|South Korea
Bangkok|||バンコク|Thailand
Chiang Mai|||チェンマイ|Thailand
Hanoi|||ハノイ|Vietnam
Ho Chi Minh City||||Vietnam
Singapore||Singapur|シンガポール
Kuala Lumpur|||クアラルンプール|Malaysia
Jakarta|||ジャカルタ|Indonesia
Bali||||Indonesia
Manila|||マニラ|Philippines
Mumbai|||ムンバイ|India
Delhi|||デリー|India
Kathmandu|||カトマンズ|Nepal
Dubai|||ドバイ|United Arab Emirates
Abu Dhabi|||アブダビ|United Arab Emirates
Sydney|||シドニー|Australia
Melbourne|||メルボルン|Australia
Auckland|||オークランド|New Zealand
"""


class Place(Struct, frozen=True):
    """A place under all its names."""

    names: tuple[str, ...]
    """In English, Dutch, German, Japanese; without case or punctuation; empty: not looked for."""
    country: str
    """Its first name, normalised; empty for a country itself."""


_COLUMNS = ("en", "nl", "de", "ja")


@cache
def places() -> tuple[Place, ...]:
    """Return all places of the table."""
    made = []
    for line in f"{COUNTRIES.strip()}\n{CITIES.strip()}".splitlines():
        fields = [*line.split("|"), "", "", "", ""][:5]
        english, japanese = fields[0], fields[3]
        latin = [each or english for each in fields[:3]]
        names = tuple(normalise(each) for each in (*latin, japanese))
        made.append(Place(names=names, country=normalise(fields[4])))
    return tuple(made)


@cache
def by_name(language: str) -> dict[str, Place]:
    """Return the places by their names in one language: `en`, `nl`, `de` or `ja`."""
    column = _COLUMNS.index(language)
    return {place.names[column]: place for place in places() if place.names[column]}


@cache
def by_any_name() -> dict[str, tuple[str, ...]]:
    """Return, by name in any language, every name of that place, and those of its country."""
    countries: dict[str, tuple[str, ...]] = {}
    for place in places():
        if not place.country:
            countries[place.names[0] or place.names[1]] = place.names
    every: dict[str, tuple[str, ...]] = {}
    for place in places():
        known = (*place.names, *countries.get(place.country, ()))
        for name in filter(None, place.names):
            every[name] = (*every.get(name, ()), *filter(None, known))
    return every
