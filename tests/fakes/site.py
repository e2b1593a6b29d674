"""A site of pages, with robots.txt, sitemaps and feeds; each is a text at a path."""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from tests.fakes.http import FakeHttp
from tests.fakes.served import Reply

Json = dict[str, Any]  # Any: JSON


def a_job_posting(number: int, **fields: Any) -> Json:  # Any: JSON
    """Return a JobPosting as pages state it."""
    made: Json = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": f"Gardener {number}",
        "description": f"<p>You plant trees in park {number}.</p><ul><li>dig</li><li>water</li></ul>",
        "datePosted": "2026-01-05",
        "validThrough": "2026-12-31T23:59:00+01:00",
        "employmentType": ["FULL_TIME"],
        "hiringOrganization": {"@type": "Organization", "name": "Green Parks", "sameAs": "https://parks.example"},
        "jobLocation": {
            "@type": "Place",
            "address": {"@type": "PostalAddress", "addressLocality": "Bern", "addressCountry": "CH"},
        },
        "baseSalary": {
            "@type": "MonetaryAmount",
            "currency": "CHF",
            "value": {"@type": "QuantitativeValue", "minValue": 6000, "maxValue": 6800, "unitText": "MONTH"},
        },
        "identifier": {"@type": "PropertyValue", "name": "Green Parks", "value": f"G-{number}"},
        "industry": "Horticulture",
    }
    return made | fields


def a_page(*stated: object) -> str:
    """Return a page that states these."""
    scripts = "".join(
        f'<script type="application/ld+json">{one if isinstance(one, str) else json.dumps(one)}</script>'
        for one in stated
    )
    return f"<!doctype html><html><head><title>Jobs</title>{scripts}</head><body><p>Welcome</p></body></html>"


def a_sitemap(*urls: str) -> str:
    """Return a sitemap of these addresses."""
    rows = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def an_item(number: int, *, title: str = "", link: str = "", body: str = "") -> str:
    """Return an item of an RSS feed."""
    text = body or f"<p>You drive bus {number}.</p>"
    return (
        f"<item><title>{escape(title or f'Bus Driver {number}')}</title><guid isPermaLink='false'>bus-{number}</guid>"
        f"<link>{escape(link or f'https://buses.example/jobs/{number}')}</link>"
        f"<description>{escape(text)}</description><category>Transport</category>"
        f"<pubDate>Mon, 05 Jan 2026 08:{number % 60:02d}:00 GMT</pubDate></item>"
    )


def rss(*items: str) -> str:
    """Return an RSS 2.0 feed."""
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Buses</title>{"".join(items)}</channel></rss>'


class FakeSite(FakeHttp):
    """Texts by path; what is not there answers 404."""

    kind = "text/html; charset=utf-8"

    def __init__(self, pages: Mapping[str, str | bytes | Reply] | None = None) -> None:
        super().__init__()
        self.pages = dict(pages or {})

    def reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Show what lies at a path."""
        found = self.pages.get(path)
        if found is None:
            return Reply(b"not here", 404)
        if isinstance(found, Reply):
            return found
        return Reply(found.encode() if isinstance(found, str) else found)
