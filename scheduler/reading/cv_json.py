"""CVs in JSON: JSON Resume, Europass, and a list of CVs each a list of positions with the labels that people gave."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from metier.errors import BadRow, Rejected
from scheduler.reading import cv_europass
from scheduler.reading.cv import Cv, Position, pseudonym
from scheduler.reading.cv_dates import partial, present
from scheduler.reading.cv_privacy import name_words
from scheduler.reading.cv_tables import fold

LABELS = ("seniority", "department")
_CURRENT = {"active", "current", "present", "ongoing", "aktiv", "aktuell"}
_PAST = {"inactive", "past", "former", "ended"}
_IDS = ("id", "cv", "cvId", "cv_id", "person", "personId", "person_id")
_LISTS = ("positions", "experience", "work")
Json = Any  # what a person's file holds is looked at piece by piece


def read(content: bytes) -> Iterator[Cv | BadRow]:
    """Yield the CVs of a JSON file."""
    found = loads(content)
    if isinstance(found, list):
        for place, one in enumerate(found):
            yield _listed(one, place)
    elif isinstance(found, dict) and isinstance(found.get("SkillsPassport"), dict):
        yield cv_europass.from_json(found["SkillsPassport"])
    elif isinstance(found, dict) and any(isinstance(found.get(name), list) for name in ("work", "volunteer")):
        yield _resume(found)
    elif isinstance(found, dict) and isinstance(found.get("cvs"), list):
        for place, one in enumerate(found["cvs"]):
            yield _listed(one, place)
    else:
        raise Rejected("is JSON, but no CV: give JSON Resume, Europass or a list of CVs")


def loads(content: bytes) -> Json:
    """Read JSON; raise Rejected where it is none."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise Rejected("is JSON nested too deeply for a CV") from error
    except ValueError as error:
        raise Rejected("is no readable JSON; save or export it again") from error


def text(value: Json) -> str:
    """Return a text; empty for anything else."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def _resume(found: Mapping[str, Json]) -> Cv:
    basics = found.get("basics")
    name = text(basics.get("name")) if isinstance(basics, dict) else ""
    positions = [
        *(_worked(one, "name", side=False) for one in _objects(found.get("work"))),
        *(_worked(one, "organization", side=True) for one in _objects(found.get("volunteer"))),
    ]
    return Cv([one for one in positions if one.title], names=name_words(name))


def _worked(one: Mapping[str, Json], organization: str, *, side: bool) -> Position:
    end = _when(one.get("endDate"))
    start = partial(_when(one.get("startDate")))
    named = text(one.get(organization)) or text(one.get("company"))  # as versions before 1.0 called it
    current = not end or present(end)
    return Position(text(one.get("position")), named, start, partial(end), bool(start) and current, side)


def _listed(found: Json, place: int) -> Cv | BadRow:
    rows: Json = found
    person = ""
    if isinstance(found, dict):
        rows = next((found[name] for name in _LISTS if isinstance(found.get(name), list)), None)
        given = next((found[name] for name in _IDS if isinstance(found.get(name), str | int)), "")
        person = pseudonym(str(given))
    if not isinstance(rows, list):
        return BadRow(f"CV {place + 1}: is no list of positions; write [{{organization, position, …}}, …]", row=place)
    read = [_labelled(one) for one in _objects(rows)]
    unread = [] if all(one.title for one in read) and len(read) == len(rows) else ["a position has no title"]
    return Cv([one for one in read if one.title], person or f"p{place + 1}", names=_names(found), unread=unread)


def _labelled(one: Mapping[str, Json]) -> Position:
    start, end = partial(_when(one.get("startDate"))), partial(_when(one.get("endDate")))
    status = fold(text(one.get("status")))
    current = status in _CURRENT or (status not in _PAST and bool(start) and not end)
    labels = {name: slug for name in LABELS if (slug := _slug(text(one.get(name))))}
    named = text(one.get("organization")) or text(one.get("organisation"))
    return Position(text(one.get("position")) or text(one.get("title")), named, start, end, current, labels=labels)


def _when(value: Json) -> str:
    """Return a date as text, also where it is a year written as a number."""
    return str(value) if isinstance(value, int) else text(value)


def _names(found: Json) -> list[str]:
    if not isinstance(found, dict):
        return []
    return name_words(*(text(found.get(key)) for key in ("name", "firstName", "lastName")))


def _slug(label: str) -> str:
    """Return the code of a label that is written by its name: "Information Technology"."""
    return re.sub(r"[^a-z0-9]+", "-", fold(label)).strip("-")


def _objects(found: Json) -> list[Mapping[str, Json]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
