"""One table of faults over all sources that ask by HTTP: the right class of error, in one line that says what to do."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from metier.errors import MetierError, SourceChanged, SourceRefused, SourceUnavailable
from scheduler.ledger import Ledger
from tests.fakes.linkedin import WALL
from tests.fakes.served import Fault
from tests.integration.http_sources import SERVED, Fake, Served
from tests.servers import REPOSITORY

MINUTES = timedelta(minutes=15)
HTML = {"Content-Type": "text/html"}


def set_aside(served: Served, fake: Fake, database: str) -> str:
    """Poll once, which goes well without a posting, and return the line about what was set aside."""
    found = list(served.source(fake, Ledger(database, "any", daily=1000)).pages({}))
    assert [posting for page in found for posting in page.postings] == []
    bad = [reason for page in found for reason in page.bad]
    assert len(bad) <= 1
    said = "".join(bad)
    assert "\n" not in said
    assert "127.0.0.1:" not in said
    return said


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


FAULTS: Mapping[str, tuple[Fault, type[MetierError], str]] = {
    "400": (Fault(400), SourceChanged, "status 400"),
    "401": (Fault(401), SourceRefused, "status 401"),
    "403": (Fault(403), SourceRefused, "status 403"),
    "410": (Fault(410), SourceRefused, "status 410"),
    "429": (Fault(429), SourceUnavailable, "for 900 s"),
    "429 for a while": (Fault(429, {"Retry-After": "7"}), SourceUnavailable, "for 7 s"),
    "451": (Fault(451), SourceRefused, "status 451"),
    "500": (Fault(500), SourceUnavailable, "in trouble"),
    "503 for a while": (Fault(503, {"Retry-After": "60"}), SourceUnavailable, "for 60 s"),
    "999": (Fault(999), SourceRefused, "status 999"),
    "302": (Fault(302, {"Location": "http://169.254.169.254/latest"}), SourceChanged, "169.254.169.254"),
    "302 to a file": (Fault(302, {"Location": "file:///etc/passwd"}), SourceChanged, "do not follow"),
    "302 to brackets": (Fault(302, {"Location": "https://[bad/"}), SourceChanged, "do not follow"),
    "302 to a login": (Fault(302, {"Location": "https://jobs.example/login?x"}), SourceChanged, "do not follow"),
    "a wall": (Fault(body=WALL.encode(), headers=HTML), SourceChanged, ""),
    "drip": (Fault(drip=0.05), SourceUnavailable, "no whole answer within 1 s"),
    "cut": (Fault(cut=20), SourceUnavailable, "cut the connection"),
    "cut at once": (Fault(cut=0), SourceUnavailable, "cut the connection"),
    "other JSON": (Fault(body=b'{"other": []}'), SourceChanged, ""),
    "a form to log in": (Fault(body=b"<html><form>Log in", headers=HTML), SourceChanged, ""),
    "nothing": (Fault(body=b""), SourceChanged, ""),
    "garbage": (Fault(body=b"\xff\xfe\x00garbage"), SourceChanged, ""),
    "a document": (Fault(body=b"%PDF-1.7 \x00\x01", headers={"Content-Type": "application/pdf"}), SourceChanged, ""),
}


@pytest.mark.parametrize("row", FAULTS)
def test_a_fault_says_what_it_is(served: Served, fake: Fake, sqlite_database: str, row: str) -> None:
    fault, *elsewhere = FAULTS[row]
    kind, says = served.otherwise.get(row, elsewhere)
    if served.own_pages:
        fake.faults.append(None)  # robots.txt
    fake.faults.append(fault)
    if kind is None:
        assert says in set_aside(served, fake, sqlite_database)
        return
    error = asked(served, fake, sqlite_database)
    assert type(error) is kind
    assert says in str(error)


def test_a_service_that_asks_for_time_gets_it(served: Served, fake: Fake, sqlite_database: str) -> None:
    for fault, after in ((Fault(429, {"Retry-After": "90"}), timedelta(seconds=90)), (Fault(429), MINUTES)):
        fake.faults.append(fault)
        error = asked(served, fake, sqlite_database)
        if served.otherwise.get("429"):
            assert isinstance(error, SourceRefused), "it is asked nothing more"
        else:
            assert isinstance(error, SourceUnavailable)
            assert error.after == after


def test_a_used_up_day_asks_nobody(served: Served, fake: Fake, sqlite_database: str) -> None:
    with pytest.raises(SourceUnavailable, match="used up"):
        list(served.source(fake, Ledger(sqlite_database, "none", daily=0)).pages({}))
    assert fake.log == []


def test_an_answer_that_swells_is_broken_off(served: Served, fake: Fake, sqlite_database: str) -> None:
    if served.own_pages:
        fake.faults.extend([None, Fault(body=b" " * 300_000)])
        assert served.otherwise["swollen"][1] in set_aside(served, fake, sqlite_database)
        return
    fake.faults.extend([Fault(body=b" " * 300_000)] * 20)  # ReliefWeb asks for less and less
    assert isinstance(asked(served, fake, sqlite_database), SourceUnavailable | SourceChanged)


@pytest.mark.parametrize(
    ("fault", "word", "advice"),
    [
        (Fault(400), "changed", ("look for a newer Metier", "look for")),
        (Fault(403), "refused", ("Open it in a browser", "METIER_RELIEFWEB_APPNAME", "ask it", "Saved pages")),
        (Fault(429), "unavailable", ('every = "1h"', "1,000 calls", "asked again", "Saved pages")),
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
        }  # fmt: skip
        for kind, fake in fakes.items():
            told |= SERVED[kind].told(fake)
        ran = subprocess.run(
            [sys.executable, "-m", "console.cli.main", "sources", "check"], cwd=REPOSITORY, capture_output=True,
            text=True, check=False, env=os.environ | told,
        )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr == ""
    rows = {line.split("\t")[0]: line.split("\t") for line in ran.stdout.splitlines()[1:]}
    for kind in SERVED:
        [row] = [row for name, row in rows.items() if name.partition(":")[0] == kind]
        turned_away = SERVED[kind].otherwise.get(str(fault.status), (None, ""))[0] is SourceRefused
        assert row[1] == ("refused" if turned_away else word)
        assert any(words in row[2] for words in advice), row


def test_a_check_quotes_what_is_wrong_with_a_page(sqlite_database: str, tmp_path: Path) -> None:
    with SERVED["pages"].start() as fake:
        fake.faults.extend([None, Fault(302, {"Location": "https://elsewhere.example/jobs"})])
        file = tmp_path / "sources.toml"
        file.write_text(SERVED["pages"].table(fake))
        told = {"METIER_HOME": str(tmp_path), "METIER_DATABASE_URL": sqlite_database, "METIER_SOURCES": str(file)}
        ran = subprocess.run(
            [sys.executable, "-m", "console.cli.main", "sources", "check", "pages"], cwd=REPOSITORY,
            capture_output=True, text=True, check=False, env=os.environ | told,
        )  # fmt: skip
    assert "1 set aside: pages:acme:/jobs/1: " in ran.stdout
    assert "sends us on to elsewhere.example" in ran.stdout
