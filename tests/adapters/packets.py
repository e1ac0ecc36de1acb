"""XMP packets to test with, as programs write them."""

_NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "photomechanic": "http://ns.camerabits.com/photomechanic/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "drone-dji": "http://www.dji.com/drone-dji/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
}


def packet(body: str = "", /, **simple: object) -> bytes:
    """A packet with simple properties, `xmp_Rating=4`, and more as XML."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    given = " ".join(f'{key.replace("_", ":", 1)}="{value}"' for key, value in simple.items())
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {rdf}>'
        f'<rdf:Description rdf:about="" {names} {given}>{body}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def caption(text: str) -> str:
    """A description as XML."""
    return _alternatives("dc:description", text)


def keywords(*words: str) -> str:
    """Keywords as XML."""
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    return f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"


def history(agent: str) -> str:
    """A history that names one program, as XML."""
    item = f'<rdf:li stEvt:action="saved" stEvt:softwareAgent="{agent}"/>'
    return f"<xmpMM:History><rdf:Seq>{item}</rdf:Seq></xmpMM:History>"


def _alternatives(name: str, text: str) -> str:
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></{name}>'
