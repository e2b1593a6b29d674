"""ReliefWeb's API v2 as a reader of jobs, in the order of a date, so that nothing moves under the reader.

A reader goes on from the last place (date, id) and not by offset: an edit moves a job to the end of those by change,
where it is read again; an insert or a withdrawal shifts nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from metier.errors import SourceChanged, SourceRefused, SourceUnavailable
from metier.settings import Settings
from scheduler.addresses import checked
from scheduler.answers import Answer, fault, read_json
from scheduler.sources.polite import Client, Limits, TooLarge

NAME = "reliefweb"
HOST = "api.reliefweb.int"
DAILY = 1000
"""Calls that the service allows a day."""
PAGE = 500
"""Jobs asked for at once, of the 1,000 that are allowed: bodies take memory."""
CHANGED, CREATED = "date.changed", "date.created"
LATEST, ALL = "latest", "analysis"
"""What is advertised now, and what was ever advertised."""
_APPNAME = "ask for an appname at https://apidoc.reliefweb.int and set METIER_RELIEFWEB_APPNAME to it"
_REMEDIES = {
    401: _APPNAME,
    403: f"METIER_RELIEFWEB_APPNAME is not approved; {_APPNAME}",
    404: "is METIER_RELIEFWEB_URL right?",
    410: "this version of the API is switched off; set METIER_RELIEFWEB_URL to the present one",
    429: f"the service allows {DAILY:,} calls a day",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Up to which job has been read; `tied` while more jobs share one moment than a page holds."""

    at: str = ""
    id: int = 0
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One job: the moment by which it is ordered, its id, and what was asked for of it."""

    at: datetime
    id: int
    fields: Mapping[str, Any]  # any JSON


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs, in the order of which date, with what; the moments are inclusive."""

    include: Sequence[str]
    by: str = CHANGED
    preset: str = LATEST
    since: str = ""
    until: str = ""


class Service:
    """Asks ReliefWeb; `spend` is called before each call."""

    def __init__(
        self, url: str, appname: str, *, spend: Callable[[], None], limits: Limits | None = None, page: int = PAGE
    ) -> None:
        self._client = Client(NAME, url, spend=spend, limits=limits)
        self._appname = {"appname": appname}
        self._page = page

    def read(self, wanted: Wanted, place: Place) -> Iterator[tuple[list[Row], Place | None]]:
        """Yield the jobs after a place, page by page, each with the place after it; the last with None."""
        most = self._page
        while True:
            try:
                rows, more = self._jobs(wanted, _query(wanted, place, most))
            except TooLarge as error:
                if most == 1:
                    raise SourceChanged(f"{NAME}: one job after {place.at}, {place.id} is too large to read") from error
                most //= 2
                continue
            after = _after(place, rows, more=more)
            yield [row for row in rows if not place.at or (row.at, row.id) > (moment(place.at), place.id)], after
            if after is None:
                return
            place = after

    def categories(self) -> list[str]:
        """Return the names of the career categories."""
        found = self._read(self._client.get("/references/career-categories", self._appname))
        try:
            return [str(item["fields"]["name"]) for item in found["data"]]
        except (KeyError, TypeError) as error:
            raise SourceChanged(f"{NAME}: the field data[].fields.name of career categories is missing") from error

    def close(self) -> None:
        """Leave the service."""
        self._client.close()

    def _jobs(self, wanted: Wanted, query: Mapping[str, Any]) -> tuple[list[Row], bool]:  # Any: JSON
        found = self._read(self._client.post("/jobs", self._appname, query))
        data = found.get("data") if isinstance(found, dict) else None
        total = found.get("totalCount") if isinstance(found, dict) else None
        if not isinstance(data, list) or not isinstance(total, int):
            raise SourceChanged(f"{NAME}: the field {'totalCount' if isinstance(data, list) else 'data'} is missing")
        rows = [_row(wanted, number, item) for number, item in enumerate(data)]
        if any((one.at, one.id) >= (other.at, other.id) for one, other in pairwise(rows)):
            raise SourceChanged(f"{NAME}: the jobs do not come in the order of {wanted.by} and id, as we ask for")
        if total and not rows:
            raise SourceUnavailable(f"{NAME}: {total} jobs are announced and none is given; it is asked again later")
        return rows, total > len(rows)

    def _read(self, answer: Answer) -> Any:  # Any: JSON
        if answer.status == 400 and b"appname" in answer.body.lower():
            raise SourceRefused(f"{NAME}: the service wants another appname (status 400): {_APPNAME}")
        problem = fault(NAME, answer, remedies=_REMEDIES)
        if problem is not None:
            raise problem
        return read_json(NAME, answer)


def address(settings: Settings) -> str:
    """Return where the service is asked, which is at its own host."""
    return checked(settings.reliefweb_url, {HOST}, setting="METIER_RELIEFWEB_URL")


def moment(value: str) -> datetime:
    """Read a moment as the service writes it."""
    found = datetime.fromisoformat(value)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as error:  # the last hours of the year 9999, the first of the year 1
        raise ValueError(f"{value} is out of range") from error


def written(value: datetime) -> str:
    """Write a moment as the service does."""
    return value.astimezone(UTC).isoformat()


def _query(wanted: Wanted, place: Place, most: int) -> dict[str, Any]:  # Any: JSON
    bounds = {"from": place.at or wanted.since, "to": place.at if place.tied else wanted.until}
    conditions: list[dict[str, Any]] = []  # Any: JSON
    if any(bounds.values()):
        conditions.append({"field": wanted.by, "value": {word: value for word, value in bounds.items() if value}})
    if place.tied:
        conditions.append({"field": "id", "value": {"from": place.id + 1}})
    query = {
        "preset": wanted.preset, "limit": most, "sort": [f"{wanted.by}:asc", "id:asc"],
        "fields": {"include": list(wanted.include)},
    }  # fmt: skip
    return query | ({"filter": {"operator": "AND", "conditions": conditions}} if conditions else {})


def _after(place: Place, rows: Sequence[Row], *, more: bool) -> Place | None:
    """Return the place after these rows, None at the end of all."""
    if place.tied and not more:
        return Place(written(moment(place.at) + timedelta(seconds=1)))
    if not more:
        return None
    first, last = rows[0], rows[-1]
    known = place.id if place.at and last.at == moment(place.at) else 0
    return Place(written(last.at), max(last.id, known), tied=first.at == last.at)


def _row(wanted: Wanted, number: int, item: object) -> Row:
    if not isinstance(item, dict) or not isinstance(item.get("fields"), dict):
        raise SourceChanged(f"{NAME}: the field data[{number}].fields is missing")
    try:
        return Row(moment(item["fields"]["date"][wanted.by.partition(".")[2]]), int(item["id"]), item["fields"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        field = f"fields.{wanted.by}" if str(item.get("id", "")).isdecimal() else "id"
        raise SourceChanged(f"{NAME}: the field data[{number}].{field} is missing or unreadable") from error
