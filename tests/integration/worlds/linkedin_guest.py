"""A LinkedIn on loopback with two pages of results and a list that names the search and one job more."""

import atexit
from pathlib import Path

from metier.settings import Settings
from storage import migrate
from storage.engine import create
from tests.fakes.linkedin import FakeLinkedIn, Job

_SEARCH = "https://www.linkedin.com/jobs/search?keywords=nurse&location=Geneva&trk=public"


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Start the service and return how to reach it, with the numbers of all jobs."""
    jobs = [Job(70_000_000 + number) for number in range(12)] + [Job(80_000_001, "Cook")]
    fake = FakeLinkedIn(jobs)
    fake.__enter__()
    atexit.register(fake.close)
    wanted = folder / "wanted.csv"
    wanted.write_text(f"url,rating\nhttps://www.linkedin.com/jobs/view/80000001/,3\n{_SEARCH}\n")
    settings = Settings(home=folder, linkedin_guest=wanted, linkedin_terms_read=True, linkedin_url=fake.root)
    engine = create(settings.database)  # calls are counted there
    migrate.upgrade(engine)
    engine.dispose()
    return settings, {str(job.number) for job in jobs}
