"""Which waiting jobs go together into one message; a decision without I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


class Job(Protocol):
    """What coalescing looks at."""

    @property
    def id(self) -> int: ...
    @property
    def lane(self) -> int: ...
    @property
    def heavy(self) -> bool: ...
    @property
    def suspect(self) -> bool: ...
    @property
    def waited(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many jobs one message carries, and how long a short one waits (seconds)."""

    titles: int
    postings: int
    wait: float


@dataclass(frozen=True, slots=True)
class Batch:
    """The ids that one message carries."""

    lane: int
    ids: tuple[int, ...]


def coalesce(jobs: Iterable[Job], sizes: Sizes) -> Iterator[Batch]:
    """Yield full batches at once, and a short one only when its oldest job has waited; the live lane comes first."""
    groups: dict[tuple[int, bool, bool], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.lane, job.suspect, job.heavy), []).append(job)
    for (lane, suspect, heavy), group in sorted(groups.items(), key=lambda item: item[0]):
        size = 1 if suspect else sizes.postings if heavy else sizes.titles
        for start in range(0, len(group), size):
            part = group[start : start + size]
            if len(part) == size or max(job.waited for job in part) >= sizes.wait:
                yield Batch(lane, tuple(job.id for job in part))
