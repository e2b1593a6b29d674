"""Read a taxonomy from its folder: `taxonomy.toml` holds name, version, kind and labels."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from metier.errors import ConfigError
from metier.settings import settings
from metier.types import Label, Taxonomy, TaxonomyKind

BUNDLED = Path(__file__).parent / "taxonomies"
FILE = "taxonomy.toml"


def folders(*roots: Path) -> dict[str, Path]:
    """Return the folder of each taxonomy by name; where two have one name, that of the later root.

    Without roots: the bundled ones and, before them, the customer's own (METIER_TAXONOMIES).
    """
    found = {path.parent.name: path.parent for root in roots or _all_roots() for path in root.glob(f"*/{FILE}")}
    return dict(sorted(found.items()))


def own_root() -> Path | None:
    """Return the folder of the customer's own taxonomies, if there is one; a setting that leads nowhere is said."""
    root = settings().taxonomies
    if root is None:
        return None
    if not root.is_dir():
        raise ConfigError(f"METIER_TAXONOMIES={root}: there is no such folder; make it, or correct the setting")
    return root.absolute()


def names(*roots: Path) -> list[str]:
    """Return the names of the taxonomies."""
    return list(folders(*roots))


def folder(name: str, *roots: Path) -> Path:
    """Return the folder of this taxonomy."""
    known = folders(*roots)
    if name not in known:
        raise ConfigError(f"unknown taxonomy {name!r}: choose one of {', '.join(known) or 'none, the folder is empty'}")
    return known[name]


def load(name: str, *roots: Path) -> Taxonomy:
    """Return the taxonomy of this name."""
    return read(folder(name, *roots))


def _all_roots() -> list[Path]:
    own = own_root()
    return [BUNDLED] if own is None else [BUNDLED, own]


def read(where: Path) -> Taxonomy:
    """Return the taxonomy that this folder describes."""
    path = where / FILE
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file; a taxonomy is a folder with a {FILE}") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    kind = _word(path, found, "kind")
    if kind not in {str(known) for known in TaxonomyKind}:
        raise ConfigError(f"{path}: kind: {kind!r} is none of {', '.join(TaxonomyKind)}")
    name = _word(path, found, "name")
    if name != where.name:
        raise ConfigError(f"{path}: name: {name!r} is not the folder's name, {where.name!r}")
    return Taxonomy(name, _word(path, found, "version"), TaxonomyKind(kind), _labels(path, found, TaxonomyKind(kind)))


def _labels(path: Path, found: Mapping[str, object], kind: TaxonomyKind) -> tuple[Label, ...]:
    rows = found.get("labels")
    if not isinstance(rows, list) or len(rows) < 2 or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{path}: labels: write at least two [[labels]] with code and name")
    labels = tuple(_label(path, f"labels[{number}]", row) for number, row in enumerate(rows, start=1))
    codes = [label.code for label in labels]
    for label in labels:
        if codes.count(label.code) > 1:
            raise ConfigError(f"{path}: labels: the code {label.code!r} is there twice")
        if label.parent is not None and label.parent not in codes:
            raise ConfigError(f"{path}: labels: {label.code}: parent {label.parent!r} is no code of this taxonomy")
        if kind is TaxonomyKind.ORDINAL and label.rank is None:
            raise ConfigError(f"{path}: labels: {label.code}: an ordinal taxonomy needs a rank for each label")
    if kind is TaxonomyKind.ORDINAL and len({label.rank for label in labels}) < len(labels):
        raise ConfigError(f"{path}: labels: two labels have the same rank")
    return labels


def _label(path: Path, where: str, row: Mapping[str, object]) -> Label:
    rank, parent, definition = row.get("rank"), row.get("parent"), row.get("definition", "")
    if rank is not None and (not isinstance(rank, int) or isinstance(rank, bool)):
        raise ConfigError(f"{path}: {where}.rank: write a whole number")
    if parent is not None and not isinstance(parent, str):
        raise ConfigError(f"{path}: {where}.parent: write the code of another label")
    if not isinstance(definition, str):
        raise ConfigError(f"{path}: {where}.definition: write text")
    return Label(_word(path, row, "code", where), _word(path, row, "name", where), parent, definition, rank)


def _word(path: Path, found: Mapping[str, object], field: str, where: str = "") -> str:
    value = found.get(field)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{path}: {f'{where}.{field}' if where else field}: write text in quotes")
    return value
