"""ReliefWeb's jobs (API v2), read in the order in which they changed, so that nothing moves under the reader.

A poll goes on from the last place (date.changed, id) and not by offset: an edit moves a posting to the end, where it is
read again; an insert or a withdrawal shifts nothing. A new poll begins an hour before the place that the last one
reached, for what the service shows late. Once a day all postings still advertised are listed; the others have vanished.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from metier.errors import Rejected, SourceChanged, SourceRefused, SourceUnavailable
from metier.settings import Settings
from metier.types import Lane, Posting
from scheduler.ledger import Ledger
from scheduler.sources import Card, Page, Source, source
from scheduler.sources.polite import Client, Limits, TooLarge, checked, fault, read_json

NAME = "reliefweb"
HOST = "api.reliefweb.int"
DAILY = 1000
"""Calls that the service allows a day."""
PAGE = 1000
OVERLAP = timedelta(hours=1)
LISTING = timedelta(days=1)
"""How often everything advertised is listed, to see what has vanished."""
OLD = timedelta(days=2)
"""What changed longer ago can wait for what is new."""
LABELS = ("career_categories", "theme", "type", "experience")
_LISTS = {"country": ("name", "iso3"), "source": ("name",), "language": ("code",), "city": ("name",)} | dict.fromkeys(
    LABELS, ("name",)
)
_TEXTS = ("title", "body", "url", "url_alias", "status")
_DATES = ("date.created", "date.changed", "date.closing")
_FIELDS = [*_TEXTS, *_DATES, *(f"{name}.{part}" for name, parts in _LISTS.items() for part in parts)]
_EXPECTED = ("body", "url", "status", "source")
_ENOUGH = 20
"""Among so many postings, one at least has each field of `_EXPECTED`."""
_APPNAME = "ask for an appname at https://apidoc.reliefweb.int and set METIER_RELIEFWEB_APPNAME to it"
_REMEDIES = {
    401: _APPNAME,
    403: f"METIER_RELIEFWEB_APPNAME is not approved; {_APPNAME}",
    404: "is METIER_RELIEFWEB_URL right?",
    410: "this version of the API is switched off; set METIER_RELIEFWEB_URL to the present one",
    429: f"the service allows {DAILY:,} calls a day",
}
_CARD = Card(
    reads="Jobs on reliefweb.int as they are published, edited and closed, with ReliefWeb's own categories.",
    terms="Free with an appname that ReliefWeb has approved (https://apidoc.reliefweb.int); name ReliefWeb and the "
    "organisation that published a job where you show it.",
    quota=f"{DAILY:,} calls a day of up to {PAGE:,} jobs, counted over all schedulers; polling takes about 300.",
    switch="Off until METIER_RELIEFWEB_APPNAME is set.",
)


@source(NAME, _CARD)
def load(settings: Settings) -> Source | None:
    """Read ReliefWeb, where there is an appname."""
    if not settings.reliefweb_appname:
        return None
    url = checked(settings.reliefweb_url, {HOST}, setting="METIER_RELIEFWEB_URL")
    ledger = Ledger(settings.database, NAME, daily=DAILY)
    return ReliefWeb(url, settings.reliefweb_appname, ledger=ledger)


@dataclass(frozen=True, slots=True)
class _Place:
    """Up to which posting has been read; `tied` while more postings share one moment than a page holds."""

    at: str = ""
    id: int = 0
    tied: bool = False


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One reading of what changed since a moment (of all where that is empty); up to `known` it is read again."""

    started: str
    since: str = ""
    known: str = ""
    place: _Place = _Place()


@dataclass(frozen=True, slots=True)
class _Row:
    at: datetime
    id: int
    fields: Mapping[str, Any]  # any JSON


class ReliefWeb:
    """The jobs of ReliefWeb."""

    name = NAME

    def __init__(
        self, url: str, appname: str, *, ledger: Ledger, limits: Limits | None = None, page: int = PAGE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._url = url
        self._appname = appname
        self._ledger = ledger
        self._limits = limits
        self._page = page
        self._clock = clock

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield what changed since the cursor, then once a day the keys of all that is advertised."""
        with closing(self._ledger), closing(self._client()) as client:
            kept = dict(cursor)
            for page in self._sweep(client, kept):
                kept = dict(page.cursor)
                yield page
            if self._clock() - _moment(kept["listed"]) >= LISTING:
                now = self._now()
                yield Page([], kept | {"listed": now}, listing=self._listed(client))

    def _now(self) -> str:
        return _written(self._clock().replace(microsecond=0))

    def _client(self) -> Client:
        return Client(NAME, self._url, spend=self._ledger.spend, limits=self._limits)

    def _sweep(self, client: Client, cursor: Mapping[str, Any]) -> Iterator[Page]:  # Any: JSON
        now = self._now()
        if "sweep" in cursor:
            sweep = _Sweep(**cursor["sweep"] | {"place": _Place(**cursor["sweep"]["place"])})
        else:
            sweep = _Sweep(now, cursor.get("since", ""), cursor.get("reached", ""))
        listed = cursor.get("listed", now)
        preset = "analysis" if sweep.since else "latest"  # later on also what expired meanwhile
        reached = sweep.place.at or sweep.since
        newest = _moment(reached) if reached else _EARLY
        for rows, place in self._read(client, sweep.place, since=sweep.since, preset=preset, include=_FIELDS):
            postings, bad, gone = _mapped(rows, known=_moment(sweep.known) if sweep.known else _EARLY)
            newest = max([newest, *(row.at for row in rows)])
            lane = Lane.LIVE if newest > _moment(sweep.started) - OLD else Lane.BACKFILL
            if place is not None:
                sweep = replace(sweep, place=place)
                yield Page(postings, {"listed": listed, "sweep": asdict(sweep)}, bad, lane, gone)
            else:
                until = min(newest, _moment(sweep.started)) if newest > _EARLY else _moment(sweep.started)
                since = max(_written(until - OVERLAP), sweep.since)
                cursor = {"listed": listed, "since": since, "reached": _written(newest)}
                yield Page(postings, cursor, bad, lane, gone)

    def _listed(self, client: Client) -> set[str]:
        keys: set[str] = set()
        for rows, _ in self._read(client, _Place(), since="", preset="latest", include=["date.changed"]):
            keys.update(str(row.id) for row in rows)
        if not keys:
            raise SourceChanged(f"{NAME}: not one job is advertised; nothing is marked as vanished")
        return keys

    def _read(
        self, client: Client, place: _Place, *, since: str, preset: str, include: Sequence[str]
    ) -> Iterator[tuple[list[_Row], _Place | None]]:
        """Yield the rows after a place, page by page, each with the place after it; the last with None."""
        most = self._page
        while True:
            query = _query(place, since=since, preset=preset, include=include, most=most)
            try:
                rows, more = self._ask(client, query)
            except TooLarge as error:
                if most == 1:
                    raise SourceChanged(f"{NAME}: one job after {place.at}, {place.id} is too large to read") from error
                most //= 2
                continue
            after = _after(place, rows, more=more)
            yield [row for row in rows if not place.at or (row.at, row.id) > (_moment(place.at), place.id)], after
            if after is None:
                return
            place = after

    def _ask(self, client: Client, query: Mapping[str, Any]) -> tuple[list[_Row], bool]:  # Any: JSON
        answer = client.post("/jobs", {"appname": self._appname}, query)
        if answer.status == 400 and b"appname" in answer.body.lower():
            raise SourceRefused(f"{NAME}: the service wants another appname (status 400): {_APPNAME}")
        problem = fault(NAME, answer, remedies=_REMEDIES)
        if problem is not None:
            raise problem
        found = read_json(NAME, answer)
        data = found.get("data") if isinstance(found, dict) else None
        total = found.get("totalCount") if isinstance(found, dict) else None
        if not isinstance(data, list) or not isinstance(total, int):
            raise SourceChanged(f"{NAME}: the field {'totalCount' if isinstance(data, list) else 'data'} is missing")
        rows = [_row(place, item) for place, item in enumerate(data)]
        if any(one.at > other.at for one, other in pairwise(rows)):
            raise SourceChanged(f"{NAME}: the field date.changed does not grow, although we ask for that order")
        if total and not rows:
            raise SourceUnavailable(f"{NAME}: {total} jobs are announced and none is given; it is asked again later")
        return rows, total > len(rows)


_EARLY = datetime(1970, 1, 1, tzinfo=UTC)


def _query(place: _Place, *, since: str, preset: str, include: Sequence[str], most: int) -> dict[str, Any]:  # Any: JSON
    query: dict[str, Any] = {  # Any: JSON
        "preset": preset, "limit": most, "sort": ["date.changed:asc", "id:asc"], "fields": {"include": list(include)},
    }  # fmt: skip
    if place.tied:
        query["filter"] = {"operator": "AND", "conditions": [
            {"field": "date.changed", "value": {"from": place.at, "to": place.at}},
            {"field": "id", "value": {"from": place.id + 1}},
        ]}  # fmt: skip
    elif place.at or since:
        query["filter"] = {"field": "date.changed", "value": {"from": place.at or since}}
    return query


def _after(place: _Place, rows: Sequence[_Row], *, more: bool) -> _Place | None:
    """Return the place after these rows, None at the end of all."""
    if place.tied and not more:
        return _Place(_written(_moment(place.at) + timedelta(seconds=1)))
    if not more:
        return None
    first, last = rows[0], rows[-1]
    known = place.id if place.at and last.at == _moment(place.at) else 0
    return _Place(_written(last.at), max(last.id, known), tied=first.at == last.at)


def _row(place: int, item: object) -> _Row:
    if not isinstance(item, dict) or not isinstance(item.get("fields"), dict):
        raise SourceChanged(f"{NAME}: the field data[{place}].fields is missing")
    try:
        return _Row(_moment(item["fields"]["date"]["changed"]), int(item["id"]), item["fields"])
    except (KeyError, TypeError, ValueError) as error:
        field = "id" if not str(item.get("id", "")).isdecimal() else "fields.date.changed"
        raise SourceChanged(f"{NAME}: the field data[{place}].{field} is missing or unreadable") from error


def _mapped(rows: Sequence[_Row], *, known: datetime) -> tuple[list[Posting], list[str], list[str]]:
    """Return postings, what is wrong with others that were not read before, and the keys of those not advertised."""
    postings, bad, gone = list[Posting](), list[tuple[datetime, str]](), list[str]()
    for row in rows:
        try:
            postings.append(_posting(row))
            if row.fields.get("status", "published") != "published":
                gone.append(str(row.id))
        except Rejected as error:
            bad.append((row.at, f"{NAME}:{row.id}: {error}"))
    if rows and not postings:
        raise SourceChanged(f"{bad[0][1]}, and so of all {len(rows)} jobs")
    for name in _EXPECTED:
        if len(rows) >= _ENOUGH and not any(name in row.fields for row in rows):
            raise SourceChanged(f"{NAME}: the field data[].fields.{name} is missing of all {len(rows)} jobs")
    return postings, [reason for at, reason in bad if at > known], gone


def _posting(row: _Row) -> Posting:
    fields = row.fields
    title = _text(fields, "title").strip()
    if not title:
        raise Rejected("the field title is missing")
    lists = {name: _list(fields, name) for name in _LISTS}
    names = {name: [item["name"] for item in items if "name" in item] for name, items in lists.items()}
    date = fields["date"]
    return Posting(
        NAME, str(row.id), title,
        body=_text(fields, "body"),
        company=", ".join(names["source"]),
        location=", ".join(names["city"]),
        country=", ".join(names["country"]),
        language=next((item["code"] for item in lists["language"] if "code" in item), ""),
        url=_text(fields, "url_alias") or _text(fields, "url"),
        published=_date(date, "created"),
        closing=_date(date, "closing"),
        extra={
            "labels": {name: names[name] for name in LABELS if names[name]},
            "iso3": [item["iso3"] for item in lists["country"] if "iso3" in item],
            "status": _text(fields, "status"),
            "changed": _written(row.at),
        },
    )  # fmt: skip


def _text(fields: Mapping[str, Any], name: str) -> str:  # Any: JSON
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise Rejected(f"the field {name} is no text")
    return value or ""


def _list(fields: Mapping[str, Any], name: str) -> list[dict[str, str]]:  # Any: JSON
    value = fields.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Rejected(f"the field {name} is no list of objects")
    return [{part: text for part, text in item.items() if isinstance(text, str)} for item in value]


def _date(date: Mapping[str, Any], name: str) -> datetime | None:  # Any: JSON
    try:
        return _moment(date[name]) if date.get(name) else None
    except (TypeError, ValueError) as error:
        raise Rejected(f"the field date.{name} is no date") from error


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written(moment: datetime) -> str:
    """Write a moment as the service does."""
    return moment.astimezone(UTC).isoformat()
