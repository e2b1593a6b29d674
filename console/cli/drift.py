"""`metier drift`: whether what comes in, or how sure the models are of it, has changed since they began to serve."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from console import choices, database, listing, screen
from metier.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.drift import Counts, Drift

_EPILOG = """\b
Examples:
  metier drift
  metier drift seniority --now
  metier drift --json | jq '.[] | select(.alarm)'

The first 1,000 answers of a champion are its reference; a month is compared with them once it has 50. The distance is
the population stability index; an alarm says that it is over 0.1 and more than chance brings about. What to do about
it is in docs/operations.md.
"""
app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})
_WIDTH = 24


@app.command(epilog=_EPILOG)
def drift(
    taxonomy: Annotated[str, typer.Argument(metavar="[TAXONOMY]", help="Show its labels month by month, too.")] = "",
    *,
    now: Annotated[bool, typer.Option("--now", help="Measure first; else the scheduler does, each night.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show how far the labels and scores of each month lie from the first ones."""
    from scheduler.drift import FIRST
    from storage import artifacts
    from storage import drift as drifts
    from storage.engine import reading

    with database.opened(settings()) as engine:
        missing: Mapping[str, int] = {}
        if now:
            from scheduler.drift import measure

            missing = measure(engine)
        with reading(engine) as connection:
            champions = artifacts.champions(connection)
            if taxonomy:
                choices.one_of("TAXONOMY", taxonomy, [*sorted(champions), ""][: max(2, len(champions))])
            found = [one for one in drifts.measured(connection) if taxonomy in ("", one.taxonomy)]
            label = f"{taxonomy}@{champions.get(taxonomy, '')[:12]}"
            months = drifts.counted(connection, taxonomy, label) if taxonomy else {}
    if as_json:
        listing.as_json([asdict(one) for one in found])
        return
    if not found:
        screen.say(f"no month lies behind the first {FIRST:,} answers of a champion yet: nothing is measured")
    else:
        _show(found)
    for name, count in missing.items():
        if count and taxonomy in ("", name):
            listing.line(f"{name}: {count:,} more answers make its reference")
    if months:
        _labels(taxonomy, months)


def _show(found: "list[Drift]") -> None:
    listing.table(
        "Drift",
        ("taxonomy", "artifact", "month", "what", "postings", "distance", "chance", "", "alarm"),
        [
            (one.taxonomy, one.artifact, one.month, one.what, one.n, one.distance, one.chance, _bar(one.distance / 0.5),
             "ALARM" if one.alarm else "")
            for one in found
        ],
    )  # fmt: skip


def _labels(taxonomy: str, months: "Mapping[str, Counts]") -> None:
    """Show each label's share in the reference and in the newest months."""
    from storage.drift import REFERENCE

    shown = [REFERENCE, *sorted(set(months) - {REFERENCE})[-3:]]
    codes = sorted({code for month in shown if month in months for code in months[month].labels})
    listing.table(
        f"Labels of {taxonomy}",
        ("label", "month", "postings", "share", ""),
        [
            (code, month, months[month].labels.get(code, 0), f"{share:.1%}", _bar(share))
            for code in codes
            for month in shown
            if month in months
            for share in [months[month].labels.get(code, 0) / max(1, months[month].total)]
        ],
    )


def _bar(share: float) -> str:
    eighths = round(min(1.0, max(0.0, share)) * _WIDTH * 8)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8].strip())
