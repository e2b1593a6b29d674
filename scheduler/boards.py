"""The job boards that an operator names in sources.toml: each table is one board, and each board a source of its own.

    [[greenhouse]]
    token = "acme"
    every = "30m"

Whoever reads a kind of board says by a `Board` of its own what its tables hold; what does not fit is said with file,
table and remedy.
"""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from metier.errors import ConfigError
from metier.settings import Settings

FILE = Path("sources.toml")
SHORTEST, LONGEST = 60, 31 * 86400
"""Seconds between two polls of a board, at the least and at the most."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
"""What stands in an address and in the name of a source."""
Period = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,6}[smhd]$")]
_HINTS = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    "string_pattern_mismatch": "is not written as it should be",
}


class Board(BaseModel):
    """What all tables may hold; `slot` names the field that names the board."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    slot: ClassVar[str] = "name"
    examples: ClassVar[Mapping[str, str]] = {}

    company: str = Field("", max_length=200, description="Whose board it is, where the service does not say.")
    every: Period | None = Field(None, description="How often it is polled, for example 30m; 60s at the least.")

    @property
    def title(self) -> str:
        """Return the name of this board among those of its kind."""
        return str(getattr(self, self.slot))


AnyBoard = TypeVar("AnyBoard", bound=Board)


def named(settings: Settings, kind: str, shape: type[AnyBoard]) -> list[AnyBoard]:
    """Return the boards of a kind that the operator names."""
    path = file(settings)
    if path is None:
        return []
    found = [_board(path, kind, number, table, shape) for number, table in enumerate(_tables(path, kind), start=1)]
    titles = [board.title for board in found]
    for number, title in enumerate(titles, start=1):
        if title in titles[: number - 1]:
            raise ConfigError(f"{path}: [[{kind}]] number {number}: {title!r} is named twice; take one of them out")
    return found


def file(settings: Settings) -> Path | None:
    """Return the file that names boards, None where there is none."""
    if settings.sources is None:
        return FILE if FILE.exists() else None
    if not settings.sources.is_file():
        raise ConfigError(f"METIER_SOURCES: there is no file {settings.sources}; write it, or leave the setting empty")
    return settings.sources


def stamp(settings: Settings) -> tuple[int, ...]:
    """Return what changes when the file does; it costs no more than a look at the folder."""
    try:
        status = (settings.sources or FILE).stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def see_that_known(settings: Settings, kinds: Collection[str]) -> None:
    """Raise ConfigError where the file names a kind of board that nobody reads."""
    path = file(settings)
    for kind in _read(path) if path is not None else ():
        if kind not in kinds:
            raise ConfigError(f"{path}: nobody reads [[{kind}]]; there are {', '.join(sorted(kinds))}")


def _tables(path: Path, kind: str) -> Sequence[Mapping[str, Any]]:  # Any: TOML
    found = _read(path).get(kind, [])
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        raise ConfigError(f"{path}: {kind}: write [[{kind}]] in double brackets, then one line for each field")
    return found


def _read(path: Path) -> Mapping[str, Any]:  # Any: TOML
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f'{path}: is no TOML ({error}); write name = "value", texts in quotes') from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not written in UTF-8; save it so") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give this user the right to") from error


def _board(
    path: Path,
    kind: str,
    number: int,
    table: Mapping[str, Any],
    shape: type[AnyBoard],  # Any: TOML
) -> AnyBoard:
    try:
        board = shape(**table)
    except (ValidationError, TypeError) as error:
        raise ConfigError(f"{path}: [[{kind}]] number {number}: {_explained(error, shape)}") from error
    if board.every and _seconds(board.every) < SHORTEST:
        raise ConfigError(f'{path}: [[{kind}]] number {number}: every is too often; write "{SHORTEST}s" or more')
    if board.every and _seconds(board.every) > LONGEST:
        raise ConfigError(f'{path}: [[{kind}]] number {number}: every is too seldom; write "31d" or less')
    return board


def _explained(error: Exception, shape: type[Board]) -> str:
    if not isinstance(error, ValidationError):
        return "a name is no word; write names without blanks and signs"
    first = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")  # what is misspelt
    name = ".".join(str(part) for part in first["loc"])
    says = _HINTS.get(first["type"], re.sub("^Value error, ", "", first["msg"]))
    if first["type"] == "extra_forbidden":
        return f"{name} {says}; there are {', '.join(shape.model_fields)}"
    field = str(first["loc"][0]) if first["loc"] else ""
    example = ({"every": '"30m"', "company": '"Acme"'} | dict(shape.examples)).get(field)
    return f"{name} {says}".strip() + (f"; write for example {field} = {example}" if example else "")


def _seconds(period: str) -> int:
    return int(period[:-1]) * _UNITS[period[-1]]
