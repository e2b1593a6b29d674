"""LinkedIn's pages for guests as a real HTTP server on loopback: results, jobs, the ways it turns one away, a log."""

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

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


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request: when it began, and for what."""

    at: float
    path: str
    query: Mapping[str, str]


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


class FakeLinkedIn:
    """The service; jobs may be taken down, and faults planned for the next answers."""

    def __init__(self, jobs: Sequence[Job] = ()) -> None:
        self.jobs = {job.number: job for job in jobs}
        self.log: list[Call] = []
        self.faults: deque[Fault | None] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.fake = self  # type: ignore[attr-defined]  # how a handler finds it
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, target: str) -> Fault:
        """Work out what to say to one request, and note it."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.log.append(Call(time.monotonic(), parts.path, query))
        planned = self.faults.popleft() if self.faults else None
        return planned or self._said(parts.path, query)

    def _said(self, path: str, query: Mapping[str, str]) -> Fault:
        if path == "/jobs-guest/jobs/api/seeMoreJobPostings/search":
            words = query.get("keywords", "").lower()
            found = [job for job in self.jobs.values() if words in job.title.lower()]
            start = int(query.get("start", 0))
            return Fault(body="".join(map(card, found[start : start + A_PAGE])))
        last = path.rsplit("/", 1)[-1]
        if path.startswith("/jobs-guest/jobs/api/jobPosting/") and last.isdigit() and int(last) in self.jobs:
            return Fault(body=job_page(self.jobs[int(last)], numbered=False))
        return Fault(404, body="")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        fake: FakeLinkedIn = self.server.fake  # type: ignore[attr-defined]  # put there by the fake
        said = fake.answer(self.path)
        text = (said.body or "").encode()
        self.send_response(said.status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **said.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
