"""A feed of some hundred items on loopback, one of them without a title."""

import atexit
from pathlib import Path

from metier.settings import Settings
from tests.fakes.site import FakeSite, an_item, rss
from tests.integration.worlds.named import by_file

ITEMS = 350


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Start the service and return how to reach it, with the keys of all good postings."""
    odd = "<item><guid>odd</guid></item>"
    site = FakeSite({"/feed.xml": rss(odd, *(an_item(number) for number in range(ITEMS)))})
    site.__enter__()
    atexit.register(site.close)
    table = f'[[feeds]]\nname = "buses"\nurl = "{site.root}/feed.xml"\n'
    return by_file(folder, table), {f"bus-{number}" for number in range(ITEMS)}
