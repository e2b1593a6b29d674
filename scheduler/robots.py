"""What a site's robots.txt allows us, read before any page of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from metier.errors import SourceRefused, SourceUnavailable
from scheduler.answers import Answer, fault
from scheduler.sources.polite import Client

AGENT = "metier"
SLOWEST = timedelta(seconds=120)
"""A longer Crawl-delay means that a site does not want to be read."""
_CLOSED = (401, 403, 408, 429)
"""Of a site that answers so we do not know what it allows."""
_REMEDIES = dict.fromkeys((401, 403), "it keeps programs out, robots.txt too; ask it, or take it out of sources.toml")
_LARGEST = 500 * 2**10


@dataclass(frozen=True, slots=True)
class Robots:
    """Which addresses may be read, and how long to wait between two of them."""

    allows: Callable[[str], bool]
    delay: timedelta = timedelta(0)


def read(name: str, client: Client) -> Robots:
    """Ask for robots.txt; a site without one allows all, one that does not answer nothing."""
    answer = client.get("/robots.txt", {})
    if 200 <= answer.status < 300:
        return parsed(name, answer)
    if 400 <= answer.status < 500 and answer.status not in _CLOSED:
        return Robots(lambda url: True)
    raise fault(name, answer, remedies=_REMEDIES) or SourceUnavailable(f"{name}: robots.txt has no answer")


def parsed(name: str, answer: Answer) -> Robots:
    """Read the rules; what cannot be understood of them forbids nothing, as the standard (RFC 9309) says."""
    from protego import Protego

    text = answer.body[:_LARGEST].decode("utf-8", "replace").lstrip("\ufeff")
    try:
        rules = Protego.parse(text)
        delay = timedelta(seconds=float(rules.crawl_delay(AGENT) or 0.0))
    except (ValueError, OverflowError, TypeError):
        return Robots(lambda url: True)
    if delay > SLOWEST:
        raise SourceRefused(
            f"{name}: robots.txt asks for {delay.total_seconds():.0f} s between two calls, too slow to be read; "
            "ask the site for a feed, and take it out of sources.toml"
        )
    return Robots(lambda url: bool(rules.can_fetch(url, AGENT)), max(delay, timedelta(0)))
