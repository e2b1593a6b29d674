"""Which pages of one site are read: those that the operator names, or those of its sitemap; others are refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from metier.errors import SourceRefused
from scheduler import listing, xml_items
from scheduler.robots import Robots
from scheduler.sources.polite import Client

MAPS, PAGES = 20, 2_000
"""How many sitemaps and pages of one site are read, at the most."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The paths to read, and what is refused of the others."""

    paths: Sequence[str]
    refused: Sequence[str] = field(default=())


def path_of(url: str, root: str) -> str | None:
    """Return the path and query of an address within a site; None for any other host, port or scheme."""
    try:
        parts = urlsplit(urljoin(f"{root}/", url.strip()))
        within = f"{parts.scheme}://{parts.netloc}" == root and not parts.username
    except ValueError:
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "") if within else None


def chosen(urls: Sequence[str], root: str, *, robots: Robots, under: str = "/") -> Chosen:
    """Return which of these addresses may be read."""
    paths: dict[str, None] = {}
    refused: list[str] = []
    for url in urls:
        path = path_of(url, root)
        if path is None:
            refused.append(f"{url.strip()[:200]}: is not at {root}; refused")
        elif path.startswith(under):
            if not robots.allows(f"{root}{path}"):
                refused.append(f"{path[:200]}: robots.txt does not allow it")
            elif len(paths) >= PAGES and path not in paths:
                refused.append(f"the sitemap names more than {PAGES:,} pages; narrow it by `under`")
                break
            else:
                paths[path] = None
    return Chosen(sorted(paths), refused)


def mapped(name: str, client: Client, sitemap: str, root: str) -> Iterator[str]:
    """Yield the addresses in a sitemap and in those that it names; only maps of the same site are asked for."""
    waiting, asked = [sitemap], set[str]()
    while waiting and len(asked) < MAPS:
        path = path_of(waiting.pop(0), root)
        if path is None or path in asked:
            continue
        asked.add(path)
        answer = client.get(path, {})
        problem = listing.problem(name, answer, remedies={404: "is sitemap in sources.toml right?"})
        if problem is not None:
            raise problem
        for item in xml_items.items(name, answer.body, ("url", "sitemap"), roots=("urlset", "sitemapindex")):
            location = xml_items.inner(item, "loc")
            if item.tag == "url":
                yield location
            elif path_of(location, root) is None:
                raise SourceRefused(f"{name}: the sitemap sends us to {location[:100]}, at another host; refused")
            else:
                waiting.append(location)
