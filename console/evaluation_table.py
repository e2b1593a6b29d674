"""What `metier evaluate` shows: tables of figures with their intervals, what to review, and the worst mistakes."""

from collections.abc import Sequence

from console import listing
from pipelines.evaluation.draws import Interval
from pipelines.evaluation.report import LabelPart, Part, Report
from pipelines.evaluation.review import Kept

NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "sure": "sure",
    "sure_right": "right where sure",
    "ece": "calibration error (ECE)",
    "brier": "Brier score",
    "coverage": "coverage at the wished precision",
    "mae": "mean distance in levels (MAE)",
    "kappa": "quadratic kappa",
    "super_category": "super-category",
    "mrr": "mean reciprocal rank (MRR)",
}
_WORST = 10


def show(found: Report) -> None:
    """Write the whole report to standard output."""
    listing.line(headline(found))
    listing.table(
        "Overall", ("figure", "value", "from", "to"), [(named(key), *_cells(one)) for key, one in overall(found)]
    )
    if found.parts:
        listing.table("Rows that taught the artifact, and rows that did not", _HEADER, _rows(found.parts))
    listing.table("By language", _HEADER, _rows(found.languages))
    listing.table("By label", _LABELS, [_label(part) for part in found.labels])
    listing.table(f"At {found.review.wished:.0%} right", _REVIEW, review(found))
    if (advice := found.review.chosen.threshold) is not None:
        name = found.artifact.partition("@")[0]
        listing.line(f"to count answers as sure from there on: metier artifacts threshold {name} {advice:.3f}")
    worst = [(one.title, one.truth, one.given, f"{one.score:.2f}", one.why) for one in found.mistakes[:_WORST]]
    listing.table("The worst mistakes", ("title", "right", "given", "score", "because of"), worst)


def headline(found: Report) -> str:
    """Return in one line what was measured, on what."""
    seen = "" if found.seen is None else f", {found.seen:,} of them with a title that taught it"
    return f"{found.artifact}: {found.rows:,} rows, {found.distinct:,} distinct titles{seen}"


def overall(found: Report) -> list[tuple[str, Interval]]:
    """Return the figures of all rows, in the order in which they are shown."""
    return list(found.overall.items())


def named(key: str) -> str:
    """Return a figure's name for people."""
    return NAMES.get(key, key.replace("hits@", "right among the first ").replace("ndcg@", "NDCG@"))


def review(found: Report) -> list[tuple[str, ...]]:
    """Return what the wished precision keeps and leaves: of all answers, out of fold, and of each label."""
    asked = found.review
    rows: list[tuple[str, ...]] = [
        ("all", *_kept(asked.chosen, found.rows)),
        ("all, out of fold", *_kept(asked.out_of_fold, found.rows)),
    ]
    for load in asked.labels:
        right = "–" if load.right is None else f"{load.right:.3f}"
        shares = f"{load.kept / load.answers:.3f}" if load.answers else "–"
        own = "–" if load.own.threshold is None else f"{load.own.threshold:.3f} keeps {load.own.coverage:.3f}"
        rows.append((load.code, _threshold(asked.chosen), f"{load.answers:,}", shares, f"{load.review:,}", right, own))
    return rows


def shown(interval: Interval) -> str:
    """Return a figure with its ends, as a page shows it."""
    return str(interval)


_HEADER = ("rows", "number", "accuracy", "macro-F1", "sure", "right where sure")
_LABELS = ("label", "titles", "precision", "recall", "F1")
_REVIEW = ("answers", "threshold", "number", "kept", "to review", "right where kept", "a threshold of its own")


def _cells(one: Interval) -> tuple[str, str, str]:
    if one.value != one.value:
        return "–", "", ""
    return f"{one.value:.3f}", f"{one.low:.3f}", f"{one.high:.3f}"


def _rows(parts: Sequence[Part]) -> list[tuple[str, ...]]:
    return [(part.name, f"{part.rows:,}", *map(str, part.figures.values())) for part in parts]


def _label(part: LabelPart) -> tuple[str, ...]:
    return (part.code, f"{part.rows:,}", *map(str, part.figures.values()))


def _kept(kept: Kept, rows: int) -> tuple[str, ...]:
    right = "–" if kept.right is None else f"{kept.right:.3f}"
    return _threshold(kept), f"{rows:,}", f"{kept.coverage:.3f}", f"{round(rows * (1 - kept.coverage)):,}", right, ""


def _threshold(kept: Kept) -> str:
    return "–" if kept.threshold is None else f"{kept.threshold:.3f}"
