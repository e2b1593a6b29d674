"""Find brought examples whose label looks wrong, by models that did not see them (confident learning, cleanlab)."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from metier.errors import ConfigError
from metier.types import Taxonomy, Text
from pipelines import regression
from pipelines.classify import Mixture, softmax
from pipelines.ngrams import Floats, hashed
from pipelines.snapshot import Snapshot
from pipelines.tagger import Batch, Encodes

LEAST = 30  # examples below which nothing can be said

_FOLDS = 3
_BUNDLED = 5_000  # bundled examples are believed; so many of them teach the models that judge


@dataclass(frozen=True, slots=True)
class Suspect:
    """An example that its neighbours contradict: its label, what the models think it is, and how they score its own."""

    key: str
    place: str
    code: str
    suggested: str
    score: float


class NoCheck(ConfigError):
    """The check cannot be made here; the message says why."""


def check(snapshot: Snapshot, taxonomy: Taxonomy, mixture: Mixture, *, encoder: Encodes | None) -> list[Suspect]:
    """Return the suspects among the brought examples, the worst first; raise NoCheck where that cannot be said."""
    if len(snapshot.brought) < LEAST:
        raise NoCheck(f"fewer than {LEAST} examples of yours, too few to look for wrong labels")
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise NoCheck("cleanlab is not installed: pip install 'metier[train]'") from error
    codes = [label.code for label in taxonomy.labels]
    places = {code: place for place, code in enumerate(codes)}
    answers = np.array([places[one.example.code] for one in snapshot.brought], dtype=np.int64)
    scores = _unseen(snapshot, codes, mixture, encoder)
    present = np.unique(answers)  # cleanlab wants every label to occur
    if len(present) < 2:
        raise NoCheck("all examples of yours have the same label")
    within = scores[:, present] + 1e-9
    within /= within.sum(axis=1, keepdims=True)
    issues = find_label_issues(
        np.searchsorted(present, answers), within, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    return [_suspect(snapshot, int(at), codes, scores) for at in issues]


def _suspect(snapshot: Snapshot, at: int, codes: Sequence[str], scores: Floats) -> Suspect:
    one = snapshot.brought[at]
    own = float(scores[at, codes.index(one.example.code)])
    return Suspect(one.key, one.place, one.example.code, codes[int(scores[at].argmax())], round(own, 4))


def _unseen(snapshot: Snapshot, codes: Sequence[str], mixture: Mixture, encoder: Encodes | None) -> Floats:
    """Return scores of the brought examples by models that were taught without them."""
    believed = sorted(snapshot.bundled, key=lambda example: crc32(example.text.encode()))[:_BUNDLED]
    examples = [*believed, *(one.example for one in snapshot.brought)]
    batch = Batch([Text(example.text, language=example.language) for example in examples], encoder=encoder)
    vectors = batch.vectors if mixture.vectors else None
    places = {code: place for place, code in enumerate(codes)}
    answers = np.array([places[example.code] for example in examples], dtype=np.int64)
    fold = np.array([crc32(one.key.encode()) % _FOLDS for one in snapshot.brought], dtype=np.int64)
    fold = np.concatenate([np.full(len(believed), -1), fold])
    scores: Floats = np.zeros((len(examples), len(codes)), dtype=np.float32)
    start = None
    for number in range(_FOLDS):
        out: NDArray[np.bool_] = fold == number
        if not out.any():
            continue
        known = hashed([title for title, apart in zip(batch.titles, out, strict=True) if not apart])
        dense = None if vectors is None else vectors[~out]
        start = regression.fit(known, dense, answers[~out], classes=len(codes), weight=mixture.vectors, start=start)
        asked = hashed([title for title, apart in zip(batch.titles, out, strict=True) if apart])
        scores[out] = softmax(start.logits(asked, None if vectors is None else vectors[out]))
    return scores[len(believed) :]
