"""Choose the numbers of [calibration] on labelled titles, and say out of fold what they are worth.

python -m tests.quality.calibrate department titles.csv --towards other
"""

import argparse
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from metier.settings import settings
from metier.types import Text
from pipelines import artifact, calibrate, classify, head
from pipelines.calibrate import Judged
from pipelines.calibration import Calibration
from pipelines.classify import Head, Mixture
from pipelines.evaluation import evaluate
from pipelines.evaluation import scores as evaluate_scores
from pipelines.evaluation.evaluate import Answers, Figure
from pipelines.ngrams import Floats, Whole
from pipelines.tagger import Batch
from tests.quality import titles
from tests.quality.titles import Labelled

RULES = (1.0, 1.5, 2.0, 3.0, 4.0)
FIGURES: Mapping[str, Figure] = {
    "accuracy": evaluate.accuracy,
    "macro-F1": evaluate.macro_f1,
    "ECE": evaluate_scores.calibration_error,
    "sure": evaluate.sure_share,
    "right where sure": evaluate.sure_right,
    "coverage at 90 %": evaluate_scores.coverage_at(0.90),
    "at 95 %": evaluate_scores.coverage_at(0.95),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is chosen among, and how often a sure answer is to be right."""

    rules: Sequence[float] = RULES
    towards: Sequence[str] = ()
    right: float = 0.95

    def fit(self, judged: Judged, start: Mixture) -> Mixture:
        """Return the numbers that fit these titles."""
        return calibrate.fit(judged, start, rules=self.rules, towards=self.towards)

    def threshold(self, judged: Judged, mixture: Mixture) -> float:
        """Return the threshold for these titles."""
        return calibrate.threshold(judged.scores(mixture), judged.answers, right=self.right)


def judge(found: Head, labelled: Labelled) -> Judged:
    """Return what a head's weights and convention say of the titles."""
    if found.weights.vectors is not None:
        raise SystemExit(f"{found.taxonomy.name} reads sentence vectors; this measures heads that need none")
    batch = Batch([Text(title) for title in labelled.titles])
    codes = [label.code for label in found.taxonomy.labels]
    return Judged(
        found.weights.logits(batch.grams, None), classify.decide(found.convention, batch), codes, labelled.answers
    )


def under(judged: Judged, mixture: Mixture, groups: Whole) -> Answers:
    """Return the answers under given numbers."""
    scores = judged.scores(mixture)
    return evaluate.of(scores, scores.max(axis=1) >= mixture.sure, judged.answers, groups)


@dataclass(frozen=True, slots=True)
class Split:
    """The fold of each title, and the pool in which the other folds lie that its numbers are chosen on."""

    folds: Whole
    pools: Whole

    @classmethod
    def of(cls, folds: Whole) -> "Split":
        """Return folds of one pool."""
        return cls(folds, np.zeros_like(folds))

    def parts(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """Yield the titles of each fold, and those to choose on for them."""
        for pool in np.unique(self.pools):
            within = self.pools == pool
            for fold in np.unique(self.folds[within]):
                yield within & (self.folds == fold), within & (self.folds != fold)


def out_of_fold(judged: Judged, start: Mixture, split: Split, *, groups: Whole, wish: Wish) -> Answers:
    """Return answers under numbers, threshold included, that were chosen without the fold of the title."""
    scores: Floats = np.zeros((len(groups), len(judged.codes)), dtype=np.float32)
    sure = np.zeros(len(groups), dtype=np.bool_)
    for apart, others in split.parts():
        rest = judged.part(others)
        mixture = wish.fit(rest, start)
        scores[apart] = judged.part(apart).scores(mixture)
        sure[apart] = scores[apart].max(axis=1) >= wish.threshold(rest, mixture)
    return evaluate.of(scores, sure, judged.answers, groups)


def table(name: str, answers: Answers, looked_at: NDArray[np.bool_]) -> Iterator[str]:
    """Yield the lines of one reading: all titles, and each half."""
    for half, rows in (("all", looked_at | True), ("A", looked_at), ("B", ~looked_at)):
        if not rows.any():
            continue
        cells = map(str, evaluate.intervals(answers.part(rows), FIGURES).values())
        yield f"| {name} | {half} | {rows.sum():,} | {' | '.join(cells)} |"


def by_class(answers: Answers, codes: Sequence[str]) -> Iterator[str]:
    """Yield a line for each label."""
    yield "| label | titles | precision | recall | F1 | sure | right where sure |"
    yield "|---|---|---|---|---|---|---|"
    for place, code in enumerate(codes):
        true, given = answers.truth == place, answers.given == place
        both = int((true & given).sum())
        precision, recall = both / max(1, int(given.sum())), both / max(1, int(true.sum()))
        f1 = 2 * both / max(1, int(true.sum() + given.sum()))
        sure = evaluate.values(answers.part(given), {"share": evaluate.sure_share, "right": evaluate.sure_right})
        cells = (precision, recall, f1, sure["share"], sure["right"])
        yield f"| {code} | {true.sum():,} | {' | '.join(f'{cell:.2f}' for cell in cells)} |"


def section(mixture: Mixture) -> str:
    """Return numbers as they are written into a taxonomy.toml."""
    lines = ["[calibration]", f"rules = {mixture.rules:g}", f"temperature = {mixture.temperature:.1f}"]
    if mixture.bias:
        shifts = ", ".join(f"{code} = {shift:.1f}" for code, shift in mixture.bias.items())
        lines.append(f"bias = {{ {shifts} }}")
    return "\n".join([*lines, f"sure = {mixture.sure:.2f}"])


def report(found: Head, labelled: Labelled, wish: Wish, *, instead: str = "") -> Iterator[str]:
    """Yield the whole report."""
    judged, groups, halves = judge(found, labelled), labelled.groups, labelled.looked_at()
    yield f"{found.artifact}: {len(groups):,} titles, {len(np.unique(groups)):,} distinct"
    yield f"\n| numbers | half | titles | {' | '.join(FIGURES)} |"
    yield "|" + "---|" * (3 + len(FIGURES))
    if instead:
        wanted = Calibration(**tomllib.loads(f"numbers = {{ {instead} }}")["numbers"])
        yield from table("instead", under(judged, wanted.over(classify.Mixture()), groups), halves)
    now = under(judged, found.mixture, groups)
    yield from table("artifact", now, halves)
    folds, half = labelled.folds(), halves.astype(np.int64)
    splits = {
        "out of fold": Split.of(folds),
        "out of fold in its half": Split(folds, half),
        "from the other half": Split.of(half),
    }
    for name, split in splits.items():
        yield from table(name, out_of_fold(judged, found.mixture, split, groups=groups, wish=wish), halves)
    yield "\nBy class, with the numbers of the artifact:\n"
    yield from by_class(now, judged.codes)
    for name, rows in (("all", halves | True), ("A", halves), ("B", ~halves)):
        part = judged.part(rows)
        fitted = wish.fit(part, found.mixture)
        threshold = wish.threshold(part, fitted)
        yield f"\nFitted to {name}:\n{section(replace(fitted, sure=threshold))}"


def main() -> None:
    """Read the command line and print the report."""
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("taxonomy")
    read.add_argument("file", type=Path, help="CSV with a column `title` and one that is called like the taxonomy")
    read.add_argument("--artifacts", type=Path, help="folder of artifacts; without it, that of the settings")
    read.add_argument("--digest", default="", help="of an artifact; without it, the bundled one")
    read.add_argument("--rules", type=float, nargs="+", default=RULES, help="rule weights to choose from")
    read.add_argument("--towards", nargs="*", default=(), help="codes that get a bias")
    read.add_argument("--right", type=float, default=0.95, help="how often a sure answer is to be right")
    read.add_argument("--instead", default="", help="also measure these numbers: 'rules = 4, temperature = 1.1'")
    said = read.parse_args()
    root = said.artifacts or settings().artifact_folder
    named = [path.name for path in root.glob(f"{said.taxonomy}/{said.digest}*")] if said.digest else []
    digest = named[0] if named else artifact.bundled(root)[said.taxonomy]
    found = head.load(artifact.find(root, said.taxonomy, digest))
    wish = Wish(said.rules, said.towards, said.right)
    for line in report(found, titles.read(said.file, found.taxonomy), wish, instead=said.instead):
        print(line, flush=True)


if __name__ == "__main__":
    main()
