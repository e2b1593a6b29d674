"""`metier sources`: where postings come from: what each reads and on what terms, whether it answers, a poll by hand."""

import textwrap
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console import database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.errors import ConfigError, MetierError, SourceChanged, SourceRefused, Transient
from metier.settings import settings

if TYPE_CHECKING:
    from scheduler.sources import Source
    from storage.engine import Engine
    from storage.sources import SourceState

_EPILOG = """\b
Examples:
  metier sources list                      what each reads, on what terms, how it is switched on
  metier sources check                     asks each that is on, and says what to do about a fault
  metier sources poll reliefweb --dry-run
  metier sources poll greenhouse:acme      a board that sources.toml names
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="See where postings come from, check it, poll by hand.", epilog=_EPILOG,
)  # fmt: skip

_SHOWN = 10
_WIDE = 100
_QUOTED = 300
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list", epilog="Example:  metier sources list --json")
def list_(*, as_json: Json = False) -> None:
    """Show the card of each source, whether it is on, and how it stands."""
    from scheduler import sources
    from storage import quotas
    from storage.engine import reading

    found = [
        {"name": name, "kind": kind, "on": on, **asdict(sources.card(kind))}
        for kind in sources.names()
        for name, on in [(name, True) for name in _sources_of(kind)] or [(kind, False)]
    ]
    file = database.sqlite_file(settings())
    if file is None or file.exists():  # the cards are there to be read before anything is set up
        with database.opened(settings()) as engine, reading(engine) as connection:
            used = quotas.used_today(connection)
            found = [
                row | _standing(engine, row["name"]) | {"calls_today": used.get(f"calls {row['name']}", 0.0)}
                for row in found
            ]
    if as_json:
        listing.as_json(found)
    else:
        for kind, rows in groupby(found, key=itemgetter("kind")):
            _show_card(kind, list(rows))
    sources.planned(settings())  # says what is wrong with sources.toml; the cards were shown all the same


def _show_card(kind: str, rows: Sequence[Mapping[str, Any]]) -> None:  # Any: a row of the list
    """Show what a kind of source reads, once, and how each of its boards stands."""
    [alone] = rows if rows[0]["name"] == kind else [None]
    boards = f"{len(rows)} board{'s' if len(rows) > 1 else ''}"
    listing.line(f"{kind}: {boards if alone is None else _says(alone)}")
    for word in ("reads", "terms", "quota", "switch"):
        for number, line in enumerate(textwrap.wrap(rows[0][word], _WIDE)):
            listing.line(f"  {'' if number else word:<8}{line}")
    for row in rows if alone is None else ():
        listing.line(f"  {row['name']}: {_says(row)}")


@app.command(epilog="Examples:  metier sources check      metier sources check reliefweb")
def check(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Default: each that is on.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Ask sources once, saving nothing, and say of each in one line how it is and what to do."""
    from scheduler import sources

    if name:
        _known(name)
    kinds = [name.partition(":")[0]] if name else sources.names()
    wanted = [each for kind in kinds for each in _sources_of(kind) or [kind] if name in ("", kind, each)]
    with database.opened(settings()) as engine:
        found = [_checked(engine, each) for each in wanted]
    if as_json:
        listing.as_json(found)
    else:
        listing.table("Sources", ("name", "is", "says"), [(row["name"], row["is"], row["says"]) for row in found])
    if any(row["is"] not in ("ok", "off") for row in found) or (name and found[0]["is"] == "off"):
        raise typer.Exit(FAILED)


@app.command(epilog="Examples:  metier sources poll reliefweb      metier sources poll files --dry-run")
def poll(
    name: Annotated[str, typer.Argument(metavar="NAME", help="files, greenhouse:acme, …: see metier sources list.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the first page and save nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Read what is new in a source now; after a refusal this also lets the scheduler poll it again."""
    from scheduler import sources

    _known(name)
    source = sources.load(name, settings())
    if source is None:
        of_kind = [one.name for one in sources.each(name, settings())]
        raise WrongUse(
            f"name one of {', '.join(of_kind)}" if of_kind else f"{name} is off. {sources.card(name).switch}"
        )
    with database.opened(settings()) as engine:
        if dry_run:
            _show_first(engine, source, as_json=as_json)
            return
        found = _polled(engine, source)
    listing.as_json(found) if as_json else listing.line(f"{name}: {found['says']}")


def _polled(engine: "Engine", source: "Source") -> dict[str, Any]:  # JSON
    from scheduler import poll as polling
    from scheduler.work import Counts
    from storage import sources as standing
    from storage.engine import transaction

    counts = Counts()
    with screen.progress(f"polling {source.name}") as advance:

        def told() -> bool:
            advance(int(sum(counts.all().values())), None)
            return False

        try:
            found = polling.poll(engine, source, hold=lambda connection: None, enough=told, counts=counts)
        except SourceRefused as error:
            with transaction(engine) as connection:
                standing.refuse(connection, source.name, str(error))
            raise
        except Transient as error:
            if error.after is not None:  # the scheduler, too, leaves it alone so long
                with transaction(engine) as connection:
                    standing.fail(connection, source.name, str(error), after=error.after.total_seconds())
            raise
    with transaction(engine) as connection:
        standing.allow(connection, source.name)
        standing.succeed(connection, source.name)
    return {"name": source.name, **asdict(found.ingested), "bad": found.bad, "says": str(found)}


def _show_first(engine: "Engine", source: "Source", *, as_json: bool) -> None:
    with closing(source.pages(_cursor(engine, source.name))) as pages:
        page = next(pages, None)
    postings = [] if page is None else list(page.postings)
    bad = [] if page is None else list(page.bad)
    if as_json:
        listing.as_json({"name": source.name, "postings": postings, "bad": bad})
        return
    listing.line(
        f"{source.name}: {listing.counted(len(postings), 'posting')} on the first page, {len(bad):,} set aside; "
        "nothing is saved"
    )
    for posting in postings[:_SHOWN]:
        listing.line(f"  {posting.ref}  {posting.title}" + (f", {posting.company}" if posting.company else ""))
    if len(postings) > _SHOWN:
        listing.line(f"  … and {len(postings) - _SHOWN:,} more")
    for reason in bad[:_SHOWN]:
        screen.say(reason)


def _checked(engine: "Engine", name: str) -> dict[str, str]:
    from scheduler import sources
    from scheduler.work import described

    try:
        source = sources.load(name, settings())
        if source is None:
            return {"name": name, "is": "off", "says": sources.card(name).switch}
        with closing(source.pages(_cursor(engine, name))) as pages:
            page = next(pages, None)
    except MetierError as error:
        words = {Transient: "unavailable", SourceRefused: "refused", SourceChanged: "changed"}
        word = next((word for kind, word in words.items() if isinstance(error, kind)), "wrong")
        return {"name": name, "is": word, "says": str(error).removeprefix(f"{name}: ")}
    except Exception as error:  # noqa: BLE001  whatever a source makes of an odd answer
        return {"name": name, "is": "broken", "says": f"{described(error)}; please report it"}
    refused = _standing(engine, name)["refused"]
    if refused:
        says = f"it answers now, but polling stopped: {refused}. `metier sources poll {name}` starts it again"
        return {"name": name, "is": "stopped", "says": says}
    postings, bad = (0, []) if page is None else (len(page.postings), list(page.bad))
    first = f": {bad[0][:_QUOTED]}" if bad else ""
    says = f"answers: {listing.counted(postings, 'posting')} on the first page, {len(bad):,} set aside{first}"
    return {"name": name, "is": "ok", "says": says}


def _standing(engine: "Engine", name: str) -> dict[str, Any]:  # JSON
    state = _state(engine, name)
    if state is None:
        return {"state": "never polled", "last_ok": None, "refused": None, "error": None, "bad": 0}
    return {
        "state": state.word, "last_ok": state.last_ok, "refused": state.refused, "error": state.last_error,
        "bad": state.bad,
    }  # fmt: skip


def _cursor(engine: "Engine", name: str) -> Mapping[str, Any]:  # JSON
    state = _state(engine, name)
    return {} if state is None else state.cursor


def _state(engine: "Engine", name: str) -> "SourceState | None":
    from storage import sources as standing
    from storage.engine import reading

    with reading(engine) as connection:
        return standing.find(connection, name)


def _says(row: Mapping[str, Any]) -> str:
    on = "on" if row["on"] else "off"
    if "state" not in row:
        return on
    last = "" if row["last_ok"] is None else f", last good poll {row['last_ok']:%Y-%m-%d %H:%M} UTC"
    calls = f", {listing.counted(round(row['calls_today']), 'call')} today" if row["calls_today"] else ""
    aside = f", {listing.counted(row['bad'], 'row')} set aside" if row["bad"] else ""
    fault = f"\n  fault   {row['refused'] or row['error']}" if row["refused"] or row["error"] else ""
    return f"{on}, {row['state']}{last}{calls}{aside}{fault}"


def _sources_of(kind: str) -> list[str]:
    """Return the names of the sources of a kind; none where its settings are wrong, which a check says."""
    from scheduler import sources

    try:
        return [one.name for one in sources.each(kind, settings())]
    except ConfigError:
        return []


def _known(name: str) -> None:
    from scheduler import sources

    kind = name.partition(":")[0]
    if kind not in sources.names():
        raise WrongUse(f"there is no source {name!r}; there are {', '.join(sources.names())}")
    if name != kind and name not in (there := [one.name for one in sources.each(kind, settings())]):
        others = f"there are {', '.join(there)}" if there else "write a table for it"
        raise WrongUse(f"sources.toml names no {name}; {others}")
