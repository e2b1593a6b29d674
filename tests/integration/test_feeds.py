"""RSS and Atom: all fields, the guid as key, edits, and nothing asked or read in vain."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from metier.errors import SourceChanged, SourceUnavailable
from scheduler.ledger import Ledger
from scheduler.sources.feeds import Feed, Feeds
from scheduler.sources.polite import Limits
from storage.engine import Engine
from tests.fakes.served import Reply
from tests.fakes.site import FakeSite, an_item, rss
from tests.integration.board_polls import found, gone

SWIFT = Limits(size=400_000, pace=timedelta(0))
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Jobs</title>
<entry xml:lang="fr"><id>urn:job:7</id><title type="html">Chef &amp;amp; Cook</title>
<link rel="self" href="https://api.example/7"/><link href="https://food.example/jobs/7"/>
<published>2026-01-05T09:00:00+01:00</published><updated>2026-01-06T09:00:00Z</updated>
<category term="Kitchen"/><summary>short</summary>
<content type="html">&lt;p&gt;You cook.&lt;/p&gt;</content></entry></feed>"""


@pytest.fixture
def fake() -> Iterator[FakeSite]:
    with FakeSite() as site:
        yield site


def at(fake: FakeSite, database: str) -> Feeds:
    feed = Feed(name="buses", url=f"{fake.root}/feed.xml", company="City Buses", language="en")
    return Feeds(feed, ledger=Ledger(database, "any", daily=1000), limits=SWIFT)


def of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_rss_gives_every_field(fake: FakeSite, sqlite_database: str) -> None:
    fake.pages["/feed.xml"] = rss(an_item(7))
    [page] = at(fake, sqlite_database).pages({})
    [posting] = page.postings
    assert (posting.ref, posting.title, posting.body) == ("feeds:buses:bus-7", "Bus Driver 7", "You drive bus 7.")
    assert (posting.company, posting.language, posting.url) == ("City Buses", "en", "https://buses.example/jobs/7")
    assert posting.published == datetime(2026, 1, 5, 8, 7, tzinfo=UTC)
    assert posting.extra == {"labels": {"category": ["Transport"]}}
    assert page.listing is None, "what leaves a feed has not vanished"


def test_atom_gives_every_field(fake: FakeSite, sqlite_database: str) -> None:
    fake.pages["/feed.xml"] = ATOM
    [page] = at(fake, sqlite_database).pages({})
    [posting] = page.postings
    assert (posting.key, posting.title, posting.body) == ("urn:job:7", "Chef & Cook", "You cook.")
    assert (posting.language, posting.url) == ("fr", "https://food.example/jobs/7")
    assert posting.published == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert posting.extra == {"labels": {"category": ["Kitchen"]}}


def test_an_edit_makes_a_revision_and_an_unchanged_feed_is_not_sent_again(fake: FakeSite, engine: Engine) -> None:
    fake.pages["/feed.xml"] = rss(an_item(1), an_item(2))
    source = at(fake, of(engine))
    assert found(engine, source) == (2, 0)
    assert found(engine, source) == (0, 0)
    fake.pages["/feed.xml"] = rss(an_item(2, title="Night Bus Driver"), an_item(3))
    assert found(engine, source) == (1, 1)
    assert [asked.status for asked in fake.log] == [200, 304, 200]
    assert gone(engine) == set()


def test_a_feed_by_date_alone_is_asked_conditionally_too(fake: FakeSite, engine: Engine) -> None:
    since = "Mon, 05 Jan 2026 10:00:00 GMT"
    fake.etags = False
    fake.pages["/feed.xml"] = Reply(rss(an_item(1)).encode(), headers={"Last-Modified": since})
    source = at(fake, of(engine))
    assert found(engine, source) == (1, 0)
    assert found(engine, source) == (0, 0)
    assert fake.log[1].headers["If-Modified-Since"] == since


def test_a_link_that_is_none_is_left_out(fake: FakeSite, sqlite_database: str) -> None:
    fake.pages["/feed.xml"] = rss(*(an_item(n, link=link) for n, link in enumerate(["file:///x", "javascript:x"])))
    [page] = at(fake, sqlite_database).pages({})
    assert [posting.url for posting in page.postings] == ["", ""]


BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        (f"{BOMB}]><rss><channel><item><title>&i;</title></item></channel></rss>", "entities"),
        ('<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>', "entities"),
        ("<rss>" + "<a>" * 5000, "levels"),
        ("<rss>" + "<a/>" * 90_000 * 3, "MiB"),
        ("<html><body>Log in</body></html>", "no rss"),
        ("not xml at all", "no XML"),
    ],
)
def test_xml_that_means_harm_or_is_none_is_not_read(fake: FakeSite, sqlite_database: str, xml: str, says: str) -> None:
    fake.pages["/feed.xml"] = xml
    with pytest.raises((SourceChanged, SourceUnavailable), match=says):
        list(at(fake, sqlite_database).pages({}))


def test_half_a_feed_is_waited_for(fake: FakeSite, sqlite_database: str) -> None:
    fake.pages["/feed.xml"] = rss(an_item(1))[:200]
    with pytest.raises(SourceUnavailable, match="breaks off"):
        list(at(fake, sqlite_database).pages({}))
