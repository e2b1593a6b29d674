"""One table of faults over all sources that ask by HTTP: the right class of error, in one line that says what to do."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from metier.errors import MetierError, SourceChanged, SourceRefused, SourceUnavailable
from scheduler.ledger import Ledger
from tests.fakes.reliefweb import APPNAME, Fault
from tests.integration.http_sources import SERVED, Fake, Served
from tests.servers import REPOSITORY

MINUTES = timedelta(minutes=15)
HTML = {"Content-Type": "text/html"}


@pytest.fixture(params=SERVED)
def served(request: pytest.FixtureRequest) -> Served:
    return SERVED[request.param]


@pytest.fixture
def fake(served: Served) -> Iterator[Fake]:
    with served.start() as started:
        yield started


def asked(served: Served, fake: Fake, database: str) -> MetierError:
    """Poll once and return the error, having seen that it is one line and moves nothing."""
    ledger = Ledger(database, "any", daily=1000)
    with pytest.raises(MetierError) as raised:
        list(served.source(fake, ledger).pages({}))
    said = str(raised.value)
    assert "\n" not in said
    assert len(said) < 300
    assert "127.0.0.1:" not in said, "an address may carry a key"
    return raised.value


@pytest.mark.parametrize(
    "row",
    [
        (Fault(400), SourceChanged, "status 400"),
        (Fault(401), SourceRefused, "status 401"),
        (Fault(403), SourceRefused, "status 403"),
        (Fault(410), SourceRefused, "status 410"),
        (Fault(429), SourceUnavailable, "for 900 s"),
        (Fault(429, {"Retry-After": "7"}), SourceUnavailable, "for 7 s"),
        (Fault(500), SourceUnavailable, "in trouble"),
        (Fault(503, {"Retry-After": "60"}), SourceUnavailable, "for 60 s"),
        (Fault(302, {"Location": "http://169.254.169.254/latest"}), SourceChanged, "169.254.169.254"),
        (Fault(302, {"Location": "file:///etc/passwd"}), SourceChanged, "do not follow"),
        (Fault(drip=0.05), SourceUnavailable, "no whole answer within 1 s"),
        (Fault(cut=20), SourceUnavailable, "cut the connection"),
        (Fault(cut=0), SourceUnavailable, "cut the connection"),
        (Fault(body=b'{"other": []}'), SourceChanged, ""),
        (Fault(body=b"<html><form>Log in", headers=HTML), SourceChanged, ""),
        (Fault(body=b""), SourceChanged, ""),
        (Fault(body=b"\xff\xfe\x00garbage"), SourceChanged, ""),
    ],
    ids=str,
)
def test_a_fault_says_what_it_is(
    served: Served, fake: Fake, sqlite_database: str, row: tuple[Fault, type[MetierError], str]
) -> None:
    fault, kind, says = row
    if served.own_pages:
        if fault.status in (302, 410) or fault.body is not None:
            pytest.skip("one page's own affair: see test_pages")
        fake.faults.append(None)  # robots.txt
    fake.faults.append(fault)
    error = asked(served, fake, sqlite_database)
    assert type(error) is kind
    assert says in str(error)


def test_a_service_that_asks_for_time_gets_it(served: Served, fake: Fake, sqlite_database: str) -> None:
    for fault, after in ((Fault(429, {"Retry-After": "90"}), timedelta(seconds=90)), (Fault(429), MINUTES)):
        fake.faults.append(fault)
        error = asked(served, fake, sqlite_database)
        assert isinstance(error, SourceUnavailable)
        assert error.after == after


def test_a_used_up_day_asks_nobody(served: Served, fake: Fake, sqlite_database: str) -> None:
    with pytest.raises(SourceUnavailable, match="used up"):
        list(served.source(fake, Ledger(sqlite_database, "none", daily=0)).pages({}))
    assert fake.log == []


def test_an_answer_that_swells_is_broken_off(served: Served, fake: Fake, sqlite_database: str) -> None:
    if served.own_pages:
        pytest.skip("one page's own affair: see test_pages")
    fake.faults.extend([Fault(body=b" " * 300_000)] * 20)  # ReliefWeb asks for less and less
    assert isinstance(asked(served, fake, sqlite_database), SourceUnavailable | SourceChanged)


@pytest.mark.parametrize(
    ("fault", "word", "advice"),
    [
        (Fault(400), "changed", ("look for a newer Metier", "look for")),
        (Fault(403), "refused", ("Open it in a browser", "METIER_RELIEFWEB_APPNAME", "ask it")),
        (Fault(429), "unavailable", ('every = "1h"', "1,000 calls", "asked again")),
        (Fault(500), "unavailable", ("asked again later",)),
        (Fault(cut=10), "unavailable", ("asked again later",)),
    ],
    ids=str,
)
def test_a_check_of_all_says_of_each_in_one_line_what_to_do(
    sqlite_database: str, tmp_path: Path, fault: Fault, word: str, advice: tuple[str, ...]
) -> None:
    with contextlib.ExitStack() as stack:
        fakes = {kind: stack.enter_context(served.start()) for kind, served in SERVED.items()}
        for kind, fake in fakes.items():
            if SERVED[kind].own_pages and fault.status in (200, 400):
                fake.faults.append(None)  # robots.txt
            fake.faults.append(fault)
        file = tmp_path / "sources.toml"
        file.write_text("".join(SERVED[kind].table(fake) for kind, fake in fakes.items()))
        told = {
            "METIER_HOME": str(tmp_path), "METIER_DATABASE_URL": sqlite_database, "METIER_SOURCES": str(file),
            "METIER_RELIEFWEB_APPNAME": APPNAME, "METIER_RELIEFWEB_URL": f"{fakes['reliefweb'].root}/v2",
        }  # fmt: skip
        ran = subprocess.run(
            [sys.executable, "-m", "console.cli.main", "sources", "check"], cwd=REPOSITORY, capture_output=True,
            text=True, check=False, env=os.environ | told,
        )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr == ""
    rows = {line.split("\t")[0]: line.split("\t") for line in ran.stdout.splitlines()[1:]}
    for kind in SERVED:
        [row] = [row for name, row in rows.items() if name.partition(":")[0] == kind]
        assert row[1] == word
        assert any(words in row[2] for words in advice), row
