"""What a run that tags again would do: how many, how long, and what changes, seen on a sample tagged here and now."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from console.summary import FRESH
from metier.types import Tag, Text
from storage import answers, heartbeats, retags
from storage.answers import Answer
from storage.engine import Engine, reading
from storage.filters import Filter
from storage.retags import Sampled

NOTHING = ""
"""Stands for "no tag" where a label is expected."""
_EXAMPLES = 3
TOP = 3
"""As many candidates as a worker asks for."""


class Tagging(Protocol):
    """What tags texts."""

    @property
    def artifacts(self) -> Mapping[str, str]:
        """Which artifact answers for each taxonomy."""

    def tag(self, texts: Sequence[Text], *, top: int) -> Sequence[Sequence[Tag] | Exception]:
        """Return each text's tags, best first, or what it failed with."""


@dataclass(frozen=True, slots=True)
class Changed:
    """How often one label would become another in the sample, and some postings where it does."""

    taxonomy: str
    old: str
    new: str
    count: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the sample shows in one taxonomy."""

    taxonomy: str
    artifact: str
    compared: int
    same: int
    becomes_sure: int
    becomes_unsure: int
    by_people: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a dry run answers; `seconds` is None where nothing tells how fast work goes."""

    postings: int
    waiting: int
    by_people: int
    seconds: float | None
    rate: float | None
    measured: str
    sample: int
    failed: int
    taxonomies: list[Compared]
    changes: list[Changed]


@dataclass(slots=True)
class _Tally:
    compared: int = 0
    same: int = 0
    becomes_sure: int = 0
    becomes_unsure: int = 0
    by_people: int = 0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def preview(engine: Engine, wanted: Filter, taxonomies: Sequence[str], tagging: Tagging, *, most: int) -> Preview:
    """Count, tag a sample and compare; nothing is written."""
    with reading(engine) as connection:
        chosen = retags.choose(connection, wanted, taxonomies)
        sampled = retags.sample(connection, wanted, most=most)
        ids = [posting.id for posting in sampled]
        before, people = answers.best(connection, ids), answers.by_people(connection, ids)
        workers = [row for row in heartbeats.all_since(connection, seconds=FRESH) if row.role == "worker:tag"]
    begun = time.perf_counter()
    outcomes = tagging.tag([posting.text for posting in sampled], top=TOP)
    spent = time.perf_counter() - begun
    tallies = {name: _Tally() for name in taxonomies}
    for posting, outcome in zip(sampled, outcomes, strict=True):
        if isinstance(outcome, Exception):
            continue
        for name, tally in tallies.items():
            if (posting.id, name) in people:
                tally.by_people += 1
            else:
                old = before.get(posting.id, {}).get(name)
                _compare(tally, posting, before=old, after=best(outcome, name))
    rate, measured = _rate([row.counters for row in workers], len(sampled), spent)
    return Preview(
        chosen.postings, chosen.waiting, chosen.by_people, chosen.postings / rate if rate else None, rate, measured,
        len(sampled), sum(isinstance(outcome, Exception) for outcome in outcomes),
        [
            Compared(
                name, tagging.artifacts[name], tally.compared, tally.same, tally.becomes_sure, tally.becomes_unsure,
                tally.by_people,
            )
            for name, tally in tallies.items()
        ],
        [
            Changed(name, old, new, count, tally.examples[old, new])
            for name, tally in tallies.items()
            for (old, new), count in sorted(tally.pairs.items(), key=lambda item: (-item[1], item[0]))
        ],
    )  # fmt: skip


def best(tags: Sequence[Tag], taxonomy: str) -> Answer | None:
    """Return the answer that counts, as it would stand in the database."""
    found = [tag for tag in tags if tag.taxonomy == taxonomy]
    if not found:
        return None
    first = min(found, key=lambda tag: (not tag.sure, -tag.score, tag.code))
    return Answer(first.code, first.score, first.sure)


def _compare(tally: _Tally, posting: Sampled, *, before: Answer | None, after: Answer | None) -> None:
    tally.compared += 1
    old, new = (answer.code if answer else NOTHING for answer in (before, after))
    was, becomes = (answer is not None and answer.sure for answer in (before, after))
    tally.becomes_sure += becomes and not was
    tally.becomes_unsure += was and not becomes
    if old == new:
        tally.same += 1
        return
    tally.pairs[old, new] += 1
    examples = tally.examples.setdefault((old, new), [])
    if len(examples) < _EXAMPLES:
        examples.append(posting.ref)


def _rate(workers: Sequence[Mapping[str, float]], sampled: int, spent: float) -> tuple[float | None, str]:
    """Return postings a second and what says so: what living workers did, else the sample here."""
    tagged = sum(counters.get("tagged", 0.0) for counters in workers)
    busy = sum(counters.get("busy_seconds", 0.0) for counters in workers)
    if tagged >= 500 and busy > 0:
        return len(workers) * tagged / busy, f"{len(workers)} workers that are alive, by what they did so far"
    if sampled and spent > 0:
        return max(1, len(workers)) * sampled / spent, f"the sample here, times {max(1, len(workers))} workers"
    return None, "nothing to measure by"
