"""When polling pauses: at a bound of open jobs; it goes on at half."""

import threading

import structlog

_log = structlog.get_logger()


class Pressure:
    """Remembers whether polling is paused, and says once when that changes."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.open_jobs = 0
        self.paused = threading.Event()

    def note(self, open_jobs: int) -> None:
        """Take in how many jobs are open now."""
        self.open_jobs = open_jobs
        if not self.paused.is_set() and open_jobs >= self.bound:
            self.paused.set()
            _log.warning("polling pauses", open_jobs=open_jobs, resumes_at=self.bound // 2)
        elif self.paused.is_set() and open_jobs <= self.bound // 2:
            self.paused.clear()
            _log.info("polling resumes", open_jobs=open_jobs)
