"""`metier artifacts promote|rollback|diff|history`: who serves, why, and what would change."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from console import database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.settings import settings

if TYPE_CHECKING:
    from console.champion import Moved

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Which = Annotated[str, typer.Argument(metavar="NAME@DIGEST", help="An artifact; the beginning of its digest will do.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="seniority, department, career …")]

_SHOWN = 30
_DIGEST = 64


def promote(
    which: Which,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the history.")] = "",
    despite_gate: Annotated[
        str, typer.Option("--despite-gate", metavar="REASON", help="Do not ask the gate; say why not.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Let a candidate serve, if the gate finds it no worse than what serves now."""
    from console import champion
    from console.cli.train import who

    name, digest = _parts(which)
    with database.opened(settings()) as engine:
        found = champion.find(settings().artifact_folder, engine, name, digest)
        if despite_gate:
            moved = champion.promote_despite_gate(engine, settings(), found, by=who(), reason=despite_gate)
        else:
            moved = champion.promote(engine, settings(), found, by=who(), reason=reason)
    _tell(moved, as_json=as_json)


def rollback(
    name: Name,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the history.")] = "",
    as_json: Json = False,
) -> None:
    """Let serve again what served before; workers switch with their next batch."""
    from console import champion
    from console.cli.train import who

    with database.opened(settings()) as engine:
        moved = champion.roll_back(engine, settings(), name, by=who(), reason=reason)
    _tell(moved, as_json=as_json)


def threshold(
    name: Name,
    score: Annotated[float, typer.Argument(metavar="SCORE", min=0, max=1, help="From which score an answer is sure.")],
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the history.")] = "",
    as_json: Json = False,
) -> None:
    """Let answers count as sure from this score on, as `metier evaluate --precision` advised; it can be rolled back."""
    from console import thresholds
    from console.cli.train import make_database, who

    make_database()
    with database.opened(settings()) as engine:
        moved = thresholds.move(engine, settings(), name, score, by=who(), reason=reason)
    _tell(moved, as_json=as_json)
    if not as_json:
        screen.say(f"tags of before: metier retag --taxonomy {name} --artifact {name}@{moved.before[:12]} --dry-run")


def diff(
    which: Which,
    other: Annotated[
        str, typer.Argument(metavar="[NAME@DIGEST]", help="What to compare with; without it, what serves.")
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """Compare two artifacts: manifest, metrics, thresholds, and their answers to the reference titles."""
    from console import artifact_diff, champion
    from storage import artifacts
    from storage.engine import reading

    root = settings().artifact_folder
    name, digest = _parts(which)
    with database.opened(settings()) as engine:
        one = champion.find(root, engine, name, digest)
        if other:
            second = champion.find(root, engine, *_parts(other))
        else:
            with reading(engine) as connection:
                champions = artifacts.champions(connection)
            serves = artifact_diff.serving(root, name, champions)
            if serves is None:
                raise WrongUse(f"nothing serves as {name}: name what to compare with")
            second = serves
    if one.name != second.name:
        raise WrongUse(f"{one.name} and {second.name} are taught different labels: compare two of one name")
    found = artifact_diff.diff(root, one, second, threads=settings().threads)
    if as_json:
        listing.as_json(found)
        return
    rows = [(key, _brief(left), _brief(right)) for key, (left, right) in found.told.items()]
    listing.table("Manifest", ("what", found.one, found.other), rows)
    listing.line(
        f"{len(found.answers)} of {found.titles} reference titles are answered differently; "
        f"right: {found.right[0]} and {found.right[1]}"
    )
    answers = [(answer.title, answer.truth, answer.one, answer.other) for answer in found.answers[:_SHOWN]]
    if answers:
        listing.table("Answers", ("title", "right", found.one, found.other), answers)


def history(name: Name, *, as_json: Json = False) -> None:
    """Show who let what serve, when and why, and what the gate said of each candidate."""
    from storage import artifact_moves, verdicts
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        moves = artifact_moves.of(connection, name)
        said = verdicts.of(connection, name)
    if as_json:
        listing.as_json({"moves": moves, "verdicts": said})
        return
    listing.table(
        "Moves", ("at", "serves", "before", "how", "by", "why"),
        [(move.at, move.digest[:12], move.before[:12], move.how, move.by, move.reason) for move in moves],
    )  # fmt: skip
    listing.table(
        "Verdicts", ("at", "candidate", "champion", "gate", "why"),
        [
            (one.at, one.digest[:12], one.champion[:12], one.outcome, "; ".join(one.body.get("reasons", ())))
            for one in said
        ],
    )  # fmt: skip


def _brief(value: object) -> str:
    """Return a value of a manifest as people compare it."""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return listing.cell_text(value)
    if isinstance(value, str) and len(value) == _DIGEST:
        return value[:12]
    return listing.cell_text(value)


def _parts(which: str) -> tuple[str, str]:
    name, at, digest = which.partition("@")
    if not (name and at and digest):
        raise WrongUse(f"{which}: write NAME@DIGEST, for example seniority@0123456789ab; see `metier artifacts list`")
    return name, digest


def _tell(moved: "Moved", *, as_json: bool) -> None:
    judgement = moved.judged.judgement if moved.judged else None
    if as_json:
        listing.as_json(moved)
    elif moved.moved:
        listing.line(f"{moved.name}@{moved.digest[:12]} serves now, before it {moved.before[:12] or 'nothing'} did")
    elif judgement:
        listing.line(f"{moved.name}@{moved.digest[:12]} stays a candidate. The gate: {judgement.outcome}")
        for reason in judgement.reasons:
            listing.line(f"  {reason}")
        screen.say("to let it serve all the same: --despite-gate REASON")
    if not moved.moved:
        raise typer.Exit(FAILED)
