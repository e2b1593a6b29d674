"""Candidates beside the champion: which tag along, and what they said. Nobody's tags depend on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from metier.types import Claimed
from storage import moments
from storage.dialect import as_ids, as_rows, statement, words

_ROW = {
    "posting_id": "bigint", "revision": "int", "code": "text", "score": "double precision", "sure": "boolean",
    "champion_code": "text", "champion_score": "double precision", "champion_sure": "boolean",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shadow:
    """A candidate that tags along on a share of the postings, until it is stopped or fails."""

    name: str
    digest: str
    share: float
    started_at: datetime
    stopped_at: datetime | None = None
    error: str = ""
    texts: int = 0
    seconds: float = 0.0
    champion_seconds: float = 0.0

    @property
    def artifact(self) -> str:
        """Return the name by which its tags are known."""
        return f"{self.name}@{self.digest[:12]}"


@dataclass(frozen=True, slots=True)
class Beside:
    """The candidate's answer to one posting beside the champion's."""

    job: Claimed
    code: str
    score: float
    sure: bool
    champion_code: str
    champion_score: float
    champion_sure: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a candidate came to in one batch: its answers, its cost, or why it is put aside."""

    shadow: Shadow
    champion: str
    answers: Sequence[Beside] = ()
    texts: int = 0
    seconds: float = 0.0
    champion_seconds: float = 0.0
    error: str = ""


def start(connection: Connection, name: str, digest: str, *, share: float) -> None:
    """Let a candidate tag along from the next batch on, in place of any other of its name."""
    connection.execute(
        statement(
            "INSERT INTO shadow (name, digest, share, started_at, texts, seconds, champion_seconds) "
            f"VALUES (:name, :digest, :share, {words(connection).now}, 0, 0, 0) ON CONFLICT (name) DO UPDATE SET "
            "digest = excluded.digest, share = excluded.share, started_at = excluded.started_at, stopped_at = NULL, "
            "error = NULL, texts = 0, seconds = 0, champion_seconds = 0"
        ),
        {"name": name, "digest": digest, "share": share},
    )


def stop(connection: Connection, name: str) -> bool:
    """Let it tag no more; what it said stays to be read. Return whether it did tag along."""
    return bool(
        connection.execute(
            statement(
                f"UPDATE shadow SET stopped_at = {words(connection).now} WHERE name = :name AND stopped_at IS NULL"
            ),
            {"name": name},
        ).rowcount
    )


def fail(connection: Connection, shadow: Shadow, error: str) -> None:
    """Put a candidate aside in all processes, with the reason; starting it again clears that."""
    connection.execute(
        statement("UPDATE shadow SET error = :error WHERE name = :name AND digest = :digest AND error IS NULL"),
        {"name": shadow.name, "digest": shadow.digest, "error": error[:2000]},
    )


def active(connection: Connection) -> list[Shadow]:
    """Return those that are to tag along."""
    return [shadow for shadow in listed(connection) if shadow.stopped_at is None and not shadow.error]


def listed(connection: Connection) -> list[Shadow]:
    """Return all that were started, the newest of each name."""
    found = connection.execute(
        statement(
            "SELECT name, digest, share, started_at, stopped_at, error, texts, seconds, champion_seconds FROM shadow "
            "ORDER BY name"
        )
    )
    return [
        Shadow(
            name, digest, share, moments.read(started), None if stopped is None else moments.read(stopped),
            error or "", int(texts), float(seconds), float(champion),
        )
        for name, digest, share, started, stopped, error, texts, seconds, champion in found
    ]  # fmt: skip


def write(connection: Connection, said: Sequence[Said], completed: Sequence[Claimed]) -> None:
    """Keep what candidates said of the jobs that were completed here, and what it cost."""
    counted = {job.id for job in completed}
    for one in sorted(said, key=lambda one: one.shadow.name):
        if one.error:
            fail(connection, one.shadow, one.error)
        _keep(connection, one, [answer for answer in one.answers if answer.job.id in counted])
        connection.execute(
            statement(
                "UPDATE shadow SET texts = texts + :texts, seconds = seconds + :seconds, "
                "champion_seconds = champion_seconds + :champion WHERE name = :name AND digest = :digest"
            ),
            {
                "name": one.shadow.name, "digest": one.shadow.digest, "texts": one.texts, "seconds": one.seconds,
                "champion": one.champion_seconds,
            },
        )  # fmt: skip


def _keep(connection: Connection, said: Said, answers: Sequence[Beside]) -> None:
    if not answers:
        return
    w = words(connection)
    label = {"taxonomy": said.shadow.name, "artifact": said.shadow.artifact}
    connection.execute(
        statement(
            f"DELETE FROM shadow_tag WHERE posting_id {w.among} AND taxonomy = :taxonomy AND artifact = :artifact"
        ),
        label | {"ids": as_ids(sorted({answer.job.subject for answer in answers}))},
    )
    names = ", ".join(_ROW)
    connection.execute(
        statement(
            f"INSERT INTO shadow_tag ({names}, taxonomy, artifact, champion, tagged_at) "
            f"SELECT {names}, :taxonomy, :artifact, :champion, {w.now} FROM {w.rows(**_ROW)} WHERE true "
            "ON CONFLICT (posting_id, taxonomy, artifact, code) DO NOTHING"
        ),
        label
        | {
            "champion": said.champion,
            "rows": as_rows(
                [
                    {
                        "posting_id": answer.job.subject, "revision": answer.job.revision, "code": answer.code,
                        "score": round(answer.score, 4), "sure": answer.sure, "champion_code": answer.champion_code,
                        "champion_score": round(answer.champion_score, 4), "champion_sure": answer.champion_sure,
                    }
                    for answer in answers
                ]
            ),
        },
    )  # fmt: skip


def forget(connection: Connection, *, seconds: float, most: int = 10_000) -> int:
    """Delete what candidates said longer ago than this."""
    return connection.execute(
        statement(
            "DELETE FROM shadow_tag WHERE (posting_id, taxonomy, artifact, code) IN (SELECT posting_id, taxonomy, "
            f"artifact, code FROM shadow_tag WHERE tagged_at < {words(connection).after(':age')} LIMIT :most)"
        ),
        {"age": -seconds, "most": most},
    ).rowcount
