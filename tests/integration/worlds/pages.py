"""A site of some pages with a sitemap and a robots.txt; one page is closed to us, one states broken JSON."""

import atexit
from pathlib import Path

from metier.settings import Settings
from tests.fakes.site import FakeSite, a_job_posting, a_page, a_sitemap
from tests.integration.worlds.named import by_file

PAGES = 42


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Start the service and return how to reach it, with the keys of all good postings."""
    site = FakeSite({f"/jobs/{number}": a_page(a_job_posting(number)) for number in range(PAGES)})
    site.pages["/jobs/broken"] = a_page("{broken", [a_job_posting(98), a_job_posting(99)])
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /jobs/closed\n"
    site.pages["/sitemap.xml"] = a_sitemap(*(f"{site.root}{path}" for path in ("/jobs/closed", *site.pages)))
    site.__enter__()
    atexit.register(site.close)
    keys = {f"/jobs/{number}" for number in range(PAGES)} | {"/jobs/broken#G-98", "/jobs/broken#G-99"}
    table = f'[[pages]]\nname = "acme"\nsitemap = "{site.root}/sitemap.xml"\nunder = "/jobs/"\n'
    return by_file(folder, table), keys
