"""Make labelled training titles from lists that people edit: roles, terms crossed with templates, and variants of both.

Every choice hangs on a checksum of the words, so the same files give the same titles on every machine, and an added
line changes no other title.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metier.errors import ConfigError
from metier.types import Example, Origin, Taxonomy
from pipelines.conventions.files import Row, line_of, rows, table, wrong
from pipelines.conventions.folding import fold
from pipelines.conventions.variants import Gender, Variant, misspelt, share_of

_TERM, _STEM = "{term}", "{stem}"
NOT_CODES = frozenset({"title", "term", "stem", "template", "language", "for", "not_for", "note"})


@dataclass(frozen=True, slots=True)
class Made:
    """A title with a code for each taxonomy that its lists speak of, and the line it comes from."""

    title: str
    language: str
    codes: Mapping[str, str]
    row: Row


@dataclass(frozen=True, slots=True)
class Template:
    """A pattern for titles; its own codes go before those of the term, and it may fit only some terms."""

    pattern: str
    made: Made
    only: frozenset[str]
    never: frozenset[str]

    def takes(self, term: Made) -> bool:
        """Say whether the pattern fits a term."""
        if self.made.language != term.language or (_STEM in self.pattern and not term.row["stem"]):
            return False
        codes = set(term.codes.values())
        return not (self.never & codes) and (not self.only or bool(self.only & codes))

    def fill(self, term: Made) -> Made:
        """Return the title of this pattern with this term."""
        title = self.pattern.replace(_TERM, term.title).replace(_STEM, term.row["stem"])
        return Made(title, term.language, {**term.codes, **self.made.codes}, self.made.row)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All lists from which the examples of a convention are made."""

    roles: tuple[Made, ...]
    terms: tuple[Made, ...]
    templates: tuple[Template, ...]
    by: str
    take: Mapping[str, int]
    variants: tuple[Variant, ...]
    genders: tuple[Gender, ...]
    misspelt: float


def make(recipe: Recipe, taxonomy: Taxonomy) -> list[Example]:
    """Return the distinct titles of a recipe with their label; what was written by hand goes before what was made."""
    codes = {label.code for label in taxonomy.labels}
    found: dict[str, Example] = {}
    for made in _all(recipe):
        code = made.codes.get(taxonomy.name, "")
        if not code:
            continue
        if code not in codes:
            raise wrong(made.row.file, made.row.line, f"{code!r} is no label", f"use one of {', '.join(sorted(codes))}")
        key = " ".join(fold(made.title).split())
        found.setdefault(key, Example(made.title, taxonomy.name, code, Origin.SOURCE, made.language))
    return list(found.values())


def read(section: Mapping[str, Any], file: Path) -> Recipe:
    """Return the recipe that the section [examples] of a taxonomy.toml names; its paths start at that file's folder."""
    crossing = section.get("crossing", {})
    variants = _named(section, "variants", file)
    tables = [table(path) for path in variants]
    return Recipe(
        roles=tuple(_made(row, "title") for row in _rows(section, "roles", file)),
        terms=tuple(_made(row, "term") for row in _rows(section, "terms", file)),
        templates=tuple(_template(row) for row in _rows(section, "templates", file)),
        by=crossing.get("by", ""),
        take=crossing.get("take", {}),
        variants=tuple(
            Variant.of(entry, path, line_of(path, "[[variant]]", at))
            for path, content in zip(variants, tables, strict=True)
            for at, entry in enumerate(content.get("variant", []))
        ),
        genders=tuple(Gender.of(entry) for content in tables for entry in content.get("gender", [])),
        misspelt=max((content.get("misspelt", 0.0) for content in tables), default=0.0),
    )


def _all(recipe: Recipe) -> Iterator[Made]:
    plain = [*recipe.roles, *_crossed(recipe)]
    varied = [*plain, *(made for one in plain for made in _varied(one, recipe.variants))]
    gendered = [made for one in varied for made in _gendered(one, recipe.genders)]
    yield from varied
    yield from gendered
    for made in (*varied, *gendered):
        if share_of("misspelt", made.title) < recipe.misspelt:
            yield replace(made, title=misspelt(made.title))


def _crossed(recipe: Recipe) -> Iterator[Made]:
    """Cross each term with some of the templates, the same number for each code of the column `by`."""
    for term in recipe.terms:
        fitting: dict[str, list[Template]] = {}
        for template in recipe.templates:
            if template.takes(term):
                fitting.setdefault(template.made.codes.get(recipe.by, ""), []).append(template)
        for code, templates in fitting.items():
            ranked = sorted((share_of(template.pattern, term.title), at) for at, template in enumerate(templates))
            for _, at in ranked[: recipe.take.get(code, len(ranked))]:
                yield templates[at].fill(term)


def _varied(made: Made, variants: Iterable[Variant]) -> Iterator[Made]:
    for variant in variants:
        if variant.takes(made.title, made.language, made.codes):
            yield replace(made, title=variant.fill(made.title), codes={**made.codes, **variant.sets})


def _gendered(made: Made, genders: Sequence[Gender]) -> Iterator[Made]:
    for gender in genders:
        if (title := gender.turn(made.title, made.language)) is not None:
            yield replace(made, title=title)
            return


def _made(row: Row, column: str) -> Made:
    codes = {key: value for key, value in row.cells.items() if key not in NOT_CODES and value}
    return Made(row.needs(column), row["language"], codes, row)


def _template(row: Row) -> Template:
    pattern = row.needs("template")
    if _TERM not in pattern and _STEM not in pattern:
        raise wrong(row.file, row.line, f"{pattern!r} has no {_TERM}", f"write {_TERM} or {_STEM} where the term goes")
    return Template(pattern, _made(row, "template"), frozenset(row["for"].split()), frozenset(row["not_for"].split()))


def _rows(section: Mapping[str, Any], key: str, file: Path) -> list[Row]:
    first = {"roles": "title", "terms": "term", "templates": "template"}[key]
    return [row for path in _named(section, key, file) for row in rows(path, (first, "language"))]


def _named(section: Mapping[str, Any], key: str, file: Path) -> list[Path]:
    """Return the files that a key names; a star in a name stands for any letters."""
    found: list[Path] = []
    for name in section.get(key, []):
        folder = (file.parent / name).parent.resolve()
        paths = sorted(folder.glob(Path(name).name))
        if not paths:
            raise ConfigError(
                f"{file}, [examples]: {key} names {name}, and there is no such file; write it or take it out"
            )
        found.extend(paths)
    return found
