"""`metier retag`: tag again with the present models what was tagged before; look first, undo as a whole."""

import sys
from dataclasses import asdict
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console import database, listing, screen
from console.cli.exits import FAILED, WrongUse
from console.filtering import filtered
from metier.settings import settings

if TYPE_CHECKING:
    from console.retag_preview import Preview
    from storage.engine import Engine
    from storage.filters import Filter
    from storage.retag_runs import Run

_EPILOG = """\b
Examples:
  metier retag --taxonomy seniority --artifact-before 2026-05-03 --dry-run
  metier retag --taxonomy department --unsure --source reliefweb --yes
  metier retag --taxonomy career --untagged --yes         a new tagger, for what came in before it
  metier retag show 7
  metier retag undo 7

A dry run shows how many postings, how long, and what changes on a sample tagged here. Applying makes jobs in the
backfill lane, behind whatever arrives; the scheduler hands them out. Tags that people set stay. Undoing brings back
what stood before, wherever nothing else has changed since.
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, invoke_without_command=True,
    context_settings={"max_content_width": 110}, epilog=_EPILOG,
    help="Tag again what was tagged before: look first, apply, undo as a whole.",
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Number = Annotated[int, typer.Argument(metavar="RUN", help="The number of the run; see metier retag list.")]
Wait = Annotated[bool, typer.Option("--wait", help="End only when the run has ended.")]


@app.callback()
@filtered()
def retag(
    context: typer.Context,
    *,
    wanted: "Filter",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    sample: Annotated[int, typer.Option(min=1, max=20_000, help="Postings that a dry run tags to show changes.")] = 500,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Tag again what was tagged before: look first, apply, undo as a whole."""
    if context.invoked_subcommand:
        return
    from storage import retags

    if not wanted.taxonomies:
        raise WrongUse("name what is to be replaced, for example --taxonomy seniority; repeatable")
    names = sorted(set(wanted.taxonomies))
    wanted = retags.choosing(wanted)
    with database.opened(settings()) as engine:
        if dry_run:
            _dry_run(engine, wanted, names, sample=sample, as_json=as_json)
            return
        run = _begin(engine, wanted, names, yes=yes)
        _go_on(engine, run, wait=wait)
        _report(engine, run, as_json=as_json)


@app.command(epilog="Examples:  metier retag undo 7      metier retag undo 7 --wait")
def undo(run: Number, *, wait: Wait = False, as_json: Json = False) -> None:
    """Bring back what stood before a run; what has changed since is counted and left."""
    from storage import undoing
    from storage.engine import transaction

    with database.opened(settings()) as engine:
        with transaction(engine) as connection:
            number = undoing.begin(connection, run, by=getuser())
        screen.say(f"run {number} undoes run {run}")
        _go_on(engine, number, wait=wait)
        _report(engine, number, as_json=as_json)


@app.command("list", epilog="Example:  metier retag list")
def list_(*, as_json: Json = False) -> None:
    """List the runs that tagged again and those that undid one, the newest first."""
    from storage import retag_runs
    from storage.engine import reading

    with database.opened(settings()) as engine:
        with reading(engine) as connection:
            runs = retag_runs.listed(connection)
        found = [_shown(engine, run) for run in runs]
    if as_json:
        listing.as_json(found)
        return
    listing.table(
        "Runs",
        ("run", "kind", "state", "taxonomies", "postings", "handed out", "still open", "tagged again", "by", "started"),
        [
            (
                str(row["run"]), row["kind"], row["state"], ", ".join(row["taxonomies"]), row["total"], row["done"],
                row.get("open", 0), row.get("retagged", row.get("restored", 0)), row["by"], row["started_at"],
            )
            for row in found
        ],
    )  # fmt: skip


@app.command(epilog="Example:  metier retag show 7")
def show(run: Number, *, as_json: Json = False) -> None:
    """Show how far a run is, and what an undoing restored and left."""
    with database.opened(settings()) as engine:
        _report(engine, run, as_json=as_json)


def _begin(engine: "Engine", wanted: "Filter", names: list[str], *, yes: bool) -> int:
    from storage import retags
    from storage.engine import reading, transaction

    with reading(engine) as connection:
        chosen = retags.choose(connection, wanted, names)
    if not chosen.postings:
        screen.say("no posting fits: nothing to tag again")
        raise typer.Exit(FAILED)
    what = f"{chosen.postings:,} postings get new tags in {', '.join(names)}"
    if not yes and not sys.stdin.isatty():
        raise WrongUse(f"{what}, and nobody can be asked: say --yes, or look with --dry-run")
    if not yes and not typer.confirm(f"{what}. Apply?", err=True):
        screen.say("nothing was changed")
        raise typer.Exit(FAILED)
    with transaction(engine) as connection:
        run = retags.begin(connection, wanted, names, total=chosen.postings, by=getuser())
    screen.say(f"run {run}: {what}; undo it as a whole by `metier retag undo {run}`")
    return run


def _go_on(engine: "Engine", run: int, *, wait: bool) -> None:
    from console import retag_work

    with screen.progress("tagging again") as advance:
        (retag_work.see_through if wait else retag_work.go_on)(engine, run, advance)


def _report(engine: "Engine", number: int, *, as_json: bool) -> None:
    from storage import retag_runs
    from storage.engine import reading

    with reading(engine) as connection:
        run = retag_runs.get(connection, number)
    found = _shown(engine, run)
    if as_json:
        listing.as_json(found)
        return
    for name, value in found.items():
        text = ", ".join(value) if isinstance(value, list) else listing.cell_text(value)
        if isinstance(value, dict):
            text = ", ".join(f"{key} {item}" for key, item in value.items()) or "none"
        listing.line(f"{name:<14} {text}")


def _shown(engine: "Engine", run: "Run") -> dict[str, Any]:  # JSON
    from storage import retag_runs, retags
    from storage.engine import reading

    told: dict[str, Any] = {  # JSON
        "run": run.id, "kind": run.kind, "state": run.state, "taxonomies": run.taxonomies, "total": run.total,
        "done": run.done, "by": run.params.get("by", ""), "started_at": run.started_at, "ended_at": run.ended_at,
    }  # fmt: skip
    if run.kind == retag_runs.UNDO:
        return told | {
            "undoes": run.undoes, "restored": run.checkpoint.get("restored", 0), "left": run.checkpoint.get("left", {})
        }  # fmt: skip
    with reading(engine) as connection:
        stands = retags.progress(connection, run)
    return told | {
        "filter": run.params.get("filter", {}), "open": stands.open, "dead": stands.dead, "retagged": stands.retagged
    }  # fmt: skip


def _dry_run(engine: "Engine", wanted: "Filter", names: list[str], *, sample: int, as_json: bool) -> None:
    from console import engines, retag_preview

    choice = engines.choose([])
    tagging = engines.load(choice, engines.prepare(choice, names), threads=settings().threads)
    found = retag_preview.preview(engine, wanted, names, tagging, most=sample)
    if as_json:
        listing.as_json(asdict(found))
    else:
        _show_preview(found)


def _show_preview(found: "Preview") -> None:
    time = f"about {listing.span(found.seconds)}" if found.seconds is not None else "unknown"
    listing.line(f"{listing.counted(found.postings, 'posting')} would be tagged again; time: {time} ({found.measured})")
    if found.waiting:
        listing.line(f"{found.waiting:,} more wait for their first tags, or are dead, and are left")
    if found.by_people:
        listing.line(f"{found.by_people:,} tags that people set stay")
    if found.failed:
        listing.line(f"{found.failed:,} of the sample cannot be tagged")
    if not found.postings:
        return
    listing.table(
        f"On a sample of {found.sample:,}",
        ("taxonomy", "artifact", "compared", "same", "changed", "becomes sure", "becomes unsure"),
        [
            (row.taxonomy, row.artifact, row.compared, row.same, row.compared - row.same, row.becomes_sure,
             row.becomes_unsure)
            for row in found.taxonomies
        ],
    )  # fmt: skip
    if not found.changes:
        listing.line("no label would change on the sample")
        return
    listing.table(
        "What changes",
        ("taxonomy", "old", "new", "postings", "for example"),
        [(row.taxonomy, row.old or "–", row.new or "–", row.count, " ".join(row.examples)) for row in found.changes],
    )
