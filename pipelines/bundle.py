"""What the repository brings for a taxonomy: its labels, its convention where it has one, and titles to learn from."""

import csv
import hashlib
import re
import shutil
from pathlib import Path

from metier.errors import ConfigError
from metier.types import Example, Origin, Taxonomy
from pipelines import taxonomy
from pipelines.conventions import body
from pipelines.conventions.convention import Convention
from pipelines.conventions.convention import load as load_convention
from pipelines.text import normalise, tidy

EXAMPLES = "examples.csv"

_NEIGHBOUR = re.compile(r"\.\./([\w-]+)/")
_OF_CONVENTIONS = {"default", "reading", "examples"}
_TABLE = re.compile(r"\[\[?\s*([\w-]+)")


def convention(folder: Path) -> Convention | None:
    """Return the convention that this taxonomy folder holds, if it holds one."""
    tables = {header[1] for line in _lines(folder) if (header := _TABLE.match(line))}
    return load_convention(folder) if tables & _OF_CONVENTIONS or any(folder.glob("lexicon*.csv")) else None


def examples(folder: Path) -> list[Example]:
    """Return the labelled titles of this taxonomy folder: the written ones, then those that its convention makes."""
    labels = taxonomy.read(folder)
    rules = convention(folder)
    found = [*_written(folder / EXAMPLES, labels), *(rules.examples() if rules else ())]
    if not found:
        raise ConfigError(
            f"{folder}: there is nothing to learn from: add {EXAMPLES} with the columns text,code,language"
        )
    return found


def digest(folder: Path) -> str:
    """Return a digest of all that this taxonomy is taught from, lists of the neighbours that it names included."""
    named = _NEIGHBOUR.findall("\n".join(_lines(folder)))
    found = hashlib.sha256()
    for path in sorted(path for name in {folder.name, *named} for path in (folder.parent / name).rglob("*")):
        if path.suffix in {".toml", ".csv"}:
            found.update(f"{path.relative_to(folder.parent).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def copy(folder: Path, target: Path) -> None:
    """Copy what answers hang on, labels and convention, without the lists that examples are made from."""
    target.mkdir()
    for path in [*folder.glob("lexicon*.csv"), *folder.glob("rules.toml"), *folder.glob(body.FILE)]:
        shutil.copyfile(path, target / path.name)
    kept, inside = [], True
    for line in _lines(folder):
        if header := _TABLE.match(line):
            inside = header[1] != "examples"
        if inside:
            kept.append(line)
    (target / taxonomy.FILE).write_text("\n".join(kept) + "\n", "utf-8")


def _lines(folder: Path) -> list[str]:
    return (folder / taxonomy.FILE).read_text("utf-8").splitlines()


def _written(path: Path, labels: Taxonomy) -> list[Example]:
    if not path.exists():
        return []
    codes = {label.code for label in labels.labels}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if missing := {"text", "code"} - set(rows.fieldnames or ()):
            raise ConfigError(f"{path}: the column {sorted(missing)[0]!r} is missing: write text,code,language first")
        found = []
        for row in rows:
            if row["code"] not in codes:
                raise ConfigError(f"{path}, line {rows.line_num}: {row['code']!r} is no code of {labels.name}")
            if not normalise(tidy([row["text"] or ""]))[0]:
                raise ConfigError(f"{path}, line {rows.line_num}: the text is empty: fill it in or delete the line")
            found.append(Example(row["text"], labels.name, row["code"], Origin.SOURCE, row.get("language") or ""))
    return found
