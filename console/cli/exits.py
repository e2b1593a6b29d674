"""How a command ends: 0 done, 1 failed, 2 wrong use."""

import sys

from metier.errors import ConfigError

DONE, FAILED, WRONG_USE = 0, 1, 2
_DURATION = "write seconds, such as 90, or a duration, such as P7D for seven days"


class WrongUse(ConfigError):
    """The command was called in a way that cannot work; the message says how to call it."""


def unusable_settings(error: Exception) -> str:
    """Return what is wrong with the settings if that is what this error says, else nothing."""
    pydantic = sys.modules.get("pydantic")  # settings that were never read cannot be wrong
    if pydantic is None or not isinstance(error, pydantic.ValidationError) or error.title != "Settings":
        return ""
    wrong = [
        (".".join(map(str, fault["loc"])), _DURATION if fault["type"].startswith("time_delta") else fault["msg"])
        for fault in error.errors(include_input=False)
    ]
    return "; ".join(f"METIER_{name.upper()}: {message}" for name, message in wrong) + " (environment or .env)"
