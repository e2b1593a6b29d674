"""A ReliefWeb with a large archive, in a process of its own: python -m tests.fakes.reliefweb_archive JOBS.

It answers the one query that polling asks, out of pages that are ready; its first line is its URL.
"""

import json
import sys
from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.fakes.reliefweb import FakeReliefWeb, a_job
from tests.fakes.served import Fault

BODY = (
    "**Background**\n\nThe organisation works with local partners in {n} districts.\n\n**Duties**\n\n"
    + "- plan, follow and report the work of the field teams, with their partners and the authorities\n" * 12
    + "\n**Profile**\n\n- five years of work in a like role; fluent English, and French or Arabic\n"
)


class Archive(FakeReliefWeb):
    """Jobs that do not change any more."""

    def __init__(self, jobs: int) -> None:
        super().__init__(quota=10**9)
        made = [a_job(number, body=BODY.format(n=number)) for number in range(1, jobs + 1)]
        for job in made:
            del job["body-html"], job["how_to_apply"], job["how_to_apply-html"]
        self._order = [(datetime.fromisoformat(job["date"]["changed"]), int(job["id"])) for job in made]
        self._items = [json.dumps({"id": str(job["id"]), "score": 1, "fields": job}).encode() for job in made]

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes, Fault]:
        """Show the jobs from a date on."""
        query: Mapping[str, Any] = json.loads(body)
        [condition] = query.get("filter", {}).get("conditions") or [{"value": {}}]
        since = condition["value"].get("from")
        start = bisect_left(self._order, (datetime.fromisoformat(since), 0)) if since else 0
        items = self._items[start : start + int(query["limit"])]
        head = f'{{"totalCount": {len(self._items) - start}, "count": {len(items)}, "data": ['
        return 200, head.encode() + b",".join(items) + b"]}", Fault()


if __name__ == "__main__":
    with Archive(int(sys.argv[1])) as archive:
        print(archive.url, flush=True)
        sys.stdin.read()  # until whoever started us is gone
