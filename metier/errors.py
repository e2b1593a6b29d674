"""The error tree; the class tells the caller what to do.

MetierError
├── Transient(after=)        later: the job goes back, its attempt is given back
│   ├── DatabaseAway         the database does not answer
│   ├── BrokerAway           the broker does not answer
│   └── SourceUnavailable    a source is down or asks to wait
├── Rejected                 never with this input: the row is set aside with this reason, the rest goes on
│   └── BadRow               a row of a file; names the row
├── SourceRefused            stop polling this source until a person acts
├── SourceChanged            the source answers in a shape that we do not know; names the field
└── ConfigError              stop: the installation or the command is wrong; the message says what to do
    ├── ArtifactDamaged      a file of an artifact does not match its manifest
    ├── DatabaseDamaged      the files of the database cannot be read
    └── SchemaMismatch       the database is older or newer than this code
"""

from datetime import timedelta
from functools import partial


class MetierError(Exception):
    """All errors that this project raises on purpose."""


class Transient(MetierError):
    """Try later; `after` says how much later, where that is known."""

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class DatabaseAway(Transient):
    """The database does not answer."""


class BrokerAway(Transient):
    """The broker does not answer."""


class SourceUnavailable(Transient):
    """A source is down, slow, or asks to wait."""


class Rejected(MetierError):
    """Never with this input."""


class BadRow(Rejected):
    """One row of a file cannot be read; the message names the row and the remedy."""

    def __init__(self, message: str, *, row: int) -> None:
        super().__init__(message)
        self.row = row

    def __reduce__(self) -> tuple[object, ...]:  # it goes to the processes that tag, and an argument has a name
        return partial(type(self), row=self.row), self.args


class SourceRefused(MetierError):
    """The source does not let us in; polling stops until a person acts."""


class SourceChanged(MetierError):
    """The source answers in an unknown shape; the message names the field."""


class ConfigError(MetierError):
    """The installation or the command is wrong; the message says what to do."""


class ArtifactDamaged(ConfigError):
    """A file of an artifact is missing or does not match its manifest."""


class DatabaseDamaged(ConfigError):
    """The files of the database cannot be read."""


class SchemaMismatch(ConfigError):
    """The database is older or newer than this code."""
