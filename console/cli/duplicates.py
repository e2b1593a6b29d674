"""`metier duplicates`: which postings are about one job, on several boards or again and again."""

from typing import Annotated

import typer

from console import database, listing
from console.cli.exits import WrongUse
from metier.settings import settings

_EPILOG = """\b
Examples:
  metier duplicates list
  metier duplicates show reliefweb:4021337
  metier duplicates show 1042 --json

Postings with a body are compared by their words, title, company and place; a cluster goes by the number of its first
posting, as `cluster` in the export. Same text, other title, level, employer or town: another job.
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="See which postings are about one job, on several boards or again and again.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list", epilog="Example:  metier duplicates list --most 10 --json")
def list_(
    *,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the largest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List clusters of near-duplicates, the largest first."""
    from storage import cluster_lists
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        found = cluster_lists.largest(connection, most=most)
    if as_json:
        listing.as_json(found)
        return
    listing.table(
        "Near-duplicates",
        ("cluster", "postings", "first", "title", "company", "location"),
        [(str(one.cluster), one.postings, one.ref, one.title, one.company, one.location) for one in found],
    )


@app.command(epilog="Examples:  metier duplicates show 1042      metier duplicates show reliefweb:4021337 --json")
def show(
    which: Annotated[str, typer.Argument(metavar="CLUSTER|SOURCE:KEY", help="A cluster, or a posting in it.")],
    *,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the first ones first.")] = 1000,
    as_json: Json = False,
) -> None:
    """Show the postings of one cluster."""
    from storage import cluster_lists, erasing
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        if which.isdecimal():
            clusters = [int(which)]
        elif ":" in which:
            clusters = cluster_lists.holding(connection, erasing.of_refs(connection, [which]))
        else:
            raise WrongUse(f"{which}: give the number of a cluster, or a posting as SOURCE:KEY")
        found = cluster_lists.members(connection, clusters[0], most=most) if clusters else []
    if not found:
        raise WrongUse(f"{which}: is in no cluster; only postings with a body are compared, once they are tagged")
    if as_json:
        listing.as_json({"cluster": clusters[0], "postings": found})
        return
    listing.table(
        f"Cluster {clusters[0]}",
        ("posting", "ref", "title", "company", "location", "published", "gone", "url"),
        [
            (str(one.posting), one.ref, one.title, one.company, one.location, one.published, one.gone, one.url)
            for one in found
        ],
    )
