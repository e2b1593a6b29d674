"""All that is measured of one artifact on one file: overall, on unseen rows, by label and language, and mistakes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Taxonomy, TaxonomyKind
from pipelines.evaluation import evaluate, ranking, scores
from pipelines.evaluation.answers import Answered
from pipelines.evaluation.draws import DRAWS, Interval
from pipelines.evaluation.evaluate import Answers, Figure, Flags
from pipelines.evaluation.review import Review
from pipelines.evaluation.review import of as review_of
from pipelines.evaluation.scores import Bin, Point
from pipelines.ngrams import Whole

_FEW = 20  # titles; a language with fewer is counted among the others
_SHOWN = 50  # mistakes
_OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Part:
    """Figures of some of the rows."""

    name: str
    rows: int
    figures: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class LabelPart:
    """Figures of one label: how many rows have it in truth, how often it is right where given, how much it finds."""

    code: str
    name: str
    rows: int
    figures: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong answer; the surer, the worse."""

    title: str
    truth: str
    given: str
    score: float
    why: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a measurement; all of it can be written as JSON."""

    taxonomy: str
    artifact: str
    rows: int
    distinct: int
    refused: Sequence[str]
    seen: int | None  # rows whose title taught the artifact; None where that is not known
    draws: int
    overall: Mapping[str, Interval]
    parts: Sequence[Part]  # seen, unseen
    languages: Sequence[Part]
    labels: Sequence[LabelPart]
    confusion: Sequence[Sequence[int]]  # a row a label in truth, a column a label given
    bins: Sequence[Bin]
    curve: Sequence[Point]
    area: float
    review: Review
    mistakes: Sequence[Mistake]


@dataclass(frozen=True, slots=True)
class Wish:
    """How often a kept answer is to be right, and how intervals are drawn."""

    right: float = 0.95
    draws: int = DRAWS
    seed: int = 0


def report(
    answered: Answered,
    taxonomy: Taxonomy,
    artifact: str,
    *,
    languages: Sequence[str],
    seen: Flags | None = None,
    wish: Wish | None = None,
) -> Report:
    """Return the whole report; `languages` and `seen` say of each row which it is and whether it was learnt from."""
    how = wish or Wish()
    answers, rows = answered.answers, answered.labelled
    figures = figures_of(answers, taxonomy, how.right)
    return Report(
        taxonomy=taxonomy.name,
        artifact=artifact,
        rows=len(rows),
        distinct=len(np.unique(rows.groups)),
        refused=answered.refused,
        seen=None if seen is None else int(seen.sum()),
        draws=how.draws,
        overall=evaluate.intervals(answers, figures, draws=how.draws, seed=how.seed),
        parts=[] if seen is None else _parts({"unseen": ~seen, "seen": seen}, answers, how),
        languages=_parts(_spoken(languages), answers, how),
        labels=_labels(answers, taxonomy, how),
        confusion=_confusion(answers),
        bins=scores.reliability(answers),
        curve=scores.risk_coverage(answers),
        area=scores.area(answers),
        review=review_of(answers, [label.code for label in taxonomy.labels], how.right),
        mistakes=_mistakes(answered, taxonomy, seen),
    )


def figures_of(answers: Answers, taxonomy: Taxonomy, right: float) -> dict[str, Figure]:
    """Return the figures that make sense of this taxonomy."""
    found: dict[str, Figure] = {**evaluate.OVERALL, **scores.SCORES}
    found["coverage"] = scores.coverage_at(right)
    if taxonomy.kind is TaxonomyKind.ORDINAL:
        found |= ranking.ordinal(np.array([label.rank or 0 for label in taxonomy.labels]))
    if (above := super_categories(taxonomy)) is not None:
        found["super_category"] = ranking.parents(answers, above)
    return {**found, **ranking.figures(answers)}


def super_categories(taxonomy: Taxonomy) -> Whole | None:
    """Return the number of each label's topmost parent, or of the major group of its official code; None if neither."""
    parent = {label.code: label.parent for label in taxonomy.labels}

    def topmost(code: str) -> str:
        above = parent.get(code)
        return code if above is None else topmost(above)

    tops = [topmost(label.code) for label in taxonomy.labels]
    if not any(parent.values()):
        # 13-1161.00: official codes of occupations begin with their major group
        groups = [code.partition("-") for code in tops]
        if not all(group.isdigit() and rest[:1].isdigit() for group, _, rest in groups):
            return None
        tops = [group for group, _, _ in groups]
    numbers = {top: number for number, top in enumerate(dict.fromkeys(tops))}
    return np.array([numbers[top] for top in tops], dtype=np.int64)


def _parts(rows: Mapping[str, Flags], answers: Answers, how: Wish) -> list[Part]:
    figures = {name: evaluate.OVERALL[name] for name in ("accuracy", "macro_f1", "sure", "sure_right")}
    return [
        Part(name, int(some.sum()), evaluate.intervals(answers.part(some), figures, draws=how.draws, seed=how.seed))
        for name, some in rows.items()
        if some.any()
    ]


def _spoken(languages: Sequence[str]) -> dict[str, Flags]:
    counted = Counter(languages)
    often = [code for code, rows in counted.most_common() if code and rows >= _FEW]
    found = {code: np.array([one == code for one in languages], dtype=np.bool_) for code in often}
    return {**found, _OTHERS: np.array([one not in often for one in languages], dtype=np.bool_)}


def _labels(answers: Answers, taxonomy: Taxonomy, how: Wish) -> list[LabelPart]:
    found = evaluate.spreads(answers, draws=how.draws, seed=how.seed)
    support = np.bincount(answers.truth, minlength=answers.size)
    return [
        LabelPart(label.code, label.name, int(support[at]), {name: values[at] for name, values in found.items()})
        for at, label in enumerate(taxonomy.labels)
    ]


def _confusion(answers: Answers) -> list[list[int]]:
    flat = np.bincount(answers.truth * answers.size + answers.given, minlength=answers.size**2)
    table: list[list[int]] = flat.reshape(answers.size, answers.size).tolist()
    return table


def _mistakes(answered: Answered, taxonomy: Taxonomy, seen: Flags | None) -> list[Mistake]:
    answers, rows = answered.answers, answered.labelled
    codes = [label.code for label in taxonomy.labels]
    found: dict[tuple[int, int], Mistake] = {}
    for row in np.argsort(-answers.best, kind="stable").tolist():
        key = int(rows.groups[row]), int(answers.truth[row])
        if answers.given[row] == answers.truth[row] or key in found:
            continue
        found[key] = Mistake(
            title=rows.texts[row].title,
            truth=" | ".join(codes[at] for at in np.flatnonzero(rows.allowed[row])),
            given=codes[answers.given[row]],
            score=float(answers.best[row]),
            why=answered.evidence[row],
            seen=bool(seen[row]) if seen is not None else False,
        )
        if len(found) == _SHOWN:
            break
    return list(found.values())
