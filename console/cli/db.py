"""`metier db`: bring the database to the present schema, check it, save it, bring it back."""

from pathlib import Path
from typing import Annotated

import typer

from console import database, listing, screen
from metier.settings import settings

_EPILOG = """\b
Examples:
  metier db upgrade
  metier db check
  metier db backup metier-2026-05-03.backup
  METIER_DATABASE_URL=postgresql://metier@db/metier metier db restore metier-2026-05-03.backup

\b
A backup is compressed text with a checksum; one taken of SQLite can be restored into Postgres and the other way.
Work may go on while it is taken: it shows one moment. Artifacts are files; keep a copy of their folder too.
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="Bring the database to the present schema, check it, save it, bring it back.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Example:  metier db upgrade")
def upgrade(*, as_json: Json = False) -> None:
    """Make the tables, or bring them to the schema of this version."""
    from storage import migrate

    with database.connected(settings()) as engine:
        before = migrate.current(engine)
        migrate.upgrade(engine)
    after = migrate.newest()
    if as_json:
        listing.as_json({"database": database.shown(settings()), "before": before, "after": after})
    elif before == after:
        listing.line(f"{database.shown(settings())} is at schema {after} already")
    else:
        listing.line(f"{database.shown(settings())} is now at schema {after}; before: {before or 'no tables'}")


@app.command(epilog="Example:  metier db check")
def check(*, as_json: Json = False) -> None:
    """Say whether the database answers, has the schema of this version, and is sound."""
    from storage import check as checks
    from storage import migrate

    with database.opened(settings()) as engine:
        checks.sound(engine)
    if as_json:
        listing.as_json({"database": database.shown(settings()), "schema": migrate.newest(), "sound": True})
    else:
        listing.line(f"{database.shown(settings())}: schema {migrate.newest()}, sound")


@app.command(epilog="Example:  metier db backup metier.backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not be there.")],
    *,
    as_json: Json = False,
) -> None:
    """Save all rows into a file."""
    from storage import backup as backups

    with database.opened(settings()) as engine, screen.progress("saving") as advance:
        counts = backups.backup(engine, file, progress=lambda _table, rows: advance(rows, None))
    _tell("saved in", file, counts, as_json=as_json)


@app.command(epilog="Example:  METIER_HOME=new metier db restore metier.backup")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `metier db backup` wrote.")],
    *,
    as_json: Json = False,
) -> None:
    """Bring a backup into an empty database."""
    from storage import backup as backups

    with database.connected(settings()) as engine, screen.progress("restoring") as advance:
        counts = backups.restore(engine, file, progress=lambda _table, rows: advance(rows, None))
    _tell("restored from", file, counts, as_json=as_json)


def _tell(what: str, file: Path, counts: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        listing.as_json({"file": str(file), "rows": counts})
        return
    listing.line(f"{sum(counts.values()):,} rows {what} {file} ({file.stat().st_size / 1e6:,.1f} MB)")
    listing.table("Rows", ("table", "rows"), [(name, count) for name, count in sorted(counts.items()) if count])
