"""LinkedIn's pages for guests as a real HTTP server on loopback: results, jobs, the ways it turns one away, a log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tests.fakes.http import FakeHttp
from tests.fakes.served import Reply

WALL = '<!DOCTYPE html><html><body><main class="authwall"><form class="join-form">Sign in</form></main></body></html>'
A_PAGE = 10


@dataclass(frozen=True, slots=True)
class Job:
    """One advertised job and what its page shows."""

    number: int
    title: str = "Field Nurse"
    company: str = "Example Care"
    location: str = "Geneva, Switzerland"
    body: str = "<p>You care for people.</p><ul><li>Nights</li><li>Weekends</li></ul>"
    salary: str = ""
    level: str = "Mid-Senior level"
    date: str = "2026-05-04"


def job_page(job: Job, *, numbered: bool = True) -> str:
    """Return the page of a job as a guest sees it."""
    urn = f' data-entity-urn="urn:li:jobPosting:{job.number}"' if numbered else ""
    pay = f'<div class="compensation__salary">{escape(job.salary)}</div>' if job.salary else ""
    criteria = {
        "Seniority level": job.level, "Employment type": "Full-time",
        "Job function": "Health Care Provider and Other", "Industries": "Hospitals, Nonprofits",
    }  # fmt: skip
    items = "".join(
        f'<li class="description__job-criteria-item"><h3 class="description__job-criteria-subheader">{name}</h3>'
        f'<span class="description__job-criteria-text">{escape(said)}</span></li>'
        for name, said in criteria.items()
    )
    return f"""<!DOCTYPE html><html><body><section class="top-card-layout"{urn}>
<h2 class="top-card-layout__title topcard__title">{escape(job.title)}</h2>
<a class="topcard__org-name-link" href="https://ch.linkedin.com/company/example">{escape(job.company)}</a>
<span class="topcard__flavor topcard__flavor--bullet">{escape(job.location)}</span>
<span class="posted-time-ago__text">2 weeks ago</span></section>{pay}
<div class="description__text"><div class="show-more-less-html__markup">{job.body}</div>
<button class="show-more-less-html__button">Show more</button></div>
<ul class="description__job-criteria-list">{items}</ul></body></html>"""


def card(job: Job) -> str:
    """Return one result of a search."""
    return f"""<li><div class="base-card base-search-card" data-entity-urn="urn:li:jobPosting:{job.number}">
<a class="base-card__full-link" href="https://ch.linkedin.com/jobs/view/field-nurse-{job.number}?position=1"></a>
<h3 class="base-search-card__title">{escape(job.title)}</h3>
<h4 class="base-search-card__subtitle"><a href="#">{escape(job.company)}</a></h4>
<span class="job-search-card__location">{escape(job.location)}</span>
<time class="job-search-card__listdate" datetime="{job.date}">1 month ago</time></div></li>"""


def search_page(jobs: Sequence[Job]) -> str:
    """Return a page of results as a browser saves it."""
    return f"<!DOCTYPE html><html><body><ul>{''.join(map(card, jobs))}</ul></body></html>"


class FakeLinkedIn(FakeHttp):
    """The service; jobs may be taken down, and faults planned for the next answers."""

    kind = "text/html; charset=utf-8"
    etags = False

    def __init__(self, jobs: Sequence[Job] = ()) -> None:
        super().__init__()
        self.jobs = {job.number: job for job in jobs}
        self.url = self.root

    def reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Show results or a job."""
        if path == "/jobs-guest/jobs/api/seeMoreJobPostings/search":
            words = params.get("keywords", "").lower()
            found = [job for job in self.jobs.values() if words in job.title.lower()]
            start = int(params.get("start", 0))
            return Reply("".join(map(card, found[start : start + A_PAGE])).encode())
        last = path.rsplit("/", 1)[-1]
        if path.startswith("/jobs-guest/jobs/api/jobPosting/") and last.isdigit() and int(last) in self.jobs:
            return Reply(job_page(self.jobs[int(last)], numbered=False).encode())
        return Reply(status=404)
