"""ReliefWeb's jobs as a source, polled in the order in which they changed.

A poll that was broken off goes on at its place. A new one begins an hour before what the last one reached, for what the
service shows late. Once a day all postings still advertised are listed; the others have vanished.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from metier.errors import Rejected, SourceChanged
from metier.settings import Settings
from metier.types import Lane, Posting
from scheduler.ledger import Ledger
from scheduler.reliefweb import ALL, CHANGED, DAILY, NAME, PAGE, Place, Row, Service, Wanted, address, moment, written
from scheduler.sources import Card, Page, Source, source
from scheduler.sources.polite import Limits

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
_EARLY = datetime(1970, 1, 1, tzinfo=UTC)
_ENOUGH = 20
"""Among so many postings, one at least has each field of `_EXPECTED`."""
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
    ledger = Ledger(settings.database, NAME, daily=DAILY)
    return ReliefWeb(address(settings), settings.reliefweb_appname, ledger=ledger)


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One reading of what changed since a moment (of all where that is empty); up to `known` it is read again."""

    started: str
    since: str = ""
    known: str = ""
    place: Place = field(default_factory=Place)


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
        with closing(self._ledger), closing(self._service()) as service:
            kept = dict(cursor)
            for page in self._sweep(service, kept):
                kept = dict(page.cursor)
                yield page
            if self._clock() - moment(kept["listed"]) >= LISTING:
                now = self._now()
                yield Page([], kept | {"listed": now}, listing=self._listed(service))

    def _now(self) -> str:
        return written(self._clock().replace(microsecond=0))

    def _service(self) -> Service:
        return Service(self._url, self._appname, spend=self._ledger.spend, limits=self._limits, page=self._page)

    def _sweep(self, service: Service, cursor: Mapping[str, Any]) -> Iterator[Page]:  # Any: JSON
        now = self._now()
        if "sweep" in cursor:
            sweep = _Sweep(**cursor["sweep"] | {"place": Place(**cursor["sweep"]["place"])})
        else:
            sweep = _Sweep(now, cursor.get("since", ""), cursor.get("reached", ""))
        listed = cursor.get("listed", now)
        wanted = Wanted(_FIELDS, since=sweep.since)
        if sweep.since:
            wanted = replace(wanted, preset=ALL)  # also what expired meanwhile
        reached = sweep.place.at or sweep.since
        newest = moment(reached) if reached else _EARLY
        for rows, place in service.read(wanted, sweep.place):
            postings, bad, gone = _mapped(rows, known=moment(sweep.known) if sweep.known else _EARLY)
            newest = max([newest, *(row.at for row in rows)])
            lane = Lane.LIVE if newest > moment(sweep.started) - OLD else Lane.BACKFILL
            if place is not None:
                sweep = replace(sweep, place=place)
                yield Page(postings, {"listed": listed, "sweep": asdict(sweep)}, bad, lane, gone)
            else:
                until = min(newest, moment(sweep.started)) if newest > _EARLY else moment(sweep.started)
                since = max(written(until - OVERLAP), sweep.since)
                cursor = {"listed": listed, "since": since, "reached": written(newest)}
                yield Page(postings, cursor, bad, lane, gone)

    def _listed(self, service: Service) -> set[str]:
        keys: set[str] = set()
        for rows, _ in service.read(Wanted([CHANGED]), Place()):
            keys.update(str(row.id) for row in rows)
        if not keys:
            raise SourceChanged(f"{NAME}: not one job is advertised; nothing is marked as vanished")
        return keys


def _mapped(rows: Sequence[Row], *, known: datetime) -> tuple[list[Posting], list[str], list[str]]:
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


def _posting(row: Row) -> Posting:
    fields = row.fields
    title = _text(fields, "title").strip()
    if not title:
        raise Rejected("the field title is missing")
    labels = {name: _each(fields, name, "name") for name in LABELS}
    date = fields["date"]
    return Posting(
        NAME, str(row.id), title,
        body=_text(fields, "body"),
        company=", ".join(_each(fields, "source", "name")),
        location=", ".join(_each(fields, "city", "name")),
        country=", ".join(_each(fields, "country", "name")),
        language=next(iter(_each(fields, "language", "code")), ""),
        url=_text(fields, "url_alias") or _text(fields, "url"),
        published=_date(date, "created"),
        closing=_date(date, "closing"),
        extra={
            "labels": {name: found for name, found in labels.items() if found},
            "iso3": _each(fields, "country", "iso3"),
            **({"employment": labels["type"]} if labels["type"] else {}),
            "status": _text(fields, "status"),
            "changed": written(row.at),
        },
    )  # fmt: skip


def _text(fields: Mapping[str, Any], name: str) -> str:  # Any: JSON
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise Rejected(f"the field {name} is no text")
    return value or ""


def _each(fields: Mapping[str, Any], name: str, part: str) -> list[str]:  # Any: JSON
    """Return this part of each object in a list, where it is a text."""
    value = fields.get(name)
    if not value:
        return []
    if not isinstance(value, list):
        raise Rejected(f"the field {name} is no list of objects")
    try:
        found = [item.get(part) for item in value]
    except AttributeError as error:
        raise Rejected(f"the field {name} is no list of objects") from error
    return [text for text in found if isinstance(text, str)]


def _date(date: Mapping[str, Any], name: str) -> datetime | None:  # Any: JSON
    try:
        return moment(date[name]) if date.get(name) else None
    except (TypeError, ValueError) as error:
        raise Rejected(f"the field date.{name} is no date") from error
