"""What the gate looks at, measured: champion and candidate on the same titles in one run."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from metier.types import Example, Text
from pipelines.gate import Answers, Measured
from pipelines.tagger import Batch, Encodes, Tagger

_TIMED = 512  # titles, as in a message
_ROUNDS = 5
_TOGETHER = 1024


def measure(
    champion: Tagger,
    candidate: Tagger,
    *,
    own: Sequence[Example],
    reference: Sequence[Example],
    encoders: tuple[Encodes | None, Encodes | None],
    clock: Callable[[], float] = time.process_time,
) -> Measured:
    """Return what both say of titles labelled by people; a text that people label differently counts for nobody."""
    return Measured(
        own=_answers(champion, candidate, _agreed(own), encoders),
        reference=_answers(champion, candidate, reference, encoders),
        slower=_slower(champion, candidate, [*own, *reference], encoders, clock),
    )


def _answers(
    champion: Tagger, candidate: Tagger, examples: Sequence[Example], encoders: tuple[Encodes | None, Encodes | None]
) -> Answers:
    truth = [example.code for example in examples]
    return Answers(truth, _best(champion, examples, encoders[0]), _best(candidate, examples, encoders[1]))


def _best(tagger: Tagger, examples: Sequence[Example], encoder: Encodes | None) -> list[str]:
    texts = [Text(example.text, language=example.language) for example in examples]
    found: list[str] = []
    for start in range(0, len(texts), _TOGETHER):
        found += [tags[0].code for tags in tagger.tag(Batch(texts[start : start + _TOGETHER], encoder=encoder, top=1))]
    return found


def _agreed(examples: Sequence[Example]) -> list[Example]:
    codes: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        codes[example.text.casefold()].add(example.code)
    return [example for example in examples if len(codes[example.text.casefold()]) == 1]


def _slower(
    champion: Tagger,
    candidate: Tagger,
    examples: Sequence[Example],
    encoders: tuple[Encodes | None, Encodes | None],
    clock: Callable[[], float],
) -> float:
    """Return the candidate's time by the champion's, the best of some rounds in turn."""
    if not examples:
        return 1.0
    texts = [Text(example.text, language=example.language) for example in examples]
    texts = (texts * (_TIMED // len(texts) + 1))[:_TIMED]
    best = [float("inf"), float("inf")]
    for _ in range(_ROUNDS):
        for which, tagger in enumerate((champion, candidate)):
            begun = clock()
            tagger.tag(Batch(texts, encoder=encoders[which]))  # a new batch: its features are worked out again
            best[which] = min(best[which], clock() - begun)
    return best[1] / best[0] if best[0] > 0 else 1.0
