"""What a service answered, and what each status means: later, never, or another shape."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from metier.errors import MetierError, SourceChanged, SourceRefused, SourceUnavailable
from scheduler.addresses import host

UNASKED = timedelta(minutes=15)
"""How long to stay away after a 429 that does not say."""
LONGEST = timedelta(days=1)
CONDITIONS = {"etag": ("ETag", "If-None-Match"), "modified": ("Last-Modified", "If-Modified-Since")}
"""By what headers a service says how an answer is known again, and is asked whether it still is."""
_LONGEST_MARK = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def known(self) -> dict[str, str]:
        """Return by what the service knows this answer again: keep it in a cursor and give it to the next `get`."""
        found = {name: self.headers.get(header, "") for name, (header, _) in CONDITIONS.items()}
        return {name: value for name, value in found.items() if 0 < len(value) <= _LONGEST_MARK}

    @property
    def unchanged(self) -> bool:
        """Tell whether there is nothing new since the answer that was named with the question."""
        return self.status == 304


def read_json(name: str, answer: Answer) -> Any:  # Any: JSON
    """Return the JSON of an answer; what is no JSON at all is a changed shape, half of one a broken connection."""
    try:
        return json.loads(answer.body)
    except ValueError as error:
        if answer.body.lstrip()[:1] in (b"{", b"["):
            raise SourceUnavailable(f"{name}: the answer breaks off after {len(answer.body)} bytes") from error
        kind = answer.headers.get("Content-Type", "of no type").partition(";")[0]
        raise SourceChanged(f"{name}: the answer is no JSON but {kind}; is there a page in between?") from error


def fault(name: str, answer: Answer, *, remedies: Mapping[int, str]) -> MetierError | None:
    """Return what a status other than 2xx means; `remedies` says for some what a person can do."""
    status = answer.status
    if 200 <= status < 300:
        return None
    remedy = f": {remedies[status]}" if status in remedies else ""
    if status in {408, 429} or 500 <= status < 600:
        wait = retry_after(answer.headers.get("Retry-After", ""), now=datetime.now(UTC))
        said = "asks to be left alone" if status == 429 else "is in trouble"
        after = wait or (UNASKED if status == 429 else None)
        when = f" for {after.total_seconds():.0f} s" if after else ""
        remedy = remedy or "; it is asked again later"
        return SourceUnavailable(f"{name}: the service {said}{when} (status {status}){remedy}", after=after)
    if status in (401, 403, 410, 451, 999):
        return SourceRefused(f"{name}: the service does not let us in (status {status}){remedy}")
    if 300 <= status < 400:
        target = host(answer.headers.get("Location", "")) or "nowhere"
        return SourceChanged(
            f"{name}: the service sends us on to {target[:100]} (status {status}), which we do not follow; "
            "is the address right?"
        )
    remedy = remedy or "; look for a newer Metier"
    return SourceChanged(f"{name}: the service does not understand the question (status {status}){remedy}")


def retry_after(value: str, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date; None where it says nothing of use."""
    try:
        wait = timedelta(seconds=int(value))
    except (ValueError, OverflowError):
        try:
            wait = parsedate_to_datetime(value) - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(wait, timedelta(seconds=1)), LONGEST)
