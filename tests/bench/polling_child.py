"""Poll a ReliefWeb into a database and say what it took: python -m tests.bench.polling_child URL DATABASE HOME."""

import json
import sys
import time
from pathlib import Path

import psutil

from metier.settings import Settings
from scheduler import sources
from scheduler.poll import poll
from scheduler.work import Counts
from storage.engine import create
from tests.fakes.reliefweb import APPNAME

_WARM = 2_000
"""Postings after which memory has reached what it needs."""


def main(url: str, database: str, home: str) -> int:
    """Poll to the end."""
    settings = Settings(
        _env_file=None, home=Path(home), database_url=database, reliefweb_url=url, reliefweb_appname=APPNAME
    )
    [source] = sources.each("reliefweb", settings)
    engine, counts, process = create(database), Counts(), psutil.Process()
    sizes: list[float] = []

    def look() -> bool:
        if counts.all().get("postings_new", 0) >= _WARM:
            sizes.append(process.memory_info().rss / 1e6)
        return False

    began, spent = time.perf_counter(), time.process_time()
    found = poll(engine, source, hold=lambda connection: None, enough=look, counts=counts)
    took, spent = time.perf_counter() - began, time.process_time() - spent
    engine.dispose()
    figures = {"new": found.ingested.new, "seconds": took, "spent": spent, "first": sizes[0], "most": max(sizes)}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
