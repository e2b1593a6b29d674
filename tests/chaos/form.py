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
    early: float
    """Poisons come in this first part of a run: setting them aside takes some attempts."""
    short: bool
    lease: float
    pace: float


SHORT = Form(1_500, 14, 20, 90, {KILLS: 1, FAILS: 2, REFUSED: 5}, early=0.1, short=True, lease=4, pace=0.02)
FULL = Form(20_000, 110, 500, 240, {KILLS: 6, FAILS: 12, REFUSED: 40}, early=0.6, short=False, lease=6, pace=0.03)
CONTROL = Form(20_000, 60, 240, 120, FULL.poisons, early=0.6, short=False, lease=6, pace=0.01)
