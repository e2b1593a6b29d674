"""`metier examples`: the labelled texts that a model learns from and is measured on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console import choices, database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.settings import settings
from metier.types import Origin

if TYPE_CHECKING:
    from metier.types import Taxonomy
    from storage.engine import Engine
    from storage.examples import Count

_EPILOG = """\b
Examples:
  metier examples import labelled.csv --origin gold
  metier examples stats --conflicts
  metier examples export mine.csv --taxonomy seniority

\b
gold       labelled by people to measure with; never learnt from
reviewed   a person's correction: seven in ten train, the others measure, for ever, by a hash of the text
pseudo     labelled by an LLM; trains, never measures
source     labelled by where it comes from; trains, never measures
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="Bring in, look at and take out labelled texts.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Of = Annotated[str, typer.Option("--taxonomy", metavar="NAME", help="Only of this taxonomy.")]

_ORIGINS = (Origin.GOLD, Origin.REVIEWED, Origin.PSEUDO, Origin.SOURCE)
_SHOWN = 30


@app.command(
    "import",
    epilog="""\b
Examples:
  metier examples import labelled.csv --origin gold
  metier examples import llm.jsonl --origin pseudo --taxonomy department --column title=Position

The table has a column title (or text) and one called like each taxonomy, with codes or names; or a column label, whose
taxonomy --taxonomy or a column taxonomy names. Columns language and origin are used where they are there. What is known
already is nothing new. A text that has another label already is kept beside it and named: settle it with people.
""",
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The table: CSV, TSV, JSONL, Parquet or XLSX.")],
    *,
    origin: Annotated[str, typer.Option(help="gold, reviewed, pseudo or source, where rows do not say.")] = "gold",
    taxonomy: Annotated[str, typer.Option(metavar="NAME", help="Of which taxonomy the column label is.")] = "",
    column: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=HEADER", help="Which column is the title, language; repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring labelled texts into the database; rows that cannot be are named, the rest goes on."""
    from console import example_store
    from console.cli.ingest import Complaints
    from console.cli.train import make_database, who
    from console.example_rows import Sheet

    choices.one_of("--origin", origin, _ORIGINS)
    known = known_taxonomies()
    if taxonomy:
        choices.one_of("--taxonomy", taxonomy, list(known))
    sheet = Sheet(file, known, Origin(origin), only=taxonomy, columns=choices.pairs(column or ()))
    make_database()
    complaints = Complaints()
    with database.opened(settings()) as engine:
        taken = example_store.take(engine, sheet, by=who(), bad=complaints.hear)
    complaints.close()
    if as_json:
        listing.as_json(taken)
    else:
        listing.line(f"{taken.examples:,} examples: {taken.new:,} new, {taken.known:,} known, {taken.bad:,} bad rows")
        _tell_conflicts(taken.conflicts)
    if taken.bad and not taken.examples:
        raise typer.Exit(FAILED)


@app.command(epilog="Example:  metier examples export mine.csv --taxonomy seniority --origin gold")
def export(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="A .csv or .jsonl file; - is standard output (JSONL).")],
    *,
    taxonomy: Of = "",
    origin: Annotated[str, typer.Option(metavar="NAME", help="Only of this origin.")] = "",
) -> None:
    """Write the examples as a table that `metier examples import` reads."""
    from console import example_store
    from storage import examples
    from storage.engine import reading

    if origin:
        choices.one_of("--origin", origin, _ORIGINS)
    if str(output) != "-" and output.suffix not in (".csv", ".jsonl"):
        raise WrongUse(f"{output}: name a .csv or .jsonl file")
    with database.opened(settings()) as engine, reading(engine) as connection:
        names = [name for name in examples.taxonomies(connection) if taxonomy in ("", name)]
        kept = [
            one for name in names for one in examples.all_of(connection, name) if origin in ("", one.example.origin)
        ]
    lines = example_store.lines(iter(kept), output.suffix)
    if str(output) == "-":
        for line in lines:
            sys.stdout.write(line)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        raise WrongUse(f"{output} cannot be written ({error.strerror}); name another file") from error
    listing.line(f"{len(kept):,} examples in {output}")


@app.command(epilog="Examples:  metier examples stats      metier examples stats --conflicts      "
             "metier examples stats --suspects --taxonomy seniority")  # fmt: skip
def stats(
    *,
    taxonomy: Of = "",
    conflicts: Annotated[bool, typer.Option("--conflicts", help="Show texts that have several labels.")] = False,
    suspects: Annotated[
        bool, typer.Option("--suspects", help="Show examples that the last training thought wrongly labelled.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how many examples there are, of which origin and label, and what is doubtful among them."""
    from storage import examples
    from storage.engine import reading

    with database.opened(settings()) as engine:
        with reading(engine) as connection:
            counts = [one for one in examples.counts(connection) if taxonomy in ("", one.taxonomy)]
            torn = [one for one in examples.conflicts(connection) if taxonomy in ("", one.taxonomy)]
        doubtful = _suspects(engine, taxonomy)
    if as_json:
        listing.as_json({"counts": counts, "conflicts": torn, "suspects": doubtful})
        return
    if conflicts:
        _tell_conflicts(torn, most=len(torn))
        return
    if suspects:
        rows = [(one["taxonomy"], one["text"], one["code"], one["suggested"], one["score"]) for one in doubtful]
        listing.table("Suspects of the last training", ("taxonomy", "text", "label", "rather", "score"), rows)
        return
    listing.table(
        "Examples", ("taxonomy", "origin", "for", "label", "count"),
        [(one.taxonomy, one.origin, one.split, one.code, one.count) for one in counts],
    )  # fmt: skip
    known = known_taxonomies()
    for name in sorted({one.taxonomy for one in counts}):
        _tell_use([one for one in counts if one.taxonomy == name], name, known.get(name))
    if torn or doubtful:
        listing.line(f"{len(torn):,} texts with several labels (--conflicts), {len(doubtful):,} suspects (--suspects)")


@app.command(epilog="Example:  metier examples erase 'Leiterin der Buchhaltung in Musterdorf'")
def erase(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT", help="The words of an example; case does not matter.")],
    *,
    as_json: Json = False,
) -> None:
    """Take texts out of the examples, whoever brought them; models learn of it at their next training."""
    from metier.example_keys import keys
    from storage import examples
    from storage.engine import transaction

    found = [key for key in keys(texts) if key]
    with database.opened(settings()) as engine, transaction(engine) as connection:
        gone = examples.erase(connection, found)
    if as_json:
        listing.as_json({"erased": gone})
    else:
        listing.line(f"erased: {gone:,} examples")
    if not gone:
        raise typer.Exit(FAILED)


def known_taxonomies() -> "dict[str, Taxonomy]":
    """Return the taxonomies that examples can teach."""
    from pipelines import training
    from pipelines.recipe import HeadRecipe
    from pipelines.taggers import registry

    return {
        name: training.lesson(plugin).taxonomy
        for name, plugin in registry().items()
        if isinstance(plugin.recipe, HeadRecipe)
    }


def _tell_use(counts: "list[Count]", name: str, taxonomy: "Taxonomy | None") -> None:
    """Say what the examples of a taxonomy are good for."""
    from storage import examples

    if taxonomy is None:
        listing.line(f"{name}: no taxonomy of this name is known here that examples can teach; see METIER_TAXONOMIES")
        return
    codes = {label.code for label in taxonomy.labels}
    if gone := [one for one in counts if one.code not in codes]:
        named = ", ".join(sorted({one.code for one in gone}))
        count = sum(one.count for one in gone)
        listing.line(f"{name}: {count:,} examples have a label that the taxonomy no longer has ({named}): not used")
    measuring = sum(one.count for one in counts if one.code in codes and one.split != examples.TRAIN)
    missing = max(0, settings().gate_rows - measuring)
    ready = "the gate can judge" if not missing else f"the gate needs {missing} more"
    listing.line(f"{name}: {measuring:,} to measure with; {ready}")


def _suspects(engine: "Engine", taxonomy: str) -> list[dict[str, Any]]:  # JSON
    """Return what the last training of each taxonomy doubted, with the text where it still is in the database."""
    from storage import examples, runs
    from storage.engine import reading

    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    with reading(engine) as connection:
        for run in runs.listed(connection, "train", most=200):
            name = str(run.params.get("taxonomy", ""))
            if name in seen or run.state != "done" or taxonomy not in ("", name):
                continue
            seen.add(name)
            texts = {kept.key: kept.example.text for kept in examples.all_of(connection, name)}
            for one in run.outcome.get("suspects", ()):
                text = texts.get(one["key"]) or one["place"]
                if text:  # what was erased since is nobody's business
                    found.append({"taxonomy": name, "run": run.id, **one, "text": text})
    return found


def _tell_conflicts(conflicts: Any, most: int = _SHOWN) -> None:  # conflicts of storage.examples, imported where used
    for one in conflicts[:most]:
        said = ", ".join(f"{code} ({origin})" for code, origin in one.said)
        listing.line(f"several labels in {one.taxonomy}: {one.text}: {said}")
    if len(conflicts) > most:
        screen.say(f"… and {len(conflicts) - most:,} more: metier examples stats --conflicts")
