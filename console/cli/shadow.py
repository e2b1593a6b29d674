"""`metier shadow`: let a candidate tag beside the champion, and see what would change."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console import choices, database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.settings import settings

if TYPE_CHECKING:
    from storage.shadow_reports import Report
    from storage.shadows import Shadow

_EPILOG = """\b
Examples:
  metier shadow start seniority 0123456789ab --share 0.2
  metier shadow report
  metier shadow stop seniority

The candidate tags a share of the postings in the same workers; nobody's tags depend on what it says. Its answers are
kept for 30 days. It costs about as much again, on its share, as the champion's head.
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="Let a candidate tag beside the champion, and see what would change.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Example:  metier shadow start seniority 0123456789ab --share 0.2")
def start(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The taxonomy, which is also the artifact's name.")],
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Of the candidate; a beginning is enough.")],
    *,
    share: Annotated[float, typer.Option(min=0.0001, max=1, help="On which share of the postings.")] = 0.1,
    as_json: Json = False,
) -> None:
    """Let a candidate tag along from the next batch on, in place of any other of its name."""
    from pipelines import artifact, taggers
    from storage import artifacts, shadows
    from storage.engine import transaction

    choices.one_of("NAME", name, sorted(taggers.registry()))
    root = settings().artifact_folder
    found = sorted(path.parent.name for path in (root / name).glob(f"{digest}*/{artifact.MANIFEST}"))
    if len(found) != 1:
        raise WrongUse(f"{len(found)} artifacts {name}@{digest} lie in {root}: see `metier artifacts list`")
    artifact.find(root, name, found[0])
    with database.opened(settings()) as engine, transaction(engine) as connection:
        if artifacts.champions(connection).get(name) == found[0]:
            raise WrongUse(f"{name}@{found[0][:12]} is the champion itself: name a candidate")
        artifacts.register(connection, name, found[0], by="shadow", reason="tags beside the champion")
        shadows.start(connection, name, found[0], share=share)
    if as_json:
        listing.as_json({"name": name, "digest": found[0], "share": share})
    else:
        listing.line(f"{name}@{found[0][:12]} tags along on {share:.0%} of the postings; see `metier shadow report`")


@app.command(epilog="Example:  metier shadow stop seniority")
def stop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the candidate.")], *, as_json: Json = False
) -> None:
    """Let a candidate tag no more; what it said stays to be read."""
    from storage import shadows
    from storage.engine import transaction

    with database.opened(settings()) as engine, transaction(engine) as connection:
        stopped = shadows.stop(connection, name)
    if as_json:
        listing.as_json({"name": name, "stopped": stopped})
    elif stopped:
        listing.line(f"{name}: the candidate tags no more")
    if not stopped:
        screen.say(f"{name}: no candidate tags along")
        raise typer.Exit(FAILED)


@app.command(epilog="Examples:  metier shadow report      metier shadow report seniority --examples 10 --json")
def report(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Only this candidate.")] = "",
    *,
    examples: Annotated[int, typer.Option(min=0, max=100, help="Postings shown for each change.")] = 3,
    as_json: Json = False,
) -> None:
    """Show agreement, changes by label, scores, cost and what went wrong."""
    from storage import shadow_reports, shadows
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        found = [
            (shadow, shadow_reports.report(connection, shadow, examples=examples))
            for shadow in shadows.listed(connection)
            if name in ("", shadow.name)
        ]
    if as_json:
        listing.as_json([_told(*pair) for pair in found])
    elif not found:
        listing.line("no candidate tags along: start one with `metier shadow start NAME DIGEST`")
    else:
        for pair in found:
            _show(*pair)


def _told(shadow: "Shadow", found: "Report") -> dict[str, Any]:  # JSON
    return {
        **asdict(shadow), "agreement": _share(found.agreed, found.compared),
        "cost_ratio": _share(shadow.seconds, shadow.champion_seconds), **asdict(found),
    }  # fmt: skip


def _show(shadow: "Shadow", found: "Report") -> None:
    state = f"put aside: {shadow.error}" if shadow.error else "stopped" if shadow.stopped_at else "tags along"
    cost = _share(shadow.seconds, shadow.champion_seconds)
    for name, value in {
        "candidate": f"{shadow.artifact}, on {shadow.share:.0%} of the postings",
        "since": f"{shadow.started_at:%Y-%m-%d %H:%M}",
        "state": state,
        "compared": f"{found.compared:,} postings",
        "agreement": _percent(found.agreed, found.compared),
        "sure": f"{_percent(found.sure, found.compared)}, the champion {_percent(found.champion_sure, found.compared)}",
        "score": f"{found.score:.3f} on average, the champion {found.champion_score:.3f}",
        "cost": "not known" if cost is None else f"{cost:.2f} times the champion's, vectors that are there not counted",
        "people": f"{found.right:,} of {found.judged:,} as people say, the champion {found.champion_right:,}"
        if found.judged
        else "nobody has said of these what is right: metier correct",
    }.items():
        listing.line(f"{name:<10} {value}")
    if not found.changes:
        listing.line("no label would change" if found.compared else "nothing was compared yet")
        return
    listing.table(
        "What would change",
        ("champion", "candidate", "postings", "for example"),
        [
            (
                change.old or "–",
                change.new,
                change.count,
                "; ".join(f"{e.ref} {e.title} {e.url}" for e in change.examples),
            )
            for change in found.changes
        ],
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _percent(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "–"
