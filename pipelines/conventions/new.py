"""Begin a convention: a folder that a person without programming can go on with, and that works as it stands."""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from metier.errors import ConfigError
from metier.types import TaxonomyKind
from pipelines.conventions.examples import NOT_CODES
from pipelines.conventions.folding import fold

_PAGES = Path(__file__).parent / "starter"
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new convention is called, of which kind it is, and its labels: code → name, low levels first."""

    name: str
    kind: TaxonomyKind
    labels: dict[str, str]


def plan(name: str, kind: str, labels: Sequence[str]) -> Plan:
    """Return the plan for what a person typed, or say what is wrong; a label is NAME or code=NAME."""
    if slug(name) != name:
        like = slug(name) or "department"
        raise ConfigError(f"--name {name}: use small letters, figures and hyphens, such as {like}")
    if name in NOT_CODES:
        raise ConfigError(f"--name {name}: the lists have a column of that name; choose another")
    allowed = [one for one in TaxonomyKind if one is not TaxonomyKind.MANY]
    if kind not in {str(one) for one in allowed}:
        raise ConfigError(f"--kind {kind}: use one of {', '.join(allowed)}")
    found: dict[str, str] = {}
    for label in labels:
        code, equals, words = label.partition("=")
        code, words = (code.strip(), words.strip()) if equals else (slug(label), label.strip())
        if not code or not words:
            raise ConfigError(f"--labels: {label!r} is no label; write NAME or code=NAME")
        if code in found or _words(words) in map(_words, found.values()):
            raise ConfigError(f"--labels: {label!r} is there twice")
        if not _words(words):
            raise ConfigError(f"--labels: {label!r} holds no word")
        found[code] = words
    if len(found) < 2:
        raise ConfigError('--labels: name at least two, such as --labels "Care, Kitchen, Office"')
    return Plan(name, TaxonomyKind(kind), found)


def write(folder: Path, wanted: Plan) -> list[Path]:
    """Write the folder, which must not be there yet, and return its files."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder}: is there already; name a new folder, or go on with its files")
    if folder.name != wanted.name:
        raise ConfigError(f"{folder}: the last part of FOLDER must be the name, {wanted.name}")
    folder.mkdir(parents=True, exist_ok=True)
    roles = [(title, code) for code, name in wanted.labels.items() for title in _titles(name)]
    filled = {
        "NAME": wanted.name,
        "KIND": wanted.kind.value,
        "LABELS": "\n".join(_label(wanted, code, rank) for rank, code in enumerate(wanted.labels)),
        "TERMS": "\n".join(_term(code, name) for code, name in wanted.labels.items()),
        "ROLES": "\n".join(f"{_cell(title)},en,{code}" for title, code in roles),
        "FUNCTIONS": "\n".join(f"{_cell(name)},,en,{code}" for code, name in wanted.labels.items()),
        "LAST": list(wanted.labels)[-1],
        "LIST": "\n".join(f"- `{code}`: {name}" for code, name in wanted.labels.items()),
    }
    for page in sorted(_PAGES.iterdir()):
        (folder / page.name).write_text(Template(page.read_text("utf-8")).substitute(filled), "utf-8")
    return sorted(folder.iterdir())


def slug(words: str) -> str:
    """Return words as a code: small letters, figures and hyphens."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return _SLUG.sub("-", plain).strip("-")


def _label(wanted: Plan, code: str, rank: int) -> str:
    lines = ["[[labels]]", f"code = {_quoted(code)}", f"name = {_quoted(wanted.labels[code])}"]
    lines += [f"rank = {rank}"] if wanted.kind is TaxonomyKind.ORDINAL else []
    question = f"When is a title {_plain(wanted.labels[code])}, and when is it not?"
    return "\n".join([*lines, 'definition = """', question, '"""', ""])


def _term(code: str, name: str) -> str:
    words = _words(name)
    kind = "word" if len(words) == 1 else "phrase"
    return f"{_cell(' '.join(words))},{kind},,{code},0.9,5,,"


def _words(name: str) -> list[str]:
    return re.findall(r"\w+|&", fold(name))


def _titles(name: str) -> list[str]:
    return [f"{name} Specialist", f"{name} Assistant"]


def _cell(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if re.search('[,"#]', text) else text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML is written as one of JSON


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
