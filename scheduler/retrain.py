"""Train again what has new examples: the periodic job `retrain`. Whether there is reason to is a pure function.

It only queues runs. What has not changed since the last training is never trained again, however long ago that was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.work import AGAIN, Outcome, Work
from storage import artifacts, examples, run_turns, runs
from storage.engine import reading, transaction
from storage.runs import Run
from storage.schedule import Schedule

_KIND = "train"
_LOOKED_AT = 500
_OWN = "own"  # the head that the tagger of a taxonomy names
_PAUSE = timedelta(days=1)  # after a failure, which a person can see in `metier runs list`


@dataclass(frozen=True, slots=True)
class Standing:
    """The examples of a taxonomy now, and its last training: what it was taught with, and when."""

    taxonomy: str
    fingerprint: str
    count: int
    last: Run | None
    under_way: bool
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """After how many examples more or fewer, or after how long with any change, is trained again."""

    after: int
    every: timedelta


def reason(standing: Standing, rule: Rule, now: datetime) -> str:
    """Return why a taxonomy is to be trained again; empty where it is not."""
    last = standing.last
    failed = standing.failed_at is not None and now - standing.failed_at < _PAUSE
    if not rule.after or not standing.count or standing.under_way or failed:
        return ""
    if last is None:
        return f"{standing.count} examples, never trained" if standing.count >= rule.after else ""
    taught, fingerprint = last.outcome.get("own", 0), last.outcome.get("fingerprint")
    if fingerprint == standing.fingerprint:
        return ""
    if abs(standing.count - taught) >= rule.after:
        return f"{standing.count} examples, {taught} at the last training"
    if now - last.started_at >= rule.every:
        return f"examples changed, and the last training was on {last.started_at:%d %B %Y}"
    return ""


class Retrain:
    """Queues a run for each taxonomy that has reason to be trained again."""

    limit = 120.0

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def wants(self, schedule: Schedule) -> bool:
        """Always: every scheduler can; a rule of 0 examples switches it off."""
        return schedule.kind == "retrain" and self._rule.after > 0

    def run(self, work: Work) -> Outcome:
        """Look at each taxonomy and queue what is due."""
        queued = []
        with reading(work.engine) as connection:
            names = examples.taxonomies(connection)
        for name in names:
            if work.stop.is_set():
                return AGAIN
            with transaction(work.engine) as connection:
                work.hold(connection)
                run_turns.lock(connection)  # whoever trains by command is seen, and sees us
                fingerprint, count = examples.fingerprint(connection, name)
                known = runs.listed(connection, _KIND, most=_LOOKED_AT)
                standing = stand(name, fingerprint, count, known=known)
                if why := reason(standing, self._rule, work.slot):
                    head = head_of(artifacts.champions(connection).get(name, ""), known=known)
                    run, _ = runs.queue(connection, _KIND, {"taxonomy": name, "head": head, "by": "retrain"})
                    runs.say(connection, run, f"queued: {why}")
                    queued.append(name)
        return Outcome("done", f"queued: {', '.join(queued)}" if queued else "")

    def expired(self, work: Work) -> None:
        """Leave it: the next slot looks again."""


def head_of(champion: str, *, known: Sequence[Run]) -> str:
    """Return the head that the champion was trained with: what a person chose to serve is trained again, not undone."""
    for run in known:
        if champion and run.outcome.get("artifact") == champion:
            return str(run.params.get("head", _OWN))
    return _OWN


def _failed(ours: Sequence[Run]) -> datetime | None:
    """Return when the newest run began, if it failed."""
    return ours[0].started_at if ours and ours[0].state == "failed" else None


def stand(taxonomy: str, fingerprint: str, count: int, *, known: Sequence[Run]) -> Standing:
    """Return how a taxonomy stands; a training that learnt from files as well was an experiment and does not count."""
    ours = [run for run in known if run.params.get("taxonomy") == taxonomy]
    done = [run for run in ours if run.state == "done" and not run.params.get("files")]
    under_way = any(run.state in ("waiting", "running") for run in ours)
    return Standing(taxonomy, fingerprint, count, done[0] if done else None, under_way, _failed(ours))
