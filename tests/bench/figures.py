"""What is measured and what is aimed at: figures are lists of repeated values, targets are ratios of the best ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Figures = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Best:
    """The best value of each figure; asking for one that was not measured raises KeyError."""

    figures: Figures

    def rate(self, name: str) -> float:
        """Return the highest value."""
        return max(self.figures[name])

    def least(self, name: str) -> float:
        """Return the lowest value."""
        return min(self.figures[name])


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach; `at_least` or `at_most` is the target, `goal` what we would like."""

    says: str
    value: Callable[[Best], float]
    at_least: float | None = None
    at_most: float | None = None
    goal: float | None = None
    unit: str = ""

    def reached(self, value: float) -> bool:
        """Tell whether this value is good enough."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target with what came out; no value where a figure is missing."""

    target: Target
    value: float | None

    @property
    def word(self) -> str:
        """Return what to call it."""
        if self.value is None:
            return "not measured"
        if self.target.at_least is None and self.target.at_most is None:
            return "shown"
        return "reached" if self.target.reached(self.value) else "missed"


def judge(targets: Sequence[Target], figures: Figures) -> list[Verdict]:
    """Compare all targets with the figures."""
    return [Verdict(target, _value(target, Best(figures))) for target in targets]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies, the nearest one that occurs."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _value(target: Target, best: Best) -> float | None:
    try:
        return target.value(best)
    except KeyError:
        return None
