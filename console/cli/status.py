"""`metier status`: what waits, how fast work goes, what is dead and why, who works, with which artifacts; alarms."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console import database, listing
from console.summary import FRESH
from metier.settings import settings

if TYPE_CHECKING:
    from storage.engine import Engine

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_FORGOTTEN = 86400.0
_DID = (
    ("tagged", "tagged"), ("reused", "reused"), ("encoded", "encoded"), ("leases_expired", "leases expired"),
    ("messages_sent", "messages sent"), ("postings_new", "new"), ("postings_edited", "edited"),
    ("postings_bad", "set aside"),
)  # fmt: skip
"""What is told of a process, and in which word; `--json` and /metrics have all its numbers."""
_EPILOG = """\b
Examples:
  metier status
  metier status --watch
  metier status --json | jq '.backlog[] | {lane, ready, oldest}'

\b
Ages are in seconds in JSON, on the database's clock. `metier jobs list --state dead` shows what is dead.
"""


@app.command(epilog=_EPILOG)
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds until Ctrl-C.")] = False,
) -> None:
    """Show backlog, rates, ages, dead jobs by cause, processes, artifacts, sources and quotas."""
    with database.opened(settings()) as engine, suppress(KeyboardInterrupt):
        while True:
            found = collect(engine)
            if as_json:
                listing.as_json(found)
            else:
                if watch and sys.stdout.isatty():
                    sys.stdout.write("\x1b[H\x1b[2J")
                _show(found)
            if not watch:
                return
            sleep(2)


def collect(engine: "Engine") -> dict[str, Any]:  # JSON, as `--json` shows it
    """Return everything that the status says."""
    from console.serving import serves
    from storage import artifacts, cluster_lists, drift, heartbeats, retag_runs, shadows
    from storage import status as standing
    from storage.engine import reading

    with reading(engine) as connection:
        champions = artifacts.champions(connection)
        living = heartbeats.all_since(connection, seconds=_FORGOTTEN)
        return {
            "database": database.shown(settings()),
            "savings": {
                **_saved([row.counters for row in living]),
                "near_duplicates": cluster_lists.joined(connection),
                "to_compare": cluster_lists.waiting(connection),
            },
            "totals": asdict(standing.totals(connection)),
            "rate": asdict(standing.rate(connection)),
            "backlog": [asdict(row) for row in standing.backlog(connection)],
            "dead": [asdict(row) for row in standing.dead(connection)],
            "processes": [{**asdict(row), "alive": row.seen_ago < FRESH} for row in living],
            "champions": champions,
            "serving": [asdict(row) for row in serves(living, champions, fresh=FRESH)],
            "shadows": [asdict(row) for row in shadows.listed(connection) if row.stopped_at is None],
            "runs": [
                {"run": run.id, "kind": run.kind, "taxonomies": run.taxonomies, "done": run.done, "total": run.total}
                for run in retag_runs.open_runs(connection)
            ],
            "drift": [asdict(row) for row in drift.latest(connection)],
            "sources": [asdict(row) for row in standing.sources(connection)],
            "quotas": [asdict(row) for row in standing.quotas(connection, now=datetime.now(UTC))],
        }


def _saved(counters: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """Return what the processes that report have tagged, and what of it cost less than that."""
    return {name: int(sum(one.get(name, 0) for one in counters)) for name in ("texts", "reused", "cache_hits")}


def _show(found: dict[str, Any]) -> None:  # JSON
    from storage.artifacts import ENCODER

    totals, rate = found["totals"], found["rate"]
    listing.line(f"{found['database']}")
    listing.line(
        f"{totals['postings']:,} postings, {totals['titles']:,} titles, {totals['tags']:,} tags, "
        f"{totals['jobs_done']:,} done jobs kept; {rate['minute']:,.1f} tagged/s over 1 min, "
        f"{rate['quarter']:,.1f} over 15 min"
    )
    saved = found["savings"]
    listing.line(
        f"saved: of {saved['texts']:,} texts tagged since the workers started {saved['reused']:,} had their answer "
        f"ready and {saved['cache_hits']:,} their vector; {saved['near_duplicates']:,} postings are about a job that "
        "was there before" + (f", {saved['to_compare']:,} wait to be compared" if saved["to_compare"] else "")
    )
    _table("Backlog", ("task", "lane", "due", "later", "in work", "oldest"), [
        (row["task"], row["lane"], row["ready"], row["later"], row["leased"], listing.span(row["oldest"]))
        for row in found["backlog"]
    ])  # fmt: skip
    _table("Dead", ("task", "cause", "jobs", "newest", "last message"), [
        (row["task"], row["cause"], row["count"], listing.span(row["newest"]), row["error"][:120])
        for row in found["dead"]
    ])  # fmt: skip
    _table(
        "Processes",
        ("name", "role", "seen", "last progress", "did"),
        [_process(row) for row in found["processes"]],
    )
    _table("Champions", ("name", "digest", "served by", "not by"), [
        (name, digest[:12], *_servers(found["serving"], name)) for name, digest in found["champions"].items()
        if name != ENCODER  # it serves inside those that name it
    ])  # fmt: skip
    _table("Beside the champions", ("candidate", "share", "texts", "put aside because"), [
        (f"{row['name']}@{row['digest'][:12]}", f"{row['share']:.0%}", row["texts"], row["error"])
        for row in found["shadows"]
    ])  # fmt: skip
    _table("Runs", ("run", "kind", "taxonomies", "done", "of"), [
        (str(row["run"]), row["kind"], ", ".join(row["taxonomies"]), row["done"], row["total"]) for row in found["runs"]
    ])  # fmt: skip
    _table("Drift, look at `metier drift`", ("taxonomy", "month", "what", "distance", "chance"), [
        (row["taxonomy"], row["month"], row["what"], row["distance"], row["chance"])
        for row in found["drift"] if row["alarm"]
    ])  # fmt: skip
    _table("Sources", ("name", "last good poll", "failures", "waits", "says"), [
        (
            row["name"], "never" if row["ok_ago"] is None else f"{listing.span(row['ok_ago'])} ago", row["failures"],
            listing.span(row["waits"]) if row["waits"] else "", row["refused"] or row["error"],
        )
        for row in found["sources"]
    ])  # fmt: skip
    _table("Used today", ("name", "used"), [(row["name"], round(row["used"])) for row in found["quotas"]])


def _servers(serving: list[dict[str, Any]], name: str) -> tuple[str, str]:  # JSON
    """Return how many living workers serve a champion, and which do not, with what they serve instead."""
    rows = [row for row in serving if row["name"] == name]
    behind = [f"{row['process']} ({row['digest']})" for row in rows if row["wanted"]]
    return listing.counted(len(rows) - len(behind), "worker"), ", ".join(behind)


def _process(row: dict[str, Any]) -> tuple[object, ...]:  # JSON
    seen = f"{listing.span(row['seen_ago'])} ago" + ("" if row["alive"] else ", gone")
    did = ", ".join(f"{int(row['counters'].get(name, 0)):,} {word}" for name, word in _DID if row["counters"].get(name))
    return row["name"], row["role"], seen, f"{listing.span(row['progress_ago'])} ago", did


def _table(title: str, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    if rows:
        listing.line("" if sys.stdout.isatty() else f"\n# {title}")
        listing.table(title, header, rows)
