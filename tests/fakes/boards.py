"""Job boards that behave as Greenhouse, Lever and Ashby do; their jobs can be edited while somebody reads."""

import html
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.http import FakeHttp
from tests.fakes.served import Reply

BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
TEXT = "<h2>Role</h2><p>You care for guests &amp; rooms of hotel {n}.</p><ul><li>greet</li><li>plan</li></ul>"
Job = dict[str, Any]  # Any: JSON


def moment(number: int) -> str:
    """Return when a job was published."""
    return (BEGIN + timedelta(minutes=number)).isoformat(timespec="seconds")


def at_greenhouse(number: int, **fields: Any) -> Job:  # Any: JSON
    """Return a job as Greenhouse shows it."""
    made: Job = {
        "id": 4_000_000 + number,
        "internal_job_id": number,
        "title": f"Front Desk Agent {number}",
        "absolute_url": f"https://boards.greenhouse.io/acme/jobs/{4_000_000 + number}",
        "updated_at": moment(number),
        "first_published": moment(number),
        "requisition_id": f"R-{number}",
        "location": {"name": "Lisbon, Portugal"},
        "language": "en",
        "content": html.escape(TEXT.format(n=number)),
        "departments": [{"id": 1, "name": "Hospitality", "parent_id": None, "child_ids": []}],
        "offices": [{"id": 2, "name": "Lisbon", "location": "Lisbon"}],
        "metadata": [{"id": 3, "name": "Contract", "value": "Permanent", "value_type": "single_select"}],
    }
    return made | fields


def at_lever(number: int, **fields: Any) -> Job:  # Any: JSON
    """Return a posting as Lever shows it."""
    made: Job = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "text": f"Baker {number}",
        "categories": {
            "commitment": "Full-time", "department": "Kitchen", "location": "Vienna", "team": "Bread",
            "allLocations": ["Vienna", "Graz"],
        },
        "country": "AT",
        "workplaceType": "on-site",
        "createdAt": int((BEGIN + timedelta(minutes=number)).timestamp() * 1000),
        "descriptionPlain": f"You bake bread in shop {number}.",
        "description": f"<div>You bake bread in shop {number}.</div>",
        "lists": [{"text": "Duties", "content": "<li>knead</li><li>bake</li>"}],
        "additionalPlain": "We look forward to you.",
        "additional": "<div>We look forward to you.</div>",
        "salaryRange": {"min": 32000, "max": 38000, "currency": "EUR", "interval": "per-year-salary"},
        "hostedUrl": f"https://jobs.lever.co/acme/{number:012d}",
        "applyUrl": f"https://jobs.lever.co/acme/{number:012d}/apply",
    }  # fmt: skip
    return made | fields


def at_ashby(number: int, **fields: Any) -> Job:  # Any: JSON
    """Return a job as Ashby shows it."""
    made: Job = {
        "id": f"11111111-0000-4000-8000-{number:012d}",
        "title": f"Data Engineer {number}",
        "location": "Remote, Canada",
        "secondaryLocations": [{"location": "Toronto", "address": {}}],
        "department": "Engineering",
        "team": "Data",
        "isListed": True,
        "isRemote": True,
        "workplaceType": "Remote",
        "employmentType": "FullTime",
        "publishedAt": moment(number),
        "address": {"postalAddress": {"addressLocality": "Toronto", "addressCountry": "Canada"}},
        "jobUrl": f"https://jobs.ashbyhq.com/acme/11111111-0000-4000-8000-{number:012d}",
        "applyUrl": f"https://jobs.ashbyhq.com/acme/11111111-0000-4000-8000-{number:012d}/application",
        "descriptionHtml": TEXT.format(n=number),
        "descriptionPlain": "You care.",
        "compensation": {
            "compensationTierSummary": "CA$120K – CA$150K",
            "scrapeableCompensationSalarySummary": "CA$120K - CA$150K",
            "compensationTiers": [
                {"title": "Level 1", "components": [_pay(120_000, 135_000), {"compensationType": "EquityPercentage"}]},
                {"title": "Level 2", "components": [_pay(130_000, 150_000)]},
            ],
        },
    }
    return made | fields


def _pay(low: int, high: int) -> Job:
    return {
        "compensationType": "Salary", "interval": "1 YEAR", "currencyCode": "CAD", "minValue": low, "maxValue": high,
    }  # fmt: skip


class FakeGreenhouse(FakeHttp):
    """One board with the token acme."""

    def __init__(self, *jobs: Job) -> None:
        super().__init__()
        self.jobs = list(jobs)
        self.url = f"{self.root}/v1"

    def reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Show all jobs."""
        if path != "/v1/boards/acme/jobs":
            return Reply(b'{"status":404,"error":"Job board not found"}', 404)
        jobs = self.jobs if params.get("content") == "true" else [job | {"content": None} for job in self.jobs]
        return Reply(json.dumps({"jobs": jobs, "meta": {"total": len(jobs)}}).encode())


class FakeAshby(FakeHttp):
    """One board with the name acme; Ashby gives no ETag."""

    etags = False

    def __init__(self, *jobs: Job) -> None:
        super().__init__()
        self.jobs = list(jobs)
        self.url = f"{self.root}/posting-api"

    def reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Show all jobs, with pay where it is asked for."""
        if path != "/posting-api/job-board/acme":
            return Reply(b"Not Found", 404)
        hidden = set() if params.get("includeCompensation") == "true" else {"compensation"}
        jobs = [{name: value for name, value in job.items() if name not in hidden} for job in self.jobs]
        return Reply(json.dumps({"jobs": jobs, "apiVersion": "1"}).encode())


class FakeLever(FakeHttp):
    """One site called acme, a page at a time."""

    def __init__(self, *jobs: Job) -> None:
        super().__init__()
        self.jobs = list(jobs)
        self.url = f"{self.root}/v0"

    def reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Show the postings from an offset on."""
        if path != "/v0/postings/acme":
            return Reply(b'{"ok":false,"error":"Document not found"}', 404)
        skip, limit = int(params.get("skip", 0)), min(int(params.get("limit", 100)), 100)
        return Reply(json.dumps(self.jobs[skip : skip + limit]).encode())
