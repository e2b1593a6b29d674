"""`metier jobs`: look at jobs, try dead ones again, cancel open ones."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from console import choices, database, listing, screen, showing
from console.cli.exits import FAILED, WrongUse
from console.filtering import filtered
from metier.fields import Known
from metier.settings import settings
from metier.types import JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage import job_lists
    from storage.engine import Connection
    from storage.filters import Filter

_EPILOG = """\b
Examples:
  metier jobs list --state dead
  metier jobs show 1042
  metier jobs replay --cause rejected
  metier jobs cancel 1042 1043
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="Look at jobs, try dead ones again, cancel open ones.", epilog=_EPILOG,
)  # fmt: skip

_AT_ONCE = 1000
_STATES = [state.value for state in JobState]
_ONLY = {"replayed": "dead and of the present revision", "cancelled": "open"}

State = Annotated[list[str] | None, typer.Option(help=f"{', '.join(_STATES)}; repeatable.")]
Cause = Annotated[list[str] | None, typer.Option(help="Why it is dead or cancelled; repeatable. See metier status.")]
Run = Annotated[int | None, typer.Option(metavar="RUN", help="Only those that this run made; see metier retag list.")]
Ref = Annotated[str, typer.Option(metavar="SOURCE:KEY", help="Only of this posting.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list", epilog="Example:  metier jobs list --state dead --cause rejected --json")
@filtered()
def list_(
    *,
    wanted: "Filter",
    state: State = None,
    cause: Cause = None,
    ref: Ref = "",
    run: Run = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    from storage import job_lists
    from storage.engine import reading

    chosen = job_lists.Filter(states=_states(state), causes=cause or (), ref=_ref(ref), run=run, postings=wanted)
    with database.opened(settings()) as engine, reading(engine) as connection:
        found = job_lists.find(connection, chosen, most=most)
    if as_json:
        listing.as_json(found)
        return
    listing.table(
        "Jobs",
        ("id", "task", "posting", "revision", "lane", "state", "attempts", "cause", "created"),
        [
            (str(job.id), job.task, job.ref, job.revision, job.lane, job.state, job.attempts, job.cause, job.created_at)
            for job in found
        ],
    )


@app.command(epilog="Example:  metier jobs show 1042")
def show(
    id_: Annotated[int, typer.Argument(metavar="ID", help="The number of the job.")], *, as_json: Json = False
) -> None:
    """Show everything about one job: what is known of it, and the fields of its posting with their evidence."""
    from dataclasses import asdict

    from storage import clusters, fields, job_lists
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        found = job_lists.find(connection, job_lists.Filter(ids=[id_]), most=1)
        posting = found[0].subject if found and found[0].task == "tag" else 0
        known, evidence = fields.of(connection, [posting]).get(posting, (Known(), {}))
        cluster = clusters.of(connection, posting)
    if not found:
        raise WrongUse(f"there is no job {id_}; finished ones are kept for {settings().keep_done.days} days")
    told = showing.nested(known)
    if as_json:
        listing.as_json(asdict(found[0]) | {"fields": told, "evidence": evidence, "cluster": cluster})
        return
    for name, value in {**asdict(found[0]), "cluster": cluster}.items():
        listing.line(f"{name:<12} {listing.cell_text(value)}")
    for name, value in told.items():
        listing.line(f"{name:<12} {showing.line(value)}{showing.said(evidence.get(name))}")


@app.command(
    epilog="Examples:  metier jobs replay 1042      metier jobs replay --cause rejected      metier jobs replay --all"
)
@filtered()
def replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="The numbers of the jobs.")] = None,
    *,
    wanted: "Filter",
    cause: Cause = None,
    run: Run = None,
    every: Annotated[bool, typer.Option("--all", help="All dead jobs.")] = False,
    as_json: Json = False,
) -> None:
    """Give dead jobs all their attempts again; those of outdated revisions stay dead."""
    from storage import jobs

    chosen = _chosen(ids, [JobState.DEAD], wanted, cause=cause, run=run, every=every)
    found, changed = _change(chosen, jobs.replay)
    _tell("replayed", found=found, changed=changed, wanted=len(ids or ()), as_json=as_json)


@app.command(epilog="Examples:  metier jobs cancel 1042      metier jobs cancel --source feed")
@filtered()
def cancel(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="The numbers of the jobs.")] = None,
    *,
    wanted: "Filter",
    run: Run = None,
    every: Annotated[bool, typer.Option("--all", help="All open jobs.")] = False,
    reason: Annotated[str, typer.Option(help="Kept with the jobs.")] = "cancelled by hand",
    as_json: Json = False,
) -> None:
    """Cancel open jobs; the tags that their postings have stay."""
    from storage import jobs

    chosen = _chosen(ids, [JobState.READY, JobState.LEASED], wanted, run=run, every=every)
    found, changed = _change(chosen, partial(jobs.cancel, reason=reason))
    _tell("cancelled", found=found, changed=changed, wanted=len(ids or ()), as_json=as_json)


def _chosen(
    ids: list[int] | None,
    states: list[JobState],
    wanted: "Filter",
    *,
    cause: list[str] | None = None,
    run: int | None = None,
    every: bool,
) -> "job_lists.Filter":
    """Return which jobs are meant; all of them only where that was said."""
    from storage import filters, job_lists

    if not (ids or cause or every or run is not None or wanted != filters.ANY):
        by = "--cause, --source or --all" if states == [JobState.DEAD] else "--source or --all"
        raise WrongUse(f"name jobs by id, or say {by}, or another option that chooses")
    return job_lists.Filter(ids=ids or (), states=states, causes=cause or (), run=run, postings=wanted)


def _change(chosen: "job_lists.Filter", change: "Callable[[Connection, Sequence[int]], int]") -> tuple[int, int]:
    """Do it to all of them, a thousand in a transaction; return how many were found and changed."""
    from storage import job_lists
    from storage.engine import transaction

    found, changed, before = 0, 0, None
    with database.opened(settings()) as engine:
        while True:
            with transaction(engine) as connection:
                part = [job.id for job in job_lists.find(connection, chosen, most=_AT_ONCE, before=before)]
                changed += change(connection, part)
            if not part:
                return found, changed
            found, before = found + len(part), part[-1]


def _tell(what: str, *, found: int, changed: int, wanted: int, as_json: bool) -> None:
    if as_json:
        listing.as_json({"found": found, what: changed})
    else:
        listing.line(
            f"{changed:,} jobs {what}" + (f", {found - changed:,} left as they are" if found > changed else "")
        )
    if wanted and changed < wanted:
        screen.say(f"{wanted - changed:,} of the named jobs are not {_ONLY[what]}: see `metier jobs show ID`")
        raise typer.Exit(FAILED)


def _states(given: list[str] | None) -> list[JobState]:
    return [JobState(choices.one_of("--state", state, _STATES)) for state in given or ()]


def _ref(given: str) -> str:
    if given and ":" not in given:
        raise WrongUse(f"--ref {given}: write SOURCE:KEY, for example --ref reliefweb:4021337")
    return given
