"""Every source that asks a service by HTTP, with its stand-in on loopback; a newcomer adds itself here.

`SERVED` names for each kind how to start its stand-in, and how to make a source that asks it and is quick to give up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from metier.errors import MetierError, SourceRefused
from scheduler.ledger import Ledger
from scheduler.sources import Source
from scheduler.sources.ashby import Ashby, AshbyBoard
from scheduler.sources.feeds import Feed, Feeds
from scheduler.sources.greenhouse import Greenhouse, GreenhouseBoard
from scheduler.sources.lever import Lever, LeverBoard
from scheduler.sources.linkedin_guest import LinkedInGuest
from scheduler.sources.pages import Pages, Site
from scheduler.sources.polite import Limits
from scheduler.sources.reliefweb import ReliefWeb
from tests.fakes.boards import FakeAshby, FakeGreenhouse, FakeLever, at_ashby, at_greenhouse, at_lever
from tests.fakes.http import FakeHttp
from tests.fakes.linkedin import FakeLinkedIn, Job
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job
from tests.fakes.site import FakeSite, a_job_posting, a_page, an_item, rss
from tests.servers import REPOSITORY

SWIFT = Limits(size=200_000, patience=timedelta(seconds=1), pace=timedelta(0))
WANTED = REPOSITORY / "tests" / "data" / "wanted.txt"
Fake = FakeHttp | FakeReliefWeb
Meaning = tuple[type[MetierError] | None, str]
"""An error and words of it; None where the poll goes well, with these words about what was set aside, if any."""


@dataclass(frozen=True, slots=True)
class Served:
    """How a service is started, how a source of it is made, and its table in sources.toml."""

    start: Callable[[], Fake]
    source: Callable[[Fake, Ledger], Source]
    table: Callable[[Fake], str]
    own_pages: bool = False
    """Whether robots.txt is asked for first, and a status of one address is that page's own affair."""
    otherwise: Mapping[str, Meaning] = field(default_factory=dict)
    """What faults mean here that mean something else elsewhere, by their names in the table of faults."""
    told: Callable[[Fake], Mapping[str, str]] = lambda fake: {}
    """What switches it on in the environment, where that is no table."""


def _site() -> FakeSite:
    return FakeSite({"/jobs/1": a_page(a_job_posting(1)), "/feed.xml": rss(*(an_item(number) for number in range(30)))})


SERVED: Mapping[str, Served] = {
    "reliefweb": Served(
        lambda: FakeReliefWeb([a_job(number) for number in range(1, 31)]),
        lambda fake, ledger: ReliefWeb(f"{fake.root}/v2", APPNAME, ledger=ledger, limits=SWIFT),
        lambda fake: "",
        told=lambda fake: {"METIER_RELIEFWEB_APPNAME": APPNAME, "METIER_RELIEFWEB_URL": f"{fake.root}/v2"},
    ),
    "greenhouse": Served(
        lambda: FakeGreenhouse(*(at_greenhouse(number) for number in range(30))),
        lambda fake, ledger: Greenhouse(
            GreenhouseBoard(token="acme", url=f"{fake.root}/v1"), ledger=ledger, limits=SWIFT
        ),
        lambda fake: f'[[greenhouse]]\ntoken = "acme"\nurl = "{fake.root}/v1"\n',
    ),
    "ashby": Served(
        lambda: FakeAshby(*(at_ashby(number) for number in range(30))),
        lambda fake, ledger: Ashby(
            AshbyBoard(board="acme", url=f"{fake.root}/posting-api"), ledger=ledger, limits=SWIFT
        ),
        lambda fake: f'[[ashby]]\nboard = "acme"\nurl = "{fake.root}/posting-api"\n',
    ),
    "lever": Served(
        lambda: FakeLever(*(at_lever(number) for number in range(30))),
        lambda fake, ledger: Lever(LeverBoard(site="acme", url=f"{fake.root}/v0"), ledger=ledger, limits=SWIFT),
        lambda fake: f'[[lever]]\nsite = "acme"\nurl = "{fake.root}/v0"\n',
    ),
    "feeds": Served(
        _site,
        lambda fake, ledger: Feeds(Feed(name="acme", url=f"{fake.root}/feed.xml"), ledger=ledger, limits=SWIFT),
        lambda fake: f'[[feeds]]\nname = "acme"\nurl = "{fake.root}/feed.xml"\n',
    ),
    "pages": Served(
        _site,
        lambda fake, ledger: Pages(Site(name="acme", urls=(f"{fake.root}/jobs/1",)), ledger=ledger, limits=SWIFT),
        lambda fake: f'[[pages]]\nname = "acme"\nurls = ["{fake.root}/jobs/1"]\n',
        own_pages=True,
        otherwise={
            "302": (None, "169.254.169.254"),
            "302 to a file": (None, "do not follow"),
            "302 to brackets": (None, "do not follow"),
            "302 to a login": (None, "do not follow"),
            "a wall": (None, "states no JobPosting"),
            "410": (None, "status 410"),
            "other JSON": (None, "states no JobPosting"),
            "a form to log in": (None, "states no JobPosting"),
            "nothing": (None, "states no JobPosting"),
            "garbage": (None, "states no JobPosting"),
            "a document": (None, "states no JobPosting"),
            "swollen": (None, "has more than 2 MiB"),
        },
    ),
    "linkedin_guest": Served(
        lambda: FakeLinkedIn([Job(70_000_000 + number) for number in range(12)]),
        lambda fake, ledger: LinkedInGuest(fake.root, WANTED, ledger=ledger, limits=SWIFT),
        lambda fake: "",
        otherwise={
            "429": (SourceRefused, "turned away (status 429)"),
            "429 for a while": (SourceRefused, "turned away (status 429)"),
            "999": (SourceRefused, "turned away (status 999)"),
            "302 to a login": (SourceRefused, "turned away (status 302)"),
            "a wall": (SourceRefused, "page for signing in"),
            "nothing": (None, ""),  # a search without results
        },
        told=lambda fake: {
            "METIER_LINKEDIN_GUEST": str(WANTED),
            "METIER_LINKEDIN_TERMS_READ": "true",
            "METIER_LINKEDIN_URL": fake.root,
        },
    ),
}
