"""`metier taxonomy`: what labels there are, what they mean, and why a title gets one."""

from pathlib import Path
from typing import Annotated

import typer

from console import choices, conventions, engines, explaining, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.errors import ConfigError
from pipelines import taxonomy
from pipelines.conventions import new as convention_new

_EPILOG = """\b
Examples:
  metier taxonomy list
  metier taxonomy show seniority
  metier taxonomy new own/ward --name ward --kind flat --labels "Care, Kitchen, Office"
  metier taxonomy check own/ward titles.csv
  metier taxonomy explain department "Leiterin Einkauf"

A taxonomy of your own is a folder of tables that open in any spreadsheet. Set
METIER_TAXONOMIES to the folder that holds it, run `metier artifacts build`,
and `metier tag` uses it.
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="See what labels mean; begin a convention of your own and look it over.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list", epilog="Example:  metier taxonomy list --json")
def list_(*, as_json: Json = False) -> None:
    """List the taxonomies, bundled and your own."""
    found = conventions.listed()
    if as_json:
        listing.as_json(found)
        return
    header = ("name", "kind", "labels", "version", "terms", "rules", "folder")
    listing.table("Taxonomies", header, [tuple(row[name] for name in header) for row in found])


@app.command(epilog="Example:  metier taxonomy show seniority")
def show(
    name: Annotated[str, typer.Argument(metavar="TAXONOMY", help="Its name, as `metier taxonomy list` shows it.")],
    *,
    as_json: Json = False,
) -> None:
    """Show the labels of a taxonomy and when each is right."""
    try:
        found = taxonomy.load(name)
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    if as_json:
        listing.as_json(found)
        return
    rows = [(label.code, label.name, label.rank, label.parent, label.definition) for label in found.labels]
    header = ("code", "name", "rank", "parent", "definition")
    listing.table(f"{found.name} {found.version} ({found.kind})", header, rows)


@app.command(epilog='Example:  metier taxonomy new own/ward --name ward --kind flat --labels "Care, Kitchen, Office"')
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where it is written; its last part is the name.")],
    *,
    name: Annotated[str, typer.Option(metavar="NAME", help="What the taxonomy is called: small letters.")],
    kind: Annotated[str, typer.Option(metavar="KIND", help="flat, tree or ordinal (low levels first).")] = "flat",
    labels: Annotated[str, typer.Option(metavar="LABELS", help="Names of the labels, parted by commas; or code=Name.")],
    as_json: Json = False,
) -> None:
    """Begin a taxonomy of your own: a folder of tables and definitions to go on with."""
    try:
        wanted = convention_new.plan(name, kind, [label.strip() for label in labels.split(",") if label.strip()])
        written = convention_new.write(folder.absolute(), wanted)
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    if as_json:
        listing.as_json([str(path) for path in written])
        return
    for path in written:
        listing.line(str(path))
    screen.say(f"{folder / 'README.md'} says how to go on; `metier taxonomy check {folder}` looks it over")


@app.command(
    epilog="Examples:  metier taxonomy check own/ward      "
    "metier taxonomy check own/ward titles.csv --titles 20 --strict"
)
def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder or name of a taxonomy.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Titles to decide; without it, those that it learns from.")
    ] = None,
    *,
    column: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=HEADER", help="Which column is the title: title=…")
    ] = None,
    titles: Annotated[int, typer.Option(min=0, help="Titles to show of each rule.")] = 3,
    rules: Annotated[int, typer.Option(min=1, help="Rules to show, those that decide most first.")] = 30,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail where lines disagree or a rule is never reached.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show lines that disagree, rules never reached, examples against their rules, and what each rule decides."""
    try:
        found = conventions.checked(conventions.place(folder), file, choices.pairs(column or ()))
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    if as_json:
        listing.as_json(conventions.as_plain(found, titles))
    else:
        conventions.show(found, titles=titles, rules=rules)
    if strict and (found.conflicts or found.hidden):
        raise typer.Exit(FAILED)


@app.command(epilog='Example:  metier taxonomy explain department "Leiterin Einkauf"')
def explain(
    name: Annotated[str, typer.Argument(metavar="TAXONOMY", help="Whose label is explained.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The title, in quotes.")],
    *,
    artifact: Annotated[
        list[str] | None,
        typer.Option(metavar="ARTIFACT", help="Folder of artifacts, or NAME@DIGEST, to ask. Default: what serves."),
    ] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language of the title, where it is known.")] = "",
    as_json: Json = False,
) -> None:
    """Explain an answer: the rule, the words, what adds to each label, and the nearest titles that were learnt."""
    try:
        found = explaining.explained(name, title, language=language, choice=engines.choose(artifact or ()))
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    if as_json:
        listing.as_json(found)
    else:
        explaining.show(found)
