"""A stand-in of a foreign service that shows pages by path, with ETags and a log."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.served import Fault, Reply, Served


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, when, and the status it got."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
    status: int


class FakeHttp(Served):
    """A service of pages, each with an ETag unless it has its own; `always` spoils all that no fault does."""

    etags = True

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Asked] = []
        self.always: Fault | None = None

    def reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Say what is at a path."""
        raise NotImplementedError

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply, Fault]:
        """Work out what to say to one request, and note it."""
        parts = urlsplit(target)
        params = dict(parse_qsl(parts.query))
        with self._lock:
            self.before(len(self.log))
            fault = (self.faults.popleft() if self.faults else None) or self.always
            said = self._said(parts.path, params, headers)
            if fault is not None:
                status = fault.status if fault.status != 200 else said.status
                spoilt = fault.body if fault.body is not None else said.body
                said = Reply(spoilt, status, {**said.headers, **fault.headers})
            self.log.append(Asked(parts.path, params, headers, time.monotonic(), said.status))
        return said, fault or Fault()

    def _said(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        found = self.reply(path, params)
        if found.status != 200 or not self.etags:
            return found
        etag = f'"{hashlib.sha256(found.body).hexdigest()[:16]}"'
        known = {"ETag": etag, **found.headers}
        if headers.get("If-None-Match") == known["ETag"]:
            return Reply(b"", 304, known)
        return Reply(found.body, 200, known)
