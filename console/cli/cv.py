"""`metier cv`: whose positions there are, where each person stands, and what became of each file."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from console import database, listing
from console.cli.exits import WrongUse
from metier.settings import settings

if TYPE_CHECKING:
    from storage.answers import Answer

_EPILOG = """\b
Examples:
  metier cv list
  metier cv list --json
  metier cv show cvs:5f0c2b7a9d1e4c33
  metier cv files                    which file has which id, read or set aside: it is said here alone
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="See whose positions there are and where each person stands.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
_AT_ONCE = 500


@app.command("list", epilog="Examples:  metier cv list --source cvs      metier cv list --json")
def list_(
    *,
    source: Annotated[str, typer.Option(metavar="NAME", help="Only of this source.")] = "",
    after: Annotated[str, typer.Option(metavar="ID", help="Only those behind this one, in the order of ids.")] = "",
    most: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many.")] = 1000,
    as_json: Json = False,
) -> None:
    """List CVs with the current seniority and department of their person."""
    from console.people import Person, as_row, person
    from storage import positions
    from storage.engine import reading

    today, found = datetime.now(UTC).date(), list[Person]()
    with database.opened(settings()) as engine:
        while len(found) < most:
            with reading(engine) as connection:
                refs = positions.cvs(connection, most=min(_AT_ONCE, most - len(found)), after=after, source=source)
                held = positions.held(connection, refs)
            if not refs:
                break
            found += [person(ref, held.get(ref, []), today=today) for ref in refs]
            after = refs[-1]
    if as_json:
        listing.as_json([as_row(one) for one in found])
        return
    listing.table(
        "CVs",
        ("cv", "positions", "seniority", "department", "by", "because"),
        [
            (one.cv, one.positions, _said(one.seniority), _said(one.department), one.by.title if one.by else "",
             one.because)
            for one in found
        ],
    )  # fmt: skip


@app.command(epilog="Example:  metier cv show cvs:5f0c2b7a9d1e4c33")
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The CV: SOURCE:ID, or ID alone for the source cvs.")],
    *,
    as_json: Json = False,
) -> None:
    """Show the positions of one CV and where its person stands."""
    from console.people import as_row, person
    from storage import positions
    from storage.engine import reading

    ref = id_ if ":" in id_ else f"cvs:{id_}"
    with database.opened(settings()) as engine, reading(engine) as connection:
        held = positions.held(connection, [ref]).get(ref)
    if held is None:
        raise WrongUse(f"there is no CV {ref}; see `metier cv list`")
    now = person(ref, held, today=datetime.now(UTC).date())
    if as_json:
        listing.as_json({**as_row(now), "held": held})
        return
    listing.line(f"{ref}: {_said(now.seniority) or 'no seniority'}, {_said(now.department) or 'no department'}")
    listing.line(f"  {now.because}" + (f": {now.by.title}" if now.by else ""))
    listing.table(
        "Positions",
        ("from", "to", "title", "organisation", "seniority", "department", "note"),
        [
            (one.started, "today" if one.ongoing else one.ended, one.title, one.company,
             _said(one.tags.get("seniority")), _said(one.tags.get("department")),
             ", ".join(word for word, so in (("side function", one.side), ("no longer in the CV", one.gone)) if so))
            for one in held
        ],
    )  # fmt: skip


@app.command(epilog="Example:  metier cv files")
def files(*, as_json: Json = False) -> None:
    """Show each file of the folder with its id and what became of it; names are in the folder alone, not in rows."""
    from scheduler.sources.cvs import called
    from storage import sources
    from storage.engine import reading

    folder = settings().cvs
    if folder is None or not folder.is_dir():
        raise WrongUse("METIER_CVS names no folder that is there")
    with database.opened(settings()) as engine, reading(engine) as connection:
        state = sources.find(connection, "cvs")
    cursor, said = ({}, []) if state is None else (state.cursor, list(state.bad_last))
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        id_ = called(str(path.relative_to(folder)))
        faults = [message.partition(": ")[2] for message in said if message.startswith(id_)]
        word = ("set aside" if faults else "read") if cursor.get(id_, {}).get("done") else "not read yet"
        found.append({"file": str(path.relative_to(folder)), "id": id_, "is": word, "says": "; ".join(faults)})
    if as_json:
        listing.as_json(found)
    else:
        rows = [(row["file"], row["id"], row["is"], row["says"]) for row in found]
        listing.table("Files", ("file", "id", "is", "says"), rows)


def _said(answer: "Answer | None") -> str:
    return "" if answer is None else f"{answer.code}{'' if answer.sure else ' ?'}"
