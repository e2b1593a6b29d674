"""How labels and scores of each month lie beside those that an artifact gave first: counted by SQL, kept as rows.

What counts is what came in by itself: tags of a run that tagged again say nothing about what comes in now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from storage import moments
from storage.dialect import Words, as_rows, statement, words

REFERENCE = "reference"
"""Stands where a month is expected."""
LABELS, SCORES = "labels", "scores"
_UNTIL = "until"


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a month lies from the reference, and how far chance alone would bring so few postings."""

    taxonomy: str
    artifact: str
    month: str
    what: str
    n: int
    reference: int
    distance: float
    chance: float
    alarm: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """The labels and tenths of scores of one month, or of the reference."""

    labels: Mapping[str, int]
    scores: Mapping[str, int]

    @property
    def total(self) -> int:
        """Return how many postings were counted."""
        return sum(self.labels.values())


def begin(connection: Connection, taxonomy: str, artifact: str, *, first: int) -> int:
    """Keep the first so many answers of an artifact as its reference, once there are; return how many are missing."""
    if _until(connection, taxonomy, artifact) is not None:
        return 0
    w = words(connection)
    values = {"taxonomy": taxonomy, "artifact": artifact, "first": first, "month": REFERENCE}
    ordered = (
        f"SELECT code, {_tenth(w)} AS tenth, tagged_at FROM {_best('taxonomy = :taxonomy AND artifact = :artifact')} "
        "WHERE place = 1 ORDER BY tagged_at, posting_id LIMIT :first"
    )
    found, until = connection.execute(
        statement(f"SELECT count(*), MAX(f.tagged_at) FROM ({ordered}) f"),
        {name: value for name, value in values.items() if name != "month"},
    ).one()
    if int(found) < first:
        return first - int(found)
    connection.execute(
        statement(
            "INSERT INTO drift_count (taxonomy, artifact, month, code, tenth, n) "
            "SELECT CAST(:taxonomy AS text), CAST(:artifact AS text), CAST(:month AS text), f.code, f.tenth, count(*) "
            f"FROM ({ordered}) f GROUP BY f.code, f.tenth ON CONFLICT DO NOTHING"
        ),
        values,
    )
    connection.execute(
        statement(
            "INSERT INTO drift (taxonomy, artifact, month, what, n, reference, distance, chance, alarm, note, "
            f"computed_at) VALUES (:taxonomy, :artifact, :month, '{_UNTIL}', :first, :first, 0, 0, false, :until, "
            f"{w.now}) ON CONFLICT DO NOTHING"
        ),
        values | {"until": moments.write(moments.read(until))},
    )
    return 0


def count(connection: Connection, artifacts: Mapping[str, str]) -> None:
    """Count this month and the one before anew, behind the reference of these artifacts (by taxonomy)."""
    w = words(connection)
    rows = [
        {"taxonomy": taxonomy, "artifact": artifact, "until": until}
        for taxonomy, artifact in sorted(artifacts.items())
        if (until := _until(connection, taxonomy, artifact)) is not None
    ]
    if not rows:
        return
    since = _month_before(connection)
    source = w.rows(taxonomy="text", artifact="text", until="timestamptz")
    connection.execute(
        statement(
            f"DELETE FROM drift_count WHERE month >= :since AND month <> '{REFERENCE}' AND EXISTS (SELECT 1 FROM "
            f"{source} WHERE r.taxonomy = drift_count.taxonomy AND r.artifact = drift_count.artifact)"
        ),
        {"rows": as_rows(rows), "since": since},
    )
    came = f"tagged_at >= {moments.typed(w, ':first')}"
    month = "to_char(b.tagged_at, 'YYYY-MM')" if w.name == "postgresql" else "substr(b.tagged_at, 1, 7)"
    connection.execute(
        statement(
            "INSERT INTO drift_count (taxonomy, artifact, month, code, tenth, n) SELECT b.taxonomy, b.artifact, "
            f"{month}, b.code, {_tenth(w)}, count(*) FROM {_best(came)} "
            f"JOIN {source} ON r.taxonomy = b.taxonomy AND r.artifact = b.artifact AND b.tagged_at > r.until "
            f"WHERE b.place = 1 GROUP BY b.taxonomy, b.artifact, {month}, b.code, {_tenth(w)}"
        ),
        {"rows": as_rows(rows), "first": f"{since}-01 00:00:00.000000"},
    )


def counted(connection: Connection, taxonomy: str, artifact: str) -> dict[str, Counts]:
    """Return what was counted of an artifact by month, the reference among them."""
    found = connection.execute(
        statement(
            "SELECT month, code, tenth, n FROM drift_count WHERE taxonomy = :taxonomy AND artifact = :artifact "
            "ORDER BY month, code, tenth"
        ),
        {"taxonomy": taxonomy, "artifact": artifact},
    )
    months: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for month, code, tenth, n in found:
        labels, scores = months.setdefault(month, ({}, {}))
        labels[code] = labels.get(code, 0) + int(n)
        name = f"{int(tenth) / 10:.1f}"
        scores[name] = scores.get(name, 0) + int(n)
    return {month: Counts(*sides) for month, sides in months.items()}


def keep(connection: Connection, found: Sequence[Drift]) -> None:
    """Write what was measured, in place of what was measured of the same months before."""
    w = words(connection)
    columns = {
        "taxonomy": "text", "artifact": "text", "month": "text", "what": "text", "n": "bigint", "reference": "bigint",
        "distance": "double precision", "chance": "double precision", "alarm": "boolean",
    }  # fmt: skip
    names = ", ".join(columns)
    sets = ", ".join(f"{name} = excluded.{name}" for name in ("n", "reference", "distance", "chance", "alarm"))
    connection.execute(
        statement(
            f"INSERT INTO drift ({names}, note, computed_at) SELECT {names}, '', {w.now} FROM {w.rows(**columns)} "
            f"WHERE true ON CONFLICT (taxonomy, artifact, month, what) DO UPDATE SET {sets}, computed_at = {w.now}"
        ),
        {"rows": as_rows([{name: getattr(one, name) for name in columns} for one in found])},
    )


def measured(connection: Connection) -> list[Drift]:
    """Return all that was measured, the newest month first."""
    found = connection.execute(
        statement(
            "SELECT taxonomy, artifact, month, what, n, reference, distance, chance, alarm FROM drift "
            f"WHERE month <> '{REFERENCE}' ORDER BY taxonomy, month DESC, artifact, what"
        )
    )
    return [
        Drift(taxonomy, artifact, month, what, int(n), int(reference), float(distance), float(chance), bool(alarm))
        for taxonomy, artifact, month, what, n, reference, distance, chance, alarm in found
    ]


def latest(connection: Connection) -> list[Drift]:
    """Return of each champion what was measured of its newest month."""
    found = connection.execute(statement("SELECT name, digest FROM champion"))
    serving = {f"{name}@{digest[:12]}" for name, digest in found}
    rows = [one for one in measured(connection) if one.artifact in serving]
    newest = {one.artifact: max(other.month for other in rows if other.artifact == one.artifact) for one in rows}
    return [one for one in rows if one.month == newest[one.artifact]]


def _until(connection: Connection, taxonomy: str, artifact: str) -> str | None:
    found: str | None = connection.execute(
        statement(
            f"SELECT note FROM drift WHERE taxonomy = :taxonomy AND artifact = :artifact AND month = '{REFERENCE}' "
            f"AND what = '{_UNTIL}'"
        ),
        {"taxonomy": taxonomy, "artifact": artifact},
    ).scalar()
    return found


def _month_before(connection: Connection) -> str:
    now: datetime = moments.read(connection.execute(statement(f"SELECT {words(connection).now}")).scalar_one())
    year, month = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
    return f"{year:04}-{month:02}"


def _best(where: str) -> str:
    """Return a FROM item `b`: of all answers that came in by themselves, present or replaced, the best has place 1."""
    given = " UNION ALL ".join(
        "SELECT posting_id, taxonomy, revision, artifact, code, score, sure, tagged_at "
        f"FROM {table} WHERE origin = 'model' AND run_id IS NULL AND {where}"
        for table in ("tag", "tag_history")
    )
    return (
        "(SELECT posting_id, taxonomy, artifact, code, score, tagged_at, ROW_NUMBER() OVER (PARTITION BY posting_id, "
        f"taxonomy, revision, artifact ORDER BY sure DESC, score DESC, code) AS place FROM ({given}) g) b"
    )


def _tenth(w: Words) -> str:
    whole = "floor(score * 10)" if w.name == "postgresql" else "score * 10"
    return f"CASE WHEN score >= 1 THEN 9 ELSE CAST({whole} AS int) END"
