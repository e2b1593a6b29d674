"""How a command ends: 0 done, 1 failed, 2 wrong use."""

from metier.errors import ConfigError

DONE, FAILED, WRONG_USE = 0, 1, 2


class WrongUse(ConfigError):
    """The command was called in a way that cannot work; the message says how to call it."""
