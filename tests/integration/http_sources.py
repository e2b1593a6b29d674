"""Every source that asks a service by HTTP, with its stand-in on loopback; a newcomer adds itself here.

`SERVED` names for each kind how to start its stand-in, and how to make a source that asks it and is quick to give up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from scheduler.ledger import Ledger
from scheduler.sources import Source
from scheduler.sources.ashby import Ashby, AshbyBoard
from scheduler.sources.feeds import Feed, Feeds
from scheduler.sources.greenhouse import Greenhouse, GreenhouseBoard
from scheduler.sources.lever import Lever, LeverBoard
from scheduler.sources.pages import Pages, Site
from scheduler.sources.polite import Limits
from scheduler.sources.reliefweb import ReliefWeb
from tests.fakes.boards import FakeAshby, FakeGreenhouse, FakeLever, at_ashby, at_greenhouse, at_lever
from tests.fakes.http import FakeHttp
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job
from tests.fakes.site import FakeSite, a_job_posting, a_page, an_item, rss

SWIFT = Limits(size=200_000, patience=timedelta(seconds=1), pace=timedelta(0))
Fake = FakeHttp | FakeReliefWeb


@dataclass(frozen=True, slots=True)
class Served:
    """How a service is started, how a source of it is made, and its table in sources.toml."""

    start: Callable[[], Fake]
    source: Callable[[Fake, Ledger], Source]
    table: Callable[[Fake], str]
    own_pages: bool = False
    """Whether a status of one address is that page's own affair."""
    robots: bool = False
    """Whether robots.txt is asked for before anything else."""
    otherwise: Mapping[str, tuple[type[MetierError], str]] = field(default_factory=dict)
    """What faults mean here that mean something else elsewhere, by the beginning of their ids."""
    told: Callable[[Fake, Path], Mapping[str, str]] = lambda fake, folder: {}
    """What switches it on, where that is no table."""


def _site() -> FakeSite:
    return FakeSite({"/jobs/1": a_page(a_job_posting(1)), "/feed.xml": rss(*(an_item(number) for number in range(30)))})


SERVED: Mapping[str, Served] = {
    "reliefweb": Served(
        lambda: FakeReliefWeb([a_job(number) for number in range(1, 31)]),
        lambda fake, ledger: ReliefWeb(f"{fake.root}/v2", APPNAME, ledger=ledger, limits=SWIFT),
        lambda fake: "",
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
    ),
}
