"""What comes in during a run: postings and titles over time in both lanes, edits, planted poisons; all by one seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from metier.types import Kind, Lane, Posting

KILLS, FAILS, REFUSED = "KILLS", "FAILS", "REFUSED"
CAUSES = {KILLS: "lease expired", FAILS: "ValueError", REFUSED: "rejected"}
"""Why the job of a planted poison must be dead."""
SOURCE = "chaos"


@dataclass(frozen=True, slots=True)
class Step:
    """What comes in at once."""

    lane: Lane
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """The steps of a run, and the mark of each planted poison by its key."""

    steps: tuple[Step, ...]
    poisons: dict[str, str] = field(default_factory=dict)
    jobs: int = 0


def workload(jobs: int, rng: random.Random, *, poisons: dict[str, int], early: float) -> Workload:
    """Make the steps that cause so many jobs: one in ten is an edit, and poisons come in the first, `early` part."""
    edits = jobs // 10
    marks = [mark for mark, count in poisons.items() for _ in range(count)]
    fresh = jobs - edits
    places = dict(zip(rng.sample(range(int(fresh * early)), len(marks)), marks, strict=True))
    planted = {str(place): mark for place, mark in places.items()}
    titles = [_posting(str(number), planted.get(str(number), ""), rng) for number in range(fresh)]
    steps = list(_steps(titles, edits, planted, rng))
    return Workload(tuple(steps), planted, jobs)


def _steps(fresh: list[Posting], edits: int, planted: dict[str, str], rng: random.Random) -> Iterator[Step]:
    total, seen, edited = len(fresh), 0, 0
    while seen < total:
        lane = Lane.BACKFILL if rng.random() < 0.4 else Lane.LIVE
        size = min(rng.randint(5, 40) if lane is Lane.LIVE else rng.randint(20, 160), total - seen)
        arriving = fresh[seen : seen + size]
        seen += size
        earlier = [str(key) for key in range(seen - size) if str(key) not in planted]
        wanted = min(edits * seen // total - edited, len(earlier))
        changed = [_posting(key, f"edit {seen}", rng) for key in rng.sample(earlier, wanted)]
        edited += len(changed)
        yield Step(lane, tuple(arriving))
        if changed:
            yield Step(Lane.LIVE, tuple(changed))


def _posting(key: str, mark: str, rng: random.Random) -> Posting:
    word = rng.choice(("Nurse", "Fahrer", "Ingénieur", "Kokki", "会計士", "مهندس"))
    later = " LATER" if not mark and rng.random() < 0.01 else ""
    title = f"{word} {key} {mark}{later}".strip()
    if rng.random() < 0.5:
        return Posting(SOURCE, key, title, kind=Kind.TITLE)
    return Posting(SOURCE, key, title, body=f"We are looking for: {title}.")
