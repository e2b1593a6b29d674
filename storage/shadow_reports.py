"""How a candidate compares with the champion over all that it said beside it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from storage.dialect import statement
from storage.shadows import Shadow


@dataclass(frozen=True, slots=True)
class Example:
    """A posting on which both differ."""

    ref: str
    title: str
    url: str
    score: float
    champion_score: float


@dataclass(frozen=True, slots=True)
class Change:
    """How often the champion's label became another of the candidate's."""

    old: str
    new: str
    count: int
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Report:
    """How a candidate compares; of what people say themselves, how often each of both was right."""

    compared: int
    agreed: int
    sure: int
    champion_sure: int
    score: float
    champion_score: float
    judged: int
    right: int
    champion_right: int
    changes: list[Change]


def report(connection: Connection, shadow: Shadow, *, examples: int = 3) -> Report:
    """Return how this candidate compares over all that it said."""
    key = {"taxonomy": shadow.name, "artifact": shadow.artifact}
    row = connection.execute(
        statement(
            "SELECT count(*), SUM(CASE WHEN s.code = s.champion_code THEN 1 ELSE 0 END), "
            "SUM(CASE WHEN s.sure THEN 1 ELSE 0 END), SUM(CASE WHEN s.champion_sure THEN 1 ELSE 0 END), "
            "AVG(s.score), AVG(s.champion_score), count(t.code), "
            "SUM(CASE WHEN t.code = s.code THEN 1 ELSE 0 END), "
            "SUM(CASE WHEN t.code = s.champion_code THEN 1 ELSE 0 END) "
            "FROM shadow_tag s LEFT JOIN tag t ON t.posting_id = s.posting_id AND t.taxonomy = s.taxonomy "
            "AND t.origin = 'person' WHERE s.artifact = :artifact AND s.taxonomy = :taxonomy"
        ),
        key,
    ).one()
    compared, agreed, sure, champion_sure, score, champion_score, judged, right, champion_right = (
        float(value or 0) for value in row
    )
    return Report(
        int(compared), int(agreed), int(sure), int(champion_sure), score, champion_score, int(judged), int(right),
        int(champion_right), _changes(connection, shadow, examples),
    )  # fmt: skip


def _changes(connection: Connection, shadow: Shadow, examples: int) -> list[Change]:
    found = connection.execute(
        statement(
            "SELECT n.champion_code, n.code, n.n, p.source, p.source_key, p.title, p.url, n.score, n.champion_score "
            "FROM (SELECT s.*, count(*) OVER (PARTITION BY s.champion_code, s.code) AS n, ROW_NUMBER() OVER "
            "(PARTITION BY s.champion_code, s.code ORDER BY s.score DESC, s.posting_id) AS place FROM shadow_tag s "
            "WHERE s.artifact = :artifact AND s.taxonomy = :taxonomy AND s.code <> s.champion_code) n "
            "JOIN posting p ON p.id = n.posting_id WHERE n.place <= :most "
            "ORDER BY n.n DESC, n.champion_code, n.code, n.place"
        ),
        {"artifact": shadow.artifact, "taxonomy": shadow.name, "most": max(1, examples)},
    )
    changes: dict[tuple[str, str], Change] = {}
    for old, new, count, source, key, title, url, score, champion_score in found:
        change = changes.setdefault((old, new), Change(old, new, int(count), []))
        if len(change.examples) < examples:
            change.examples.append(Example(f"{source}:{key}", title, url, float(score), float(champion_score)))
    return list(changes.values())
