"""Pages that state JobPosting: all its fields, robots.txt, what changes, and what leads elsewhere."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from metier.errors import SourceChanged, SourceRefused, SourceUnavailable
from scheduler.ledger import Ledger
from scheduler.sources.pages import Pages, Site
from scheduler.sources.polite import Limits
from storage.engine import Engine
from tests.fakes.served import Fault, Reply
from tests.fakes.site import FakeSite, a_job_posting, a_page, a_sitemap
from tests.integration.board_polls import aside, found, gone, polled, rows

SWIFT = Limits(size=200_000, patience=timedelta(seconds=1), pace=timedelta(0))


@pytest.fixture
def fake() -> Iterator[FakeSite]:
    with FakeSite() as site:
        yield site


def at(fake: FakeSite, database: str, *paths: str, **fields: Any) -> Pages:  # Any: fields of the table
    urls = tuple(f"{fake.root}{path}" for path in paths)
    return Pages(Site(name="acme", urls=urls, **fields), ledger=Ledger(database, "any", daily=1000), limits=SWIFT)


def of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def by_sitemap(fake: FakeSite, engine: Engine, *paths: str) -> Pages:
    fake.pages["/sitemap.xml"] = a_sitemap(*(f"{fake.root}{path}" for path in paths))
    return at(fake, of(engine), sitemap=f"{fake.root}/sitemap.xml")


def test_a_page_gives_every_field(fake: FakeSite, sqlite_database: str) -> None:
    fake.pages["/jobs/7"] = a_page(a_job_posting(7))
    [page] = at(fake, sqlite_database, "/jobs/7").pages({})
    [posting] = page.postings
    assert (posting.ref, posting.title, posting.company) == ("pages:acme:/jobs/7", "Gardener 7", "Green Parks")
    assert posting.body == "You plant trees in park 7.\n\n- dig\n- water"
    assert (posting.location, posting.country) == ("Bern", "CH")
    assert posting.published == datetime(2026, 1, 5, tzinfo=UTC)
    assert posting.closing == datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert posting.url == f"{fake.root}/jobs/7"
    stated = a_job_posting(7)
    kept = ("baseSalary", "employmentType", "jobLocation", "validThrough")
    assert posting.extra == {
        "json_ld": {name: stated[name] for name in kept}, "labels": {"industry": ["Horticulture"]},
    }  # fmt: skip


@pytest.mark.parametrize(
    "stated",
    [
        [a_job_posting(1), {"@type": "Organization", "name": "x"}],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, a_job_posting(1)]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": a_job_posting(1)}]},
        a_job_posting(1, **{"@type": ["JobPosting", "Thing"]}),
        a_job_posting(1, **{"@type": "https://schema.org/JobPosting"}),
        f"<!-- {json.dumps(a_job_posting(1))} -->",
        json.dumps(a_job_posting(1, description="line\nbreak")).replace("\\n", "\n"),
        a_job_posting(1, hiringOrganization="Green Parks", jobLocation="Bern"),
        a_job_posting(1, hiringOrganization=[{"name": "Green Parks"}], description="&lt;p&gt;Trees&lt;/p&gt;"),
    ],
    ids=["list", "graph", "nested", "types", "url as type", "comment", "bare line", "plain words", "escaped"],
)
def test_a_posting_is_found_wherever_and_however_it_is_stated(
    fake: FakeSite, sqlite_database: str, stated: object
) -> None:
    fake.pages["/jobs/1"] = a_page("{broken", stated)
    [page] = at(fake, sqlite_database, "/jobs/1").pages({})
    [posting] = page.postings
    assert (posting.title, posting.company, posting.location) == ("Gardener 1", "Green Parks", "Bern")
    assert "<" not in posting.body
    assert ["JSON-LD 1 cannot be read" in reason for reason in page.bad] == [True]


def test_several_postings_of_a_page_are_told_apart_by_what_it_calls_them(fake: FakeSite, sqlite_database: str) -> None:
    fake.pages["/jobs"] = a_page([a_job_posting(1), a_job_posting(2), a_job_posting(3, identifier=None)])
    [page] = at(fake, sqlite_database, "/jobs").pages({})
    keys = [posting.key for posting in page.postings]
    assert keys[:2] == ["/jobs#G-1", "/jobs#G-2"]
    assert len(set(keys)) == 3


def test_robots_txt_is_heeded_with_its_delay(fake: FakeSite, engine: Engine) -> None:
    fake.pages |= {path: a_page(a_job_posting(1)) for path in ("/jobs/1", "/jobs/2", "/private/3")}
    fake.pages["/robots.txt"] = (
        "User-agent: *\nDisallow: /\n\nUser-agent: metier\nDisallow: /private\nCrawl-delay: 0.3\n"
    )
    source = by_sitemap(fake, engine, "/jobs/1", "/jobs/2", "/private/3")
    assert found(engine, source) == (2, 0)
    assert "/private/3" not in [asked.path for asked in fake.log]
    assert aside(engine) == ["pages:acme: /private/3: robots.txt does not allow it"]
    times = [asked.at for asked in fake.log[1:]]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.29


@pytest.mark.parametrize(
    ("robots", "kind"),
    [
        (Reply(b"", 403), SourceRefused), (Reply(b"", 503), SourceUnavailable),
        (Reply(b"User-agent: *\nCrawl-delay: 86400"), SourceRefused), (Reply(b"", 302), SourceChanged),
    ],
)  # fmt: skip
def test_a_site_that_does_not_say_what_it_allows_is_not_read(
    fake: FakeSite, sqlite_database: str, robots: Reply, kind: type[Exception]
) -> None:
    fake.pages |= {"/robots.txt": robots, "/jobs/1": a_page(a_job_posting(1))}
    with pytest.raises(kind):
        list(at(fake, sqlite_database, "/jobs/1").pages({}))
    assert [asked.path for asked in fake.log] == ["/robots.txt"]


def test_edits_are_seen_unchanged_pages_cost_nothing_and_what_goes_is_marked(fake: FakeSite, engine: Engine) -> None:
    paths = [f"/jobs/{number}" for number in range(4)]
    fake.pages |= {path: a_page(a_job_posting(number)) for number, path in enumerate(paths)}
    assert found(engine, by_sitemap(fake, engine, *paths)) == (4, 0)
    fake.log.clear()
    fake.pages["/jobs/1"] = a_page(a_job_posting(1, title="Head Gardener"))
    del fake.pages["/jobs/2"]
    assert found(engine, by_sitemap(fake, engine, *paths[:3])) == (0, 1)
    assert [asked.status for asked in fake.log] == [404, 200, 304, 200, 404]
    assert gone(engine) == {"/jobs/2", "/jobs/3"}
    fake.pages["/jobs/2"] = a_page(a_job_posting(2))
    polled(engine, by_sitemap(fake, engine, *paths))
    assert gone(engine) == set()
    assert [revision for (revision,) in rows(engine, "revision")] == [1, 2, 1, 1]


def test_pages_that_all_lose_their_posting_have_changed_and_nothing_vanishes(fake: FakeSite, engine: Engine) -> None:
    fake.pages |= {f"/jobs/{number}": a_page(a_job_posting(number)) for number in range(3)}
    source = at(fake, of(engine), *(f"/jobs/{number}" for number in range(3)))
    polled(engine, source)
    fake.pages |= {f"/jobs/{number}": a_page() for number in range(3)}
    with pytest.raises(SourceChanged, match="no page states a JobPosting any more"):
        polled(engine, source)
    assert gone(engine) == set()


def test_a_page_that_fails_alone_stops_no_other_and_three_are_the_site(fake: FakeSite, engine: Engine) -> None:
    fake.pages |= {f"/jobs/{number}": a_page(a_job_posting(number)) for number in range(6)}
    source = at(fake, of(engine), *(f"/jobs/{number}" for number in range(6)))
    fake.faults.extend([None, Fault(500), Fault(302, {"Location": "http://10.0.0.1/"}), Fault(body=b"x" * 300_000)])
    assert found(engine, source) == (3, 0)
    assert ["in trouble" in aside(engine)[0], "10.0.0.1" in aside(engine)[1]] == [True, True]
    assert found(engine, source) == (3, 0)
    fake.faults.extend([None, Fault(500), Fault(500), Fault(500)])
    with pytest.raises(SourceUnavailable):
        list(source.pages({}))


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://169.254.169.254/latest/meta-data", "https://other.example/jobs/1", "file:///etc/passwd",
        "http://localhost/jobs/1", "//other.example/jobs", "http://127.0.0.1:1/jobs", "http://user:pw@127.0.0.1/x",
        "http://[::1", "gopher://127.0.0.1/", "http://127.0.0.1.other.example/",
    ],
)  # fmt: skip
def test_addresses_that_lead_elsewhere_are_refused_and_not_asked(
    fake: FakeSite, sqlite_database: str, elsewhere: str
) -> None:
    fake.pages |= {"/jobs/1": a_page(a_job_posting(1)), "/sitemap.xml": a_sitemap(elsewhere, f"{fake.root}/jobs/1")}
    [page] = at(fake, sqlite_database, sitemap=f"{fake.root}/sitemap.xml").pages({})
    assert [posting.key for posting in page.postings] == ["/jobs/1"]
    assert [f"is not at {fake.root}; refused" in reason for reason in page.bad] == [True]
    assert [asked.path for asked in fake.log] == ["/robots.txt", "/sitemap.xml", "/jobs/1"]


def test_sitemaps_are_followed_at_home_only_and_not_in_circles(fake: FakeSite, sqlite_database: str) -> None:
    index = "<sitemapindex>{}</sitemapindex>"
    ring = "".join(f"<sitemap><loc>{fake.root}{path}</loc></sitemap>" for path in ("/sitemap.xml", "/two.xml.gz"))
    fake.pages |= {
        "/sitemap.xml": index.format(ring), "/jobs/1": a_page(a_job_posting(1)),
        "/two.xml.gz": gzip.compress(a_sitemap(f"{fake.root}/jobs/1").encode()),
    }  # fmt: skip
    source = at(fake, sqlite_database, sitemap=f"{fake.root}/sitemap.xml")
    [page] = source.pages({})
    assert len(page.postings) == 1
    fake.pages["/sitemap.xml"] = index.format("<sitemap><loc>http://10.1.2.3/map.xml</loc></sitemap>")
    with pytest.raises(SourceRefused, match="at another host; refused"):
        list(source.pages({}))
