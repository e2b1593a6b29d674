"""Conventions as a person looks at them: which there are, what is worth a look, what each rule decides."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from console import listing
from metier.errors import ConfigError
from pipelines import bundle, taxonomy
from pipelines.conventions import check, convention
from pipelines.conventions.check import Findings
from scheduler.reading.rows import Row
from scheduler.reading.tables import open_table

_SHOWN = 10


def listed() -> list[dict[str, Any]]:  # JSON
    """Return the taxonomies with what their folders hold."""
    rows = []
    for name, folder in taxonomy.folders().items():
        found = taxonomy.read(folder)
        rules = bundle.convention(folder)
        rows.append(
            {
                "name": name,
                "kind": found.kind.value,
                "labels": len(found.labels),
                "version": found.version,
                "terms": len(rules.lexicon.terms) if rules else 0,
                "rules": len(rules.rules.ordered) if rules else 0,
                "folder": str(folder),
            }
        )
    return rows


def place(given: Path) -> Path:
    """Return the folder that a person means: a folder, or the name of a taxonomy."""
    if (given / taxonomy.FILE).exists():
        return given.absolute()
    if given.is_dir():
        raise ConfigError(f"{given}: holds no {taxonomy.FILE}; name the folder of one taxonomy")
    return taxonomy.folder(str(given))


def checked(folder: Path, file: Path | None, columns: Mapping[str, str]) -> Findings:
    """Return what is worth a look in this folder, and what it says of the titles of a file."""
    taxonomy.read(folder)
    found = convention.load(folder)
    examples = found.examples()
    titles = [example.text for example in examples] if file is None else _titles(file, columns)
    return check.check(found, titles, examples)


def show(found: Findings, *, titles: int, rules: int) -> None:
    """Write the findings to standard output."""
    _part("Lines that disagree", ("a line", "another"), [(one.first, one.second) for one in found.conflicts])
    _part("Rules never reached", ("rule", "behind"), [(one.rule, one.behind) for one in found.hidden])
    _part("Rules that decide none of these titles", ("rule",), [(rule,) for rule in found.idle])
    against = [
        (one.rule, one.label, one.given, len(one.examples), "; ".join(one.examples[: max(1, titles)]))
        for one in found.contradictions[:_SHOWN]
    ]
    _part("Examples against their rules", ("rule", "example is", "rule says", "number", "such as"), against)
    decided = [
        (one.rule, len(one.titles), ", ".join(one.labels), "; ".join(one.titles[:titles]))
        for one in found.decided[:rules]
    ]
    _part("What decides", ("rule", "titles", "label", "such as"), decided)
    more = f" ({len(found.decided) - rules:,} more decide the rest)" if len(found.decided) > rules else ""
    listing.line(f"a rule or a term speaks on {found.spoken:,} of {found.titles:,} titles, {found.coverage:.1%}{more}")


def as_plain(found: Findings, titles: int) -> dict[str, Any]:  # JSON
    """Return the findings with as many titles of each rule as are wanted."""
    return {
        "titles": found.titles,
        "spoken": found.spoken,
        "coverage": round(found.coverage, 4),
        "conflicts": [{"first": one.first, "second": one.second} for one in found.conflicts],
        "hidden": [{"rule": one.rule, "behind": one.behind} for one in found.hidden],
        "idle": list(found.idle),
        "contradictions": [
            {
                "rule": one.rule,
                "label": one.label,
                "given": one.given,
                "number": len(one.examples),
                "examples": list(one.examples[:titles]),
            }
            for one in found.contradictions
        ],
        "decided": [
            {"rule": one.rule, "number": len(one.titles), "labels": dict(one.labels), "titles": one.titles[:titles]}
            for one in found.decided
        ],
    }


def _titles(file: Path, columns: Mapping[str, str]) -> list[str]:
    with open_table(file, columns=columns) as table:
        found = [row.text("title") for row in table.rows() if isinstance(row, Row)]
    titles = [title for title in found if title]
    if not titles:
        raise ConfigError(f"{file}: there are no titles in it; see --column")
    return titles


def _part(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        listing.table(title, header, rows)
    else:
        listing.line(f"{title}: none")
