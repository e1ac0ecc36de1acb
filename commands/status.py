"""`status`: where the work stands."""

from commands.call import Call
from commands.options import View


def status(call: Call, view: View) -> None:
    """Show where the work stands and what to type next"""
    del call, view
