"""How large a run is."""

from dataclasses import dataclass

from tests.chaos.workload import FAILS, KILLS, REFUSED


@dataclass(frozen=True, slots=True)
class Form:
    """Numbers of a run; times in seconds. `pace` is how long the tagger takes for one text."""

    jobs: int
    faults: int
    storm: float
    settle: float
    poisons: dict[str, int]
    short: bool
    lease: float
    pace: float


SHORT = Form(1_500, 20, 28, 90, {KILLS: 1, FAILS: 2, REFUSED: 5}, short=True, lease=5, pace=0.02)
FULL = Form(20_000, 110, 500, 240, {KILLS: 6, FAILS: 12, REFUSED: 40}, short=False, lease=6, pace=0.03)
CONTROL = Form(20_000, 60, 240, 120, FULL.poisons, short=False, lease=6, pace=0.01)
