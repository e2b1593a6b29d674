"""`metier tags`: the tags of a posting now or at a moment, with their reasons; and lists of tags by the filter."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console import database, listing
from console.cli.exits import WrongUse
from console.filtering import filtered, moment
from metier.settings import settings

if TYPE_CHECKING:
    from storage.filters import Filter
    from storage.tag_times import Described, Stood

_EPILOG = """\b
Examples:
  metier tags show reliefweb:4021337
  metier tags show reliefweb:4021337 --at 2026-05-03
  metier tags list --taxonomy seniority --score-below 0.6 --source cvs
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="See the tags of a posting, now or at a moment, and why; list tags.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Examples:  metier tags show reliefweb:4021337      metier tags show cvs:17 --at 2026-05-03 --json")
def show(
    ref: Annotated[str, typer.Argument(metavar="SOURCE:KEY", help="The posting.")],
    *,
    at: Annotated[str, typer.Option(metavar="DATE", help="As they stood then; of a day, at its end.")] = "",
    history: Annotated[
        bool, typer.Option("--history", help="All tags that it ever had, with when they stood.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what a posting is tagged with, by which artifact, and why."""
    from storage import tag_times
    from storage.engine import reading

    if ":" not in ref:
        raise WrongUse(f"{ref}: write SOURCE:KEY, for example reliefweb:4021337")
    when = _end(at) if at else datetime.now(UTC)
    with database.opened(settings()) as engine, reading(engine) as connection:
        posting = tag_times.posting(connection, ref)
        every = tag_times.all_of(connection, posting.id)
    found = every if history else tag_times.at(every, when) if at else [tag for tag in every if tag.until is None]
    if as_json:
        listing.as_json({"posting": asdict(posting), "at": when, "tags": [asdict(tag) for tag in found]})
    else:
        _show(posting, found)


@app.command("list", epilog="Example:  metier tags list --taxonomy seniority --unsure --language de --json")
@filtered("untagged")
def list_(
    *,
    wanted: "Filter",
    most: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many, the newest postings first.")] = 50,
    as_json: Json = False,
) -> None:
    """List the tags that stand, of the postings that the options choose."""
    from storage import tag_times
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        found = tag_times.find(connection, wanted, most=most)
    if as_json:
        listing.as_json(found)
        return
    listing.table(
        "Tags",
        ("posting", "title", "taxonomy", "code", "score", "sure", "origin", "artifact", "tagged"),
        [
            (row.ref, row.title, row.taxonomy, row.code, row.score, row.sure, row.origin, row.artifact, row.tagged_at)
            for row in found
        ],
    )


def _end(given: str) -> datetime:
    """Return the moment that is meant; a day means its end."""
    found = moment("--at", given)
    return found if len(given) > len("2026-05-03") else found + timedelta(days=1) - timedelta(microseconds=1)


def _show(posting: "Described", found: "list[Stood]") -> None:
    listing.line(f"{posting.ref}  {posting.title}")
    listing.line(
        f"{posting.kind}, revision {posting.revision} of {posting.changed_at:%Y-%m-%d %H:%M} {posting.url}".rstrip()
    )
    listing.table(
        "Tags",
        ("taxonomy", "code", "score", "sure", "origin", "artifact", "run", "since", "until", "because"),
        [
            (tag.taxonomy, tag.code, tag.score, tag.sure, tag.origin, tag.artifact, str(tag.run or ""), tag.since,
             tag.until, because(tag.evidence))
            for tag in found
        ],
    )  # fmt: skip
    if not found:
        listing.line("no tag stood then")


def because(evidence: Mapping[str, Any]) -> str:  # JSON
    """Return evidence as people read it: the rule, the words, the nearest examples, whatever else a tagger gives."""
    parts = []
    for name, value in evidence.items():
        items = value if isinstance(value, list) else [value]
        said = ", ".join(_item(item) for item in items)
        if said:
            parts.append(f"{name}: {said}")
    return "; ".join(parts)


def _item(item: object) -> str:
    if isinstance(item, Mapping):
        return " ".join(str(value) for value in item.values())
    if isinstance(item, list):
        return " ".join(str(value) for value in item)
    return str(item)
