"""Words about the picture, and guesses: what is found, and what only looks alike."""

import pytest

from tests.machine.captions import codes


@pytest.mark.parametrize(
    ("language", "caption"),
    [
        ("en", "Photograph: Harbour at dusk, Rotterdam, 2008"),
        ("en", "Photograph taken on 30 May 2008."),
        ("en", "A man holds a photo of his mother."),
        ("en", "A shot of espresso on a counter."),
        ("en", "Picture windows show the harbour."),
        ("nl", "Een beeld van een leeuw bewaakt de poort."),
        ("nl", "Een fotograaf staat op de kade."),
        ("de", "Bilder hängen an der Wand eines Museums."),
        ("ja", "写真館の前に古い自転車が置かれている。"),
    ],
)
def test_no_lead_in(language: str, caption: str) -> None:
    """What is in the picture may be a picture."""
    assert "lead_in" not in codes(caption, language=language)


@pytest.mark.parametrize(
    ("language", "caption"),
    [
        ("en", "This image shows four cranes."),
        ("en", "A picture showing four cranes."),
        ("en", "An aerial photograph of four cranes."),
        ("en", "A black and white image depicting a crane."),
        ("en", "We can see four cranes."),
        ("en", '"Image of four cranes'),
        ("nl", "De afbeelding toont vier kranen."),
        ("nl", "Luchtfoto van vier kranen."),
        ("nl", "We zien vier kranen."),
        ("de", "Ein Foto von vier Kränen."),
        ("de", "Zu sehen sind vier Kräne."),
        ("de", "Schwarz-Weiß-Foto eines Krans."),
        ("ja", "画像には四基のクレーンが写っている。"),
        ("ja", "四基のクレーンが並んでいる写真です。"),
    ],
)
def test_a_lead_in(language: str, caption: str) -> None:
    """Everybody knows that it is a picture."""
    assert "lead_in" in codes(caption, language=language)


@pytest.mark.parametrize(
    ("language", "caption"),
    [
        ("en", "The sun appears above the ridge."),
        ("en", "The might of the waves breaks the wall."),
        ("en", "Flowers in May beside the quay."),
        ("nl", "De brug maakt een kortere route mogelijk."),
        ("nl", "De toren lijkt op een potlood."),
        ("de", "Die Sonne scheint über dem Hafen."),
        ("de", "Ein Denkmal für das Wohl der Stadt."),
        ("ja", "かわいらしい子猫が窓辺で眠っている。"),
    ],
)
def test_no_guess(language: str, caption: str) -> None:
    """Words that only look like those of a guess."""
    assert "uncertain" not in codes(caption, language=language)


@pytest.mark.parametrize(
    ("language", "caption"),
    [
        ("en", "Maybe a crane."),
        ("en", "It seems old."),
        ("en", "This could be a crane."),
        ("en", "A boat that appears to be sinking."),
        ("nl", "Misschien een kraan."),
        ("nl", "Dit zou een kraan kunnen zijn, vermoedelijk."),
        ("de", "Vielleicht ein Kran."),
        ("de", "Der Kran scheint sehr alt zu sein."),
        ("ja", "古い倉庫のようです。"),
        ("ja", "祭りの可能性があります。"),
    ],
)
def test_a_guess(language: str, caption: str) -> None:
    """It is refused, not turned into a claim."""
    assert "uncertain" in codes(caption, language=language)
