"""A wished precision turned into a threshold, how many answers it keeps, and what of each label is left to review."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.evaluation.evaluate import Answers, Flags
from pipelines.evaluation.scores import surest

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """What a threshold leaves: the share of answers that it keeps, and how often these are right."""

    threshold: float | None  # none where no threshold makes answers right often enough
    coverage: float
    right: float | None


@dataclass(frozen=True, slots=True)
class Load:
    """The answers of one label: kept by the threshold for all, left to review, and kept by a threshold of its own."""

    code: str
    answers: int
    kept: int
    review: int
    right: float | None
    own: Kept


@dataclass(frozen=True, slots=True)
class Review:
    """What a person who wants answers right so often has to do.

    `chosen` flatters a little, since the threshold was chosen on the answers that it is measured on; `out_of_fold` is
    chosen on four fifths of the titles and measured on the others, in turn.
    """

    wished: float
    chosen: Kept
    out_of_fold: Kept
    labels: Sequence[Load]


def of(answers: Answers, codes: Sequence[str], right: float) -> Review:
    """Return what a wish to be right so often means for these answers."""
    threshold = surest(answers, right)
    kept = _above(answers, threshold)
    loads = []
    for place, code in enumerate(codes):
        mine = answers.part(answers.given == place)
        left = kept[answers.given == place]
        loads.append(
            Load(
                code=code,
                answers=len(mine),
                kept=int(left.sum()),
                review=int((~left).sum()),
                right=_right(mine, left),
                own=_measured(mine, _above(mine, surest(mine, right)), surest(mine, right)),
            )
        )
    return Review(right, _measured(answers, kept, threshold), _crossed(answers, right), loads)


def _crossed(answers: Answers, right: float) -> Kept:
    """Keep answers by thresholds that were chosen without the fold of their title; report the strictest of these."""
    folds = answers.groups % _FOLDS
    kept = np.zeros(len(answers), dtype=np.bool_)
    used: list[float] = []
    for fold in range(_FOLDS):
        threshold = surest(answers.part(folds != fold), right)
        kept[folds == fold] = _above(answers, threshold)[folds == fold]
        used += [] if threshold is None else [threshold]
    return _measured(answers, kept, max(used) if used else None)


def _measured(answers: Answers, kept: Flags, threshold: float | None) -> Kept:
    return Kept(threshold, float(kept.mean()) if len(kept) else 0.0, _right(answers, kept))


def _above(answers: Answers, threshold: float | None) -> Flags:
    return np.zeros(len(answers), dtype=np.bool_) if threshold is None else answers.best >= np.float32(threshold)


def _right(answers: Answers, kept: Flags) -> float | None:
    return float(answers.hits[kept].mean()) if kept.any() else None
