"""What the gate said of candidates: kept for ever, so that a promotion can be understood later."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from metier.json_text import as_json
from storage import moments
from storage.dialect import statement, words


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of a candidate beside the champion of that moment."""

    id: int
    name: str
    digest: str
    champion: str
    outcome: str
    body: Mapping[str, Any]  # any JSON: figures and reasons of the gate
    run: int | None
    at: datetime


def keep(
    connection: Connection, name: str, digest: str, *, champion: str, outcome: str, body: Mapping[str, Any],
    run: int | None = None,
) -> int:  # fmt: skip
    """Keep a verdict and return its number."""
    w = words(connection)
    return int(
        connection.execute(
            statement(
                "INSERT INTO artifact_verdict (name, digest, champion, outcome, body, run_id, at) "
                f"VALUES (:name, :digest, :champion, :outcome, :body, :run, {w.now}) RETURNING id"
            ),
            {"name": name, "digest": digest, "champion": champion, "outcome": outcome, "run": run,
             "body": as_json(dict(body))},
        ).scalar_one()
    )  # fmt: skip


def of(connection: Connection, name: str, digest: str = "") -> list[Verdict]:
    """Return the verdicts on a name or one of its artifacts, the newest first."""
    where = "AND digest = :digest " if digest else ""
    found = connection.execute(
        statement(
            "SELECT id, name, digest, champion, outcome, body, run_id, at FROM artifact_verdict "
            f"WHERE name = :name {where}ORDER BY id DESC"
        ),
        {"name": name, "digest": digest} if digest else {"name": name},
    )
    return [
        Verdict(id_, name_, digest_, champion, outcome, json.loads(body), run, moments.read(at))
        for id_, name_, digest_, champion, outcome, body, run, at in found
    ]
