"""
Loaded into the process that workers are forked from, so that it outlives who asks for one.

Where a program is killed between its call and its request, Python's own loop would end, and the
next program would find nobody. To it, such a call is now one that was hung up.
"""

import errno
from multiprocessing import reduction
from typing import Any

_receive = vars(reduction).get("recvfds")


def _receive_or_hang_up(*given: Any) -> Any:
    assert _receive is not None
    try:
        return _receive(*given)
    except (EOFError, ConnectionResetError) as error:
        raise ConnectionAbortedError(errno.ECONNABORTED, "nobody is there any more") from error


vars(reduction)["recvfds"] = _receive_or_hang_up
