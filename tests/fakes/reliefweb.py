"""A stand-in of ReliefWeb's API v2 that behaves as the service does, with a log."""

import json
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.served import Fault, Reply, Served

APPNAME = "metier-tests-q7x2"
CATEGORIES = (
    "Human Resources", "Administration/Finance", "Advocacy/Communications", "Program/Project Management",
    "Information Management", "Logistics/Procurement", "Monitoring and Evaluation", "Other",
)  # fmt: skip
REFERENCE = "/v2/references/career-categories"
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came, the status it got, and the day that the service counted it on."""

    method: str
    path: str
    appname: str
    query: Mapping[str, Any]  # any JSON
    status: int
    day: str


def a_job(number: int, *, changed: datetime | None = None, **fields: Any) -> dict[str, Any]:  # any JSON
    """Return the fields of one job; what matters may be named."""
    created = BEGIN + timedelta(minutes=number)
    made: dict[str, Any] = {
        "id": number,
        "uuid": f"00000000-0000-4000-8000-{number:012d}",
        "title": f"Field Officer {number}",
        "status": "published",
        "body": f"**Duties** of post {number}:\n\n- to coordinate with partners\n- to report",
        "body-html": f"<p><strong>Duties</strong> of post {number}</p>",
        "how_to_apply": "Write to jobs@example.org",
        "how_to_apply-html": "<p>Write to jobs@example.org</p>",
        "url": f"https://reliefweb.int/node/{number}",
        "url_alias": f"https://reliefweb.int/job/{number}/field-officer-{number}",
        "date": {
            "created": _written(created),
            "changed": _written(changed or created),
            "closing": _written(created + timedelta(days=30)),
        },
        "language": [{"id": 267, "name": "English", "code": "en"}],
        "country": [{"id": 220, "name": "Somalia", "iso3": "som", "shortname": "Somalia"}],
        "source": [{"id": 1, "name": "Example Relief", "shortname": "ER", "homepage": "https://example.org"}],
        "city": [{"id": 9, "name": "Mogadishu"}],
        "type": [{"id": 263, "name": "Job"}],
        "theme": [{"id": 4591, "name": "Health"}],
        "career_categories": [{"id": 6863, "name": CATEGORIES[number % len(CATEGORIES)]}],
        "experience": [{"id": 259, "name": "3-4 years"}],
    }
    return made | fields


class FakeReliefWeb(Served):
    """The service; its jobs can be published, edited, closed and withdrawn, also while somebody is paging."""

    def __init__(self, jobs: Sequence[dict[str, Any]] = (), *, quota: int = 1000, appnames: Sequence[str] = (APPNAME,)):
        super().__init__()
        self.jobs = {int(job["id"]): job for job in jobs}
        self.log: list[Call] = []
        self.day = lambda: datetime.now(UTC).date().isoformat()
        self.url = f"{self.root}/v2"
        self._quota = quota
        self._appnames = set(appnames)

    def publish(self, *jobs: dict[str, Any]) -> None:
        """Show these jobs."""
        with self._lock:
            self.jobs |= {int(job["id"]): job for job in jobs}

    def edit(self, number: int, *, at: datetime, **fields: Any) -> None:
        """Change a job, which moves it to the end of those that changed."""
        with self._lock:
            job = deepcopy(self.jobs[number]) | fields
            job["date"]["changed"] = _written(at)
            self.jobs[number] = job

    def withdraw(self, number: int) -> None:
        """Take a job away without a trace."""
        with self._lock:
            del self.jobs[number]

    def used(self) -> int:
        """Return how many calls the service counted on its present day."""
        return sum(call.day == self.day() for call in self.log)

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply, Fault]:
        """Answer one request."""
        status, said, fault = self.answer(method, target, body)
        return Reply(said, status, fault.headers), fault

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes, Fault]:
        """Work out what to say to one request, and note it."""
        parts = urlsplit(target)
        appname = parse_qs(parts.query).get("appname", [""])[0]
        with self._lock:
            self.before(len(self.log))
            planned = self.faults.popleft() if self.faults else None
            query = _read(body)
            status, said = self._said(parts.path, appname, query)
            if planned is not None and planned.status != 200:
                status, said = planned.status, _error(planned.status, "Something is wrong.")
            self.log.append(Call(method, parts.path, appname, query or {}, status, self.day()))
        if planned is not None and planned.reshape is not None:
            said = planned.reshape(said)
        text = planned.body if planned is not None and planned.body is not None else json.dumps(said).encode()
        return status, text, planned or Fault()

    def _said(self, path: str, appname: str, query: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        refusals = (
            (path.startswith("/v1/"), 410, "The v1 of the API was switched off. Use v2."),
            (not appname, 400, "The 'appname' parameter is mandatory."),
            (appname not in self._appnames, 403, "You are not using an approved appname."),
            (self.used() >= self._quota, 429, f"More than {self._quota} calls today."),
            (path not in ("/v2/jobs", REFERENCE), 404, "Not found."),
            (query is None or not 0 <= int(query.get("limit", 10)) <= 1000, 400, "No JSON, or more than 1000 items."),
        )
        for refused, status, message in refusals:
            if refused:
                return status, _error(status, message)
        return 200, self._categories() if path == REFERENCE else self._found(query or {})

    def _categories(self) -> dict[str, Any]:
        data = [{"id": str(6863 + n), "fields": {"id": 6863 + n, "name": name}} for n, name in enumerate(CATEGORIES)]
        return {"href": f"{self.root}{REFERENCE}", "time": 1, "totalCount": len(data), "count": len(data), "data": data}

    def _found(self, query: Mapping[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        expired = query.get("preset") == "analysis"
        wanted = [job for job in self.jobs.values() if expired or job["status"] == "published"]
        if "filter" in query:
            wanted = [job for job in wanted if _fits(job, query["filter"])]
        for rule in reversed(query.get("sort", ["date.created:desc"])):
            name, _, direction = rule.partition(":")
            wanted.sort(key=lambda job: _value(job, name), reverse=direction == "desc")
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 10))
        include = query.get("fields", {}).get("include", ["title"])
        shown = wanted[offset : offset + limit]
        return {
            "href": f"{self.url}/jobs", "time": int((time.monotonic() - began) * 1000), "links": {},
            "totalCount": len(wanted), "count": len(shown),
            "data": [
                {"id": str(job["id"]), "score": 1, "href": f"{self.url}/jobs/{job['id']}"}
                | {"fields": _included(job, include)}
                for job in shown
            ],
        }  # fmt: skip


def _fits(job: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    if "conditions" in rule:
        held = (_fits(job, condition) for condition in rule["conditions"])
        found = any(held) if rule.get("operator", "AND") == "OR" else all(held)
    else:
        value, wanted = _value(job, rule["field"]), rule["value"]
        if isinstance(wanted, dict):
            low, high = (wanted.get(word) for word in ("from", "to"))
            found = (low is None or value >= low) and (high is None or value <= high)
        else:
            found = value in (wanted if isinstance(wanted, list) else [wanted])
    return found != bool(rule.get("negate"))


def _value(job: Mapping[str, Any], name: str) -> Any:
    found: Any = job
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _included(job: Mapping[str, Any], include: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": job["id"], "title": job["title"]}
    for name in include:
        first, _, part = name.partition(".")
        value = job.get(first)
        if value is None:
            continue
        if not part or not isinstance(value, dict | list):
            found[first] = value
        elif isinstance(value, dict):
            if part in value:
                found.setdefault(first, {})[part] = value[part]
        else:
            items = found.setdefault(first, [{} for _ in value])
            for item, whole in zip(items, value, strict=True):
                item.update({part: whole[part]} if part in whole else {})
    return found


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        return dict(json.loads(body or b"{}"))
    except ValueError:
        return None


def _error(status: int, message: str) -> dict[str, Any]:
    return {"status": status, "time": 0, "error": {"type": "Error", "message": message}}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
