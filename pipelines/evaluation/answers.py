"""Let a tagger answer labelled texts, and lay its tags out as scores of all labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Tag, Taxonomy, Text
from pipelines.evaluation import evaluate
from pipelines.evaluation.evaluate import Answers, Flags
from pipelines.evaluation.rows import Labelled
from pipelines.ngrams import Floats

_TOGETHER = 1024

Outcomes = Sequence[Sequence[Tag] | Exception]
Asked = Callable[[Sequence[Text], int], Outcomes]  # texts, and how many tags of each are wanted


@dataclass(frozen=True, slots=True)
class Answered:
    """The texts that were answered, how, with what evidence, and why others were not."""

    labelled: Labelled
    answers: Answers
    evidence: Sequence[str]
    refused: Sequence[str]


def ask(
    tag: Asked, labelled: Labelled, taxonomy: Taxonomy, *, progress: Callable[[int], None] = lambda rows: None
) -> Answered:
    """Return what a tagger says of each text; a text that cannot be tagged is set aside with its reason."""
    codes = {label.code: at for at, label in enumerate(taxonomy.labels)}
    scores: Floats = np.zeros((len(labelled), len(codes)), dtype=np.float32)
    sure: Flags = np.zeros(len(labelled), dtype=np.bool_)
    refused: dict[int, str] = {}
    why: list[str] = []
    for start in range(0, len(labelled), _TOGETHER):
        for row, found in enumerate(tag(labelled.texts[start : start + _TOGETHER], len(codes)), start):
            if isinstance(found, Exception):
                refused[row] = f"row {row + 1}: {found}"
                continue
            mine = [tag for tag in found if tag.taxonomy == taxonomy.name]
            scores[row, [codes[tag.code] for tag in mine]] = [tag.score for tag in mine]
            sure[row] = mine[0].sure
            why.append(because(mine[0]))
        progress(min(start + _TOGETHER, len(labelled)))
    kept = np.array([row for row in range(len(labelled)) if row not in refused], dtype=np.int64)
    rows = labelled.part(kept)
    answers = evaluate.among(scores[kept], sure[kept], rows.allowed, rows.groups)
    return Answered(rows, answers, why, list(refused.values()))


def because(tag: Tag) -> str:
    """Return the evidence of a tag in a few words."""
    words = ", ".join(map(str, tag.evidence.get("words", ())))
    rule = str(tag.evidence.get("rule", ""))
    return f"{rule}: {words}" if rule and words else rule or words
