"""
What an FTP server's refusal or silence means: from a reply or an error to a failure code.

While a conversation is opened, silence means that the gallery is away (`PublishUnreachable`); later
it is a fault that may pass (`PublishFailed`): the next try opens a new conversation, and learns
there if the server is gone. Replies: RFC 959, section 4.2, RFC 2228 and RFC 4217.
"""

import ftplib
import re
import ssl

from adapters.errors import AdapterError

_DETAIL_LENGTH = 300
_FULL = re.compile(r"(?i)no space left|disk (?:is )?full|quota|failure writing to local file")
"""vsftpd says the last of these, and no reason."""
_RETRIABLE = "4"
BAD_NAME = {"501", "553"}
"""The server does not take the name: another try would not help, another row would."""
NAME_TAKEN = {"550", "553"}
"""What servers say that do not rename over a file, and servers that refuse for other reasons."""
GONE = "550"
"""No such file, or no permission: the code alone does not tell."""


def code_of(reply: Exception) -> str:
    """Return the three digits of a reply, such as `550`."""
    return str(reply)[:3]


def means_full(reply: Exception) -> bool:
    """Tell whether a reply says that the server has no room for us."""
    return code_of(reply) in {"452", "552"} or bool(_FULL.search(str(reply)))


def fault_of(error: Exception, doing: str) -> AdapterError:
    """Return the `AdapterError` for what went wrong in an open conversation while `doing`."""
    if not isinstance(error, ftplib.Error):
        return AdapterError("PublishFailed", f"{doing}: {_words(error)}")
    if means_full(error):
        code = "RemoteFull"
    elif isinstance(error, ftplib.error_perm):
        code = "PublishRefused"
    else:
        code = "PublishFailed"
    return AdapterError(code, f"{doing}: {_words(error)}")


def opening_fault_of(error: Exception, doing: str) -> AdapterError:
    """Return the `AdapterError` for what kept a conversation from being opened."""
    if isinstance(error, ssl.SSLCertVerificationError):
        detail = f"the certificate is not trusted: {error.verify_message}"
        return AdapterError("PublishRefused", f"{doing}: {detail}")
    silent = isinstance(error, OSError | EOFError) and not _is_tls_refusal(error)
    if silent or code_of(error).startswith(_RETRIABLE):
        return AdapterError("PublishUnreachable", f"{doing}: {_words(error)}")
    return AdapterError("PublishRefused", f"{doing}: {_words(error)}")


def gone_meanwhile(folder: str) -> AdapterError:
    """Return the `AdapterError` for a folder that stood there a moment ago."""
    detail = f"the folder {folder.rpartition('/')[2]} went away meanwhile"
    return AdapterError("PublishFailed", detail)


def refuses_a_path(error: AdapterError) -> bool:
    """Tell whether the server refused what it was asked for, which may be this path alone."""
    cause = error.__cause__
    refused = isinstance(cause, ftplib.error_perm) and code_of(cause) == GONE
    return refused and error.code == "PublishRefused"


def _is_tls_refusal(error: Exception) -> bool:
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError)


def _words(error: Exception) -> str:
    """Return the reply, or what broke, on one line; other encodings than UTF-8 give a `?`."""
    if isinstance(error, EOFError):
        return "the server closed the connection"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, ssl.SSLError):
        return error.strerror
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:_DETAIL_LENGTH].encode(errors="replace").decode()
