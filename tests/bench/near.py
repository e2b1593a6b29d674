"""Comparing postings with a million others: python -m tests.bench.near. What look-up and insert cost a posting."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from sqlalchemy import text as sql

from console.supervise import interruptible
from metier.types import Posting
from pipelines.minhash import BANDS
from storage import claims, engine, signatures
from storage.engine import Engine, transaction
from tests.bench import place
from tests.bench import texts as bench
from tests.bench.place import DATABASES, Place
from tests.integration.rows import ingest
from worker import beside

REPORT = Path("reports") / "bench-near.json"
_AT_ONCE = 100_000
_BATCH = 64
_TURNS = 8
_NUMBERS = {
    "postgresql": "SELECT generate_series(:first, :last) AS n",
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) SELECT n FROM s",
}
_RANDOM = {
    "postgresql": "CAST(floor(random() * 4294967295) - 2147483648 AS int)",
    "sqlite": "(abs(random()) % 4294967295 - 2147483648)",
}
_POSTING = (
    "INSERT INTO posting (id, source, source_key, kind, revision, content_sha, title, company, location, country, "
    "language, first_seen, seen_at, changed_at) SELECT n, 'old', CAST(n AS text), 'posting', 1, CAST(n AS text), "
    "'An old title', '', '', '', 'en', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM ({})"
)
_SIGNATURE = (
    "INSERT INTO signature (posting_id, cluster_id, told, title, company, place, sketch, bands, made_at) "
    "SELECT n, n, n, 'an old title', '', '', :sketch, :bands, '2026-01-01 00:00:00' FROM ({})"
)
_CELLS = {"sketch": "A" * 172, "bands": json.dumps([1_234_567_890] * (BANDS + 1))}
_BAND = (
    "INSERT INTO band (hash, posting_id) SELECT {}, n FROM ({}) AS s CROSS JOIN ({}) AS each WHERE true ORDER BY 1 "
    "ON CONFLICT DO NOTHING"
)
_EACH = {
    "postgresql": f"SELECT generate_series(0, {BANDS}) AS k",
    "sqlite": f"WITH RECURSIVE e(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM e WHERE k < {BANDS}) SELECT k FROM e",  # noqa: S608
}
_FIRST = 1_000_000  # number


def main() -> int:
    """Measure both databases, empty and full, and keep the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.near", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="postings with a signature in the table")
    parser.add_argument("--database", choices=DATABASES, help="only this one")
    chosen = parser.parse_args()
    figures: dict[str, Mapping[str, float]] = {}
    try:
        with interruptible(), place.opened(Path(), place.Sizes()) as where:
            for kind in [chosen.database] if chosen.database else DATABASES:
                figures |= _measured(where, kind, chosen.rows)
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({"rows": chosen.rows, "milliseconds a posting": figures}, indent=1))
    print(REPORT.read_text())
    return 0


def _measured(where: Place, kind: str, rows: int) -> dict[str, Mapping[str, float]]:
    with where.database(kind) as url:
        connected = engine.create(url)
        found = {f"{kind}, none before": _costs(connected, turn=0)}
        began = time.monotonic()
        _fill(connected, rows)
        print(f"{kind}: {rows:,} signatures in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        found[f"{kind}, {rows:,} before"] = _costs(connected, turn=1)
        print(json.dumps(found), file=sys.stderr, flush=True)
        connected.dispose()
    return found


def _costs(connected: Engine, *, turn: int) -> dict[str, float]:
    """Return what a new posting costs that is like no other, and then the same one on another board."""
    count = _TURNS * _BATCH
    found: dict[str, float] = {}
    for name in ("new", "again"):
        texts = bench.of_postings(count * (turn + 1), source=name)[count * turn :]
        for step, took in _steps(connected, texts).items():
            found[f"{name}: {step}"] = round(min(took) * 1000 / _BATCH, 3)  # the least: others use the machine too
    return found


def _steps(connected: Engine, texts: Sequence[Posting]) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"read fields and signature": [], "insert": [], "look up and unite": []}
    for start in range(0, len(texts), _BATCH):
        jobs = ingest(connected, *texts[start : start + _BATCH])
        with transaction(connected) as connection:
            claimed = claims.claim(connection, jobs, owner="bench", lease=600)
        marks = [time.perf_counter()]
        gleaned = beside.glean(claimed, [[] for _ in claimed])
        marks.append(time.perf_counter())
        with transaction(connected) as connection:
            due = signatures.replace(connection, {posting: one.signature for posting, one in gleaned.items()})
        marks.append(time.perf_counter())
        beside.match(connected, due)
        marks.append(time.perf_counter())
        for some, (one, other) in zip(took.values(), pairwise(marks), strict=True):
            some.append(other - one)
    return took


def _fill(connected: Engine, rows: int) -> None:
    name = connected.dialect.name
    ending = " AS s" if name == "postgresql" else ""
    if name == "postgresql":  # building the index once is many times as fast as keeping it
        _run(connected, "ALTER TABLE band DROP CONSTRAINT band_pkey")
    for first in range(_FIRST, _FIRST + rows, _AT_ONCE):
        bounds = {"first": first, "last": min(first + _AT_ONCE, _FIRST + rows) - 1}
        _run(connected, _POSTING.format(_NUMBERS[name]) + ending, **bounds)
        _run(connected, _SIGNATURE.format(_NUMBERS[name]) + ending, **bounds, **_CELLS)
    # in the order of the index where it is kept meanwhile, else a page is written for each row
    step = _AT_ONCE if name == "postgresql" else rows
    for first in range(_FIRST, _FIRST + rows, step):
        bounds = {"first": first, "last": min(first + step, _FIRST + rows) - 1}
        _run(connected, _BAND.format(_RANDOM[name], _NUMBERS[name], _EACH[name]), **bounds)
    if name == "postgresql":
        _run(connected, "SET LOCAL statement_timeout = 0", "ALTER TABLE band ADD PRIMARY KEY (hash, posting_id)")
        _run(connected, "SET LOCAL statement_timeout = 0", "ANALYZE band", "ANALYZE signature", "ANALYZE posting")
        _run(connected, "SELECT setval(pg_get_serial_sequence('posting', 'id'), (SELECT max(id) FROM posting))")


def _run(connected: Engine, *statements: str, **values: int | str) -> None:
    with transaction(connected) as connection:
        for statement in statements:
            connection.execute(sql(statement), values)


if __name__ == "__main__":
    sys.exit(main())
