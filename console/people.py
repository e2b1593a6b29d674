"""CVs as people read them: whose positions there are, and where each person stands."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache

from pipelines import taxonomy
from pipelines.standing import standing
from storage.answers import Answer
from storage.engine import Connection
from storage.positions import Held

TAXONOMIES = ("seniority", "department")


@dataclass(frozen=True, slots=True)
class Person:
    """One CV: where its person stands, by which position and why; empty where nothing says so."""

    cv: str
    positions: int
    seniority: Answer | None = None
    department: Answer | None = None
    by: Held | None = None
    because: str = "no position held today or within a year"


def person(cv: str, held: Sequence[Held], *, today: date) -> Person:
    """Return where the person of this CV stands."""
    there = sum(not one.gone for one in held)
    found = standing(held, ranks=_ranks(), today=today)
    if found is None:
        return Person(cv, there)
    seniority, department = (found.position.tags.get(name) for name in TAXONOMIES)
    return Person(cv, there, seniority, department, found.position, found.because)


def of_postings(connection: Connection, ids: Sequence[int], *, today: date) -> dict[int, dict[str, object]]:
    """Return for each of these titles what an export says of its CV."""
    from storage import positions

    refs = positions.of_postings(connection, ids)
    told: dict[int, dict[str, object]] = {}
    for cv, held in positions.held(connection, sorted(set(refs.values()))).items():
        now = person(cv, held, today=today)
        for one in held:
            told[one.posting] = {
                "cv": cv, "started": one.started, "ended": one.ended, "current": one.ongoing, "side": one.side,
                "cv_seniority": _code(now.seniority), "cv_department": _code(now.department),
            }  # fmt: skip
    return {id_: told[id_] for id_ in refs if id_ in told}


def as_row(one: Person) -> Mapping[str, object]:
    """Return a person for a script."""
    by = {} if one.by is None else {"ref": one.by.ref, "title": one.by.title, "started": one.by.started}
    return asdict(one) | {"by": by or None}


def _code(answer: Answer | None) -> str | None:
    return None if answer is None else answer.code


@cache
def _ranks() -> dict[str, int]:
    labels = taxonomy.load("seniority").labels
    return {label.code: label.rank for label in labels if label.rank is not None}
