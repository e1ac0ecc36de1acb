"""What the client of the caption service raises, as failure codes."""

import json

from adapters.ollama_answers import NOT_OLLAMA, code_of_status, words


def fault_of(error: Exception, *, begun: bool = False) -> tuple[str, str]:
    """Return the failure code and the detail of what the client raised; `begun`: pieces came."""
    import httpx
    import ollama

    said = words(error) or type(error).__name__
    match error:
        case ollama.ResponseError():
            status = f"HTTP {error.status_code}: " if error.status_code > 0 else ""
            return code_of_status(error.status_code), f"{status}{words(error.error)}"
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.ProxyError():
            return "PrefillUnreachable", said
        case httpx.UnsupportedProtocol() | ConnectionError():
            return "PrefillUnreachable", said
        case httpx.LocalProtocolError():
            return "PrefillDenied", "the key cannot be sent; it may hold a line break"
        case httpx.TransportError():
            return "PrefillDropped", said
        case json.JSONDecodeError() if begun:
            return "PrefillDropped", "the answer broke off in the middle of a line"
        case UnicodeEncodeError():
            pass
        case ValueError() | AttributeError() | TypeError() | KeyError() | httpx.DecodingError():
            return "PrefillFailed", NOT_OLLAMA
        case _:
            pass
    return "PrefillFailed", f"{type(error).__name__}: {words(error)}"
