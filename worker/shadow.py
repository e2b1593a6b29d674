"""Let candidates tag along on a share of the postings. Whatever they do, the champion's tags are what they were.

A candidate that cannot be loaded, raises or takes too long is put aside with its reason. One that kills its process
costs an attempt: what was attempted before is left to the champion alone.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from metier.errors import MetierError
from metier.types import Claimed, Tag, Text
from storage.shadows import Beside, Said, Shadow
from worker.batch import Serving

_log = structlog.get_logger()
PATIENCE = 20.0
"""Seconds that a candidate may take beside one batch."""

LoadOne = Callable[[str, str], Serving]
"""Loads the tagger of one taxonomy from the artifact of this digest; an empty digest means the bundled one."""


class Nonsense(Exception):
    """An answer that cannot be kept: its score is no probability, or its code no text."""


def chosen(posting: int, share: float) -> bool:
    """Tell whether a posting is in the share, the same in every process and each time."""
    return posting * 2654435761 % 2**32 < share * 2**32


@dataclass(frozen=True, slots=True)
class _Pair:
    shadow: Shadow
    candidate: Serving
    champion: Serving
    digest: str


class Shadows:
    """The candidates that this process has loaded, each with the champion of its name, to compare what both cost."""

    def __init__(self, load: LoadOne, clock: Callable[[], float] = time.perf_counter) -> None:
        self._load = load
        self._clock = clock
        self._loaded: dict[str, _Pair] = {}

    def look(self, wanted: Sequence[Shadow], champions: Mapping[str, str]) -> list[Said]:
        """Load those that are wanted now and forget the others; return those that cannot be loaded, with the reason."""
        failed = []
        kept: dict[str, _Pair] = {}
        for shadow in wanted:
            name, digest = shadow.name, champions.get(shadow.name, "")
            before = self._loaded.get(name)
            if before is not None and (before.digest, before.shadow.started_at) == (digest, shadow.started_at):
                kept[name] = before
                continue
            try:
                kept[name] = _Pair(shadow, self._load(name, shadow.digest), self._load(name, digest), digest)
            except Exception as error:  # noqa: BLE001  a candidate may fail in any way, and none is our jobs' business
                failed.append(Said(shadow, "", error=_reason("cannot be loaded", error)))
        self._loaded = kept
        return failed

    def tag(self, claimed: Sequence[Claimed], outcomes: Sequence[Sequence[Tag] | Exception]) -> list[Said]:
        """Return what the candidates say of their share of the batch, beside what the champion said."""
        said = []
        for name, pair in list(self._loaded.items()):
            shadow = pair.shadow
            pairs = [
                (job, outcome)
                for job, outcome in zip(claimed, outcomes, strict=True)
                if job.attempts == 1 and not isinstance(outcome, Exception) and chosen(job.subject, shadow.share)
            ]
            if not pairs:
                continue
            told = self._one(pair, pairs)
            if told.error:
                del self._loaded[name]
                _log.error("a candidate is put aside", artifact=shadow.artifact, reason=told.error)
            said.append(told)
        return said

    def _one(self, pair: "_Pair", pairs: Sequence[tuple[Claimed, Sequence[Tag]]]) -> Said:
        shadow, label = pair.shadow, pair.champion.artifacts[pair.shadow.name]
        texts = [job.text for job, _ in pairs]
        begun = self._clock()
        try:
            answers = pair.candidate.tag(texts)
            found = _beside(shadow.name, pairs, answers)
            spent = self._clock() - begun
            if spent > PATIENCE:
                return Said(shadow, label, error=f"too slow: {spent:.0f} s for {len(texts)} texts beside one batch")
            return Said(shadow, label, found, len(texts), spent, self._cost(pair.champion, texts))
        except Exception as error:  # noqa: BLE001  as above: also a time limit must not cost the champion's tags
            return Said(shadow, label, error=_reason("failed", error))

    def _cost(self, champion: Serving, texts: Sequence[Text]) -> float:
        begun = self._clock()
        champion.tag(texts)
        return self._clock() - begun


def _beside(
    name: str, pairs: Sequence[tuple[Claimed, Sequence[Tag]]], answers: Sequence[Sequence[Tag] | Exception]
) -> list[Beside]:
    found = []
    for (job, tags), answer in zip(pairs, answers, strict=True):
        if isinstance(answer, Exception):
            continue
        new, old = _best(answer, name), _best(tags, name)
        if new is not None:
            if not (0 <= new.score <= 1 and new.code.isprintable()):
                raise Nonsense
            found.append(
                Beside(
                    job, new.code, new.score, new.sure, old.code if old else "", old.score if old else 0.0,
                    bool(old and old.sure),
                )
            )  # fmt: skip
    return found


def _best(tags: Sequence[Tag], taxonomy: str) -> Tag | None:
    found = [tag for tag in tags if tag.taxonomy == taxonomy]
    return min(found, key=lambda tag: (not tag.sure, -tag.score, tag.code)) if found else None


def _reason(what: str, error: Exception) -> str:
    said = f": {error}" if isinstance(error, MetierError) else ""  # a foreign error may quote the text
    return f"{what}: {type(error).__name__}{said}"
