"""What a measurement is: one file each, run in rounds so that a busy machine falls on all alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.figures import Target
from tests.bench.place import Place


@dataclass(frozen=True, slots=True)
class Measurement:
    """Something to measure, so many rounds, and what to reach with it."""

    name: str
    run: Callable[[Place], Mapping[str, float]]
    targets: Sequence[Target]
    rounds: int = 3
