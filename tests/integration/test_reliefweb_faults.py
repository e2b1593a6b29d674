"""Each fault of ReliefWeb is told from the others in one line that says what to do, and saves nothing wrong."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from metier.errors import ConfigError, MetierError, SourceChanged, SourceRefused, SourceUnavailable
from metier.settings import Settings
from scheduler import sources
from scheduler.ledger import Ledger
from scheduler.sources.polite import Client, Limits
from scheduler.sources.reliefweb import ReliefWeb
from storage.engine import reading
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job
from tests.fakes.served import Fault

SWIFT = Limits(patience=timedelta(seconds=1), pace=timedelta(0))


@pytest.fixture
def fake() -> Iterator[FakeReliefWeb]:
    with FakeReliefWeb([a_job(number) for number in range(1, 31)]) as made:
        yield made


def asked(url: str, database: str, *, appname: str = APPNAME) -> MetierError:
    """Poll once and return the error, having seen that it is one line without the appname."""
    source = ReliefWeb(url, appname, ledger=Ledger(database, "reliefweb", daily=1000), limits=SWIFT)
    with pytest.raises(MetierError) as raised:
        list(source.pages({}))
    said = str(raised.value)
    assert said.startswith("reliefweb:")
    assert "\n" not in said
    assert len(said) < 300
    assert not appname or appname not in said
    return raised.value


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(500), SourceUnavailable, "in trouble"),
        (Fault(503, {"Retry-After": "7"}), SourceUnavailable, "for 7 s"),
        (Fault(429), SourceUnavailable, "for 900 s"),
        (Fault(404), SourceChanged, "METIER_RELIEFWEB_URL"),
        (Fault(302, {"Location": "https://elsewhere.example/login"}), SourceChanged, "elsewhere.example"),
        (Fault(drip=0.05), SourceUnavailable, "no whole answer within 1 s"),
        (Fault(cut=200), SourceUnavailable, "cut the connection"),
        (Fault(cut=0), SourceUnavailable, "cut the connection"),
        (Fault(body=b'{"data": [{"id"'), SourceUnavailable, "breaks off after 15 bytes"),
        (Fault(body=b"<html>", headers={"Content-Type": "text/html"}), SourceChanged, "no JSON but text/html"),
        (Fault(body=b"[]"), SourceChanged, "field data "),
        (Fault(body=b'{"data": []}'), SourceChanged, "totalCount"),
        (Fault(body=b'{"data": [], "totalCount": 5}'), SourceUnavailable, "none is given"),
    ],
)
def test_a_fault_says_what_it_is(
    fake: FakeReliefWeb, sqlite_database: str, fault: Fault, kind: type[MetierError], says: str
) -> None:
    fake.faults.append(fault)
    error = asked(fake.url, sqlite_database)
    assert type(error) is kind
    assert says in str(error)


def without(path: str) -> Fault:
    """Leave a field out of every job."""

    def reshape(found: dict[str, Any]) -> dict[str, Any]:
        *parents, last = path.split(".")
        for item in found["data"]:
            for parent in parents:
                item = item[parent]  # noqa: PLW2901  the way down
            del item[last]
        return found

    return Fault(reshape=reshape)


@pytest.mark.parametrize(
    "path", ["id", "fields", "fields.date", "fields.date.changed", "fields.body", "fields.source", "fields.url"]
)
def test_a_field_that_is_missing_everywhere_is_named(fake: FakeReliefWeb, sqlite_database: str, path: str) -> None:
    fake.faults.append(without(path))
    error = asked(fake.url, sqlite_database)
    assert type(error) is SourceChanged
    assert path.removeprefix("fields.") in str(error)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": ["odd"]}, "title"),
        ({"title": " "}, "title"),
        ({"country": "Somalia"}, "country"),
        ({"body": 3}, "body"),
    ],
)
def test_a_field_of_another_kind_in_all_jobs_is_a_changed_shape_and_in_one_a_bad_row(
    fake: FakeReliefWeb, sqlite_database: str, fields: Mapping[str, Any], name: str
) -> None:
    fake.publish(a_job(77, **fields))
    source = ReliefWeb(fake.url, APPNAME, ledger=Ledger(sqlite_database, "reliefweb", daily=9), limits=SWIFT)
    [page] = source.pages({})
    assert len(page.postings) == 30
    assert [reason for reason in page.bad if reason.startswith("reliefweb:77: ") and name in reason] == list(page.bad)
    assert len(page.bad) == 1
    for number, job in list(fake.jobs.items()):
        fake.jobs[number] = {**job, **fields}
    error = asked(fake.url, sqlite_database)
    assert type(error) is SourceChanged
    assert name in str(error)


def test_jobs_in_another_order_than_asked_for_are_not_taken(fake: FakeReliefWeb, sqlite_database: str) -> None:
    fake.faults.append(Fault(reshape=lambda found: found | {"data": found["data"][::-1]}))
    assert "order of date.changed and id" in str(asked(fake.url, sqlite_database))


def test_an_appname_that_is_missing_or_not_approved_needs_a_person(fake: FakeReliefWeb, sqlite_database: str) -> None:
    for appname, status in (("", 400), ("somebody-else", 403)):
        error = asked(fake.url, sqlite_database, appname=appname)
        assert type(error) is SourceRefused
        assert f"status {status}" in str(error)
        assert "METIER_RELIEFWEB_APPNAME" in str(error)


def test_an_old_version_of_the_api_needs_a_person(fake: FakeReliefWeb, sqlite_database: str) -> None:
    error = asked(f"{fake.root}/v1", sqlite_database)
    assert type(error) is SourceRefused
    assert "set METIER_RELIEFWEB_URL" in str(error)


def test_a_used_up_quota_of_the_service_is_waited_for(sqlite_database: str) -> None:
    with FakeReliefWeb(quota=0) as fake:
        error = asked(fake.url, sqlite_database)
    assert isinstance(error, SourceUnavailable)
    assert error.after == timedelta(minutes=15)


def test_retry_after_as_a_date_is_honoured(fake: FakeReliefWeb, sqlite_database: str) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(minutes=3), usegmt=True)
    fake.faults.append(Fault(429, {"Retry-After": then}))
    error = asked(fake.url, sqlite_database)
    assert isinstance(error, SourceUnavailable)
    assert error.after is not None
    assert timedelta(minutes=2, seconds=50) < error.after <= timedelta(minutes=3)


def test_a_service_that_is_not_there_is_waited_for(sqlite_database: str) -> None:
    assert "takes no connection" in str(asked("http://127.0.0.1:9/v2", sqlite_database))


def test_a_name_that_leads_to_a_private_address_is_not_asked() -> None:
    client = Client("reliefweb", "https://localhost/v2", limits=SWIFT)
    with pytest.raises(SourceRefused, match="private address"):
        client.get("/jobs", {})
    client.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://api.reliefweb.int/v2", "https://example.org/v2", "https://api.reliefweb.int.example.org/v2",
        "file:///etc/passwd", "https://me:secret@api.reliefweb.int/v2", "http://10.0.0.1/v2", "http://localhost/v2",
    ],
)  # fmt: skip
def test_another_host_than_the_service_s_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match="METIER_RELIEFWEB_URL"):
        sources.load("reliefweb", Settings(_env_file=None, reliefweb_appname=APPNAME, reliefweb_url=url))


def test_no_fault_moves_the_cursor(fake: FakeReliefWeb, sqlite_database: str) -> None:
    from scheduler.poll import poll
    from scheduler.work import Counts
    from storage import sources as standing
    from storage.engine import create

    engine = create(sqlite_database)
    fake.faults.append(Fault(500))
    source = ReliefWeb(fake.url, APPNAME, ledger=Ledger(sqlite_database, "reliefweb", daily=9), limits=SWIFT)
    with pytest.raises(SourceUnavailable):
        poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())
    with reading(engine) as connection:
        assert standing.listed(connection)[0].cursor == {}
    engine.dispose()
