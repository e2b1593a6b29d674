"""Measure what it costs in quality, and saves, to encode a bare title only where n-grams alone are not sure.

python -m tests.quality.bare titles.csv
"""

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from metier.settings import settings
from metier.types import Text
from pipelines import artifact, bare, bundle, head, regression, taxonomy, train
from pipelines.bare_views import Views
from pipelines.calibrate import Judged
from pipelines.classify import Mixture
from pipelines.encoding import encoder
from pipelines.evaluation import evaluate, paired
from pipelines.evaluation import scores as evaluate_scores
from pipelines.evaluation.evaluate import Answers, Figure
from pipelines.ngrams import Whole, hashed
from pipelines.tagger import Batch, Encodes
from tests.bench import texts
from tests.quality.calibrate import Split, Wish, out_of_fold

NAME = "career"
SEEDS = 6
READ = Mixture(vectors=1.0)
SAMPLE = Path(__file__).parents[2] / "console" / "sample"
FIGURES: Mapping[str, Figure] = {
    "accuracy": evaluate.accuracy,
    "ECE": evaluate_scores.calibration_error,
    "sure": evaluate.sure_share,
    "right where sure": evaluate.sure_right,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers of each way to the same held-out titles, and which of them n-grams alone decide in the third."""

    whole: Answers
    alone: Answers
    spared: Answers
    lone: NDArray[np.bool_]


def measured(encodes: Encodes, seeds: Sequence[int]) -> Measured:
    """Return the answers to what each seed holds out; numbers and thresholds are chosen out of fold."""
    folder = taxonomy.folder(NAME, taxonomy.BUNDLED)
    examples, codes = bundle.examples(folder), [label.code for label in taxonomy.read(folder).labels]
    batch = Batch([Text(one.text, language=one.language) for one in examples], encoder=encodes)
    answers = np.array([codes.index(one.code) for one in examples], dtype=np.int64)
    parts = [_of_seed(batch, answers, codes, seed) for seed in seeds]
    whole, alone, spared = (_together([getattr(part, name) for part in parts]) for name in ("whole", "alone", "spared"))
    return Measured(whole, alone, spared, np.concatenate([part.lone for part in parts]))


def _of_seed(batch: Batch, answers: Whole, codes: Sequence[str], seed: int) -> Measured:
    apart = train.unseen(batch.titles, seed)
    known, held = (hashed([batch.titles[row] for row in np.flatnonzero(rows)]) for rows in (~apart, apart))
    judged = []
    for vectors in (None, batch.vectors):
        dense = None if vectors is None else vectors[~apart]
        fitted = regression.fit(known, dense, answers[~apart], classes=len(codes), weight=READ.vectors)
        logits = fitted.logits(held, None if vectors is None else vectors[apart])
        judged.append(Judged(logits, [None] * int(apart.sum()), codes, answers[apart]))
    alone, whole = judged
    groups = np.flatnonzero(apart)
    folds = groups % 5
    wish = Wish(rules=(READ.rules,), right=train.RIGHT)
    each = [out_of_fold(one, READ, Split.of(folds), groups=groups, wish=wish) for one in (whole, alone)]
    said = Views(alone, whole, READ).out_of_fold(folds, right=train.RIGHT)
    spared = evaluate.of(said.scores, said.sure, answers[apart], groups)
    return Measured(each[0], each[1], spared, said.lone)


def _together(parts: Sequence[Answers]) -> Answers:
    scores, sure, truth, groups = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("scores", "sure", "truth", "groups")
    )
    return evaluate.of(scores, sure, truth, groups)


def report(found: Measured) -> Iterator[str]:
    """Yield the table of held-out titles."""
    yield f"| read | titles | {' | '.join(FIGURES)} |"
    yield "|" + "---|" * (2 + len(FIGURES))
    rows = {
        "n-grams and vector, always": found.whole,
        "n-grams alone, always": found.alone,
        "vector where n-grams are not sure": found.spared,
        "of these: n-grams decide": found.spared.part(found.lone),
        "the same, n-grams and vector": found.whole.part(found.lone),
        "of these: the vector is asked": found.spared.part(~found.lone),
    }
    for name, answers in rows.items():
        cells = map(str, evaluate.intervals(answers, FIGURES).values())
        yield f"| {name} | {len(answers):,} | {' | '.join(cells)} |"
    for name, answers in (("n-grams alone", found.alone), ("vector where n-grams are not sure", found.spared)):
        change = paired.compare(found.whole, answers, {"accuracy": evaluate.accuracy})["accuracy"]
        yield f"accuracy of {name} less that of always both: {change.change}"
    yield f"not encoded: {found.lone.mean():.3f}"


def shares(root: Path, encodes: Encodes, files: Sequence[Path]) -> Iterator[str]:
    """Yield for titles without labels how many are not encoded, and how often both ways give these one label."""
    tagger = bare.over(head.load(artifact.find(root, NAME, artifact.bundled(root)[NAME])))
    assert isinstance(tagger, bare.Sparing)
    for name, titles in {"the bench": texts.titles(20_000), **{str(file): _titles(file) for file in files}}.items():
        batch = Batch([Text(title) for title in titles], encoder=encodes, top=1)
        spared, whole = tagger.tag(batch), tagger.whole.tag(batch)
        pairs = [(one[0], both[0]) for one, both in zip(spared, whole, strict=True)]
        lone = [(one, both) for one, both in pairs if one.evidence[bare.READ] == bare.ALONE]
        same, agree = (np.mean([one.code == both.code for one, both in some]) for some in (pairs, lone))
        sure = [np.mean([pair[at].sure for pair in pairs]) for at in (0, 1)]
        yield (
            f"{tagger.artifact}, {name}: {len(titles):,} titles, not encoded {len(lone) / len(titles):.3f}; of these "
            f"the same label {agree:.3f}, of all {same:.3f}; sure {sure[0]:.3f}, always both {sure[1]:.3f}"
        )


def _titles(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [row["title"] for row in csv.DictReader(lines)]


def main() -> None:
    """Read the command line and print the report."""
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("files", type=Path, nargs="*", help="CSV with a column `title`")
    read.add_argument("--seeds", type=int, default=SEEDS, help="so many times another sixth is held out")
    said = read.parse_args()
    root = settings().artifact_folder
    encodes = encoder.load(artifact.folder_of(root, "encoder", artifact.bundled(root)["encoder"]), threads=1)
    for line in shares(root, encodes, [SAMPLE / "titles.csv", *said.files]):
        print(line, flush=True)
    for line in report(measured(encodes, range(said.seeds))):
        print(line, flush=True)


if __name__ == "__main__":
    main()
