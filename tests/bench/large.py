"""Claim and complete with ten million done jobs in the table, against a table without: python -m tests.bench.large."""

import argparse
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import median

from sqlalchemy import text as sql

from console.supervise import interruptible
from storage import engine
from storage.engine import Engine, transaction
from tests.bench import claiming, place, report
from tests.bench.figures import Best, Target, judge
from tests.bench.place import DATABASES, Place

REPORT = Path("reports") / "bench-large.json"
_AT_ONCE = 500_000
_BATCH = 256
_NUMBERS = {
    "postgresql": "SELECT generate_series(:first, :last) AS n",
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) SELECT n FROM s",
}
_POSTING = (
    "INSERT INTO posting (id, source, source_key, kind, revision, content_sha, title, company, location, country, "
    "language, first_seen, seen_at, changed_at) SELECT n, 'old', CAST(n AS text), 'title', 1, CAST(n AS text), "
    "'An old title', '', '', '', 'en', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM ({})"
)
_JOB = (
    "INSERT INTO job (id, task, subject, revision, purpose, lane, heavy, state, attempts, fence, created_at, ended_at) "
    "SELECT n, 'tag', n, 1, '', 0, false, 'done', 1, 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM ({})"
)


def main() -> int:
    """Measure both databases and keep the report; exit with 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.large", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="done jobs in the table")
    chosen = parser.parse_args()
    figures: dict[str, list[float]] = {}
    try:
        with interruptible(), place.opened(Path(), place.Sizes()) as where:
            for kind in DATABASES:
                for name, value in _compare(where, kind, chosen.rows).items():
                    figures.setdefault(name, []).append(value)
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    verdicts = judge(TARGETS, figures)
    REPORT.parent.mkdir(exist_ok=True)
    report.write(REPORT, verdicts, figures, size=f"{chosen.rows} done jobs")
    report.show(verdicts, figures)
    return int(any(verdict.word == "missed" for verdict in verdicts))


def _compare(where: Place, kind: str, rows: int) -> Mapping[str, float]:
    """Take turns on an empty and on a full database, and let the best turn of each count."""
    with where.database(kind) as empty_url, where.database(kind) as full_url:
        empty, full = engine.create(empty_url), engine.create(full_url)
        _fill(full, rows)
        both = {"empty": empty, "full": full}
        best: dict[str, list[float]] = {name: [] for name in both}
        for turn in range(3):
            for opened in both.values():
                claiming.fill(opened, where.sizes.jobs, seed=turn + 1)
                claiming.settle(opened)
            for name, took in _take_turns(both).items():
                best[name].append(_BATCH / median(took))
        for opened in both.values():
            opened.dispose()
        return {f"large.{name}.{kind}": max(values) for name, values in best.items()}


def _take_turns(both: Mapping[str, Engine]) -> dict[str, list[float]]:
    """Work off all jobs, a message here and a message there; return the seconds of each message."""
    waiting = {name: claiming.ready(opened) for name, opened in both.items()}
    took: dict[str, list[float]] = {name: [] for name in both}
    for start in range(0, min(map(len, waiting.values())) - _BATCH, _BATCH):
        for name, opened in both.items():
            began = time.perf_counter()
            claiming.work(opened, waiting[name][start : start + _BATCH])
            took[name].append(time.perf_counter() - began)
    return took


def _fill(opened: Engine, rows: int) -> None:
    numbers = _NUMBERS[opened.dialect.name]
    began = time.monotonic()
    for first in range(1, rows + 1, _AT_ONCE):
        with transaction(opened) as connection:
            if opened.dialect.name == "postgresql":
                connection.execute(sql("SET LOCAL statement_timeout = 0"))
            for statement in (_POSTING, _JOB):
                query = statement.format(numbers) + (" AS s" if opened.dialect.name == "postgresql" else "")
                connection.execute(sql(query), {"first": first, "last": min(first + _AT_ONCE - 1, rows)})
    if opened.dialect.name == "postgresql":
        with transaction(opened) as connection:
            for table in ("posting", "job"):
                connection.execute(
                    sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608  names from above
                )
    print(f"{opened.dialect.name}: {rows:,} done jobs in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _share(best: Best, kind: str) -> float:
    return best.rate(f"large.full.{kind}") / best.rate(f"large.empty.{kind}")


TARGETS = [
    Target(f"claim and complete on {kind} among done jobs, of an empty table", partial(_share, kind=kind),
           at_least=0.75, goal=0.9)
    for kind in DATABASES
]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
