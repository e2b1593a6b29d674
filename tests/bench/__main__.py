"""Measure rates, latency and footprint against their targets: python -m tests.bench [--quick] [--only NAME ...]."""

import argparse
import sys
from pathlib import Path

from console.supervise import interruptible, run_quietly
from metier.settings import settings
from tests.bench import place, report
from tests.bench.figures import judge
from tests.bench.registry import MEASUREMENTS

REPORT = Path("bench.json")


def main() -> int:
    """Run all rounds; exit with 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and one round: to try the bench, not to judge"
    )
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS), metavar="NAME",
                        help=f"measure only these: {', '.join(MEASUREMENTS)}")  # fmt: skip
    chosen = parser.parse_args()
    artifacts = _artifacts()
    sizes = place.QUICK if chosen.quick else place.Sizes()
    rounds = 1 if chosen.quick else max(MEASUREMENTS[name].rounds for name in chosen.only)
    figures: dict[str, list[float]] = {}
    try:
        with interruptible(), place.opened(artifacts, sizes) as where:
            for turn in range(rounds):
                for name in chosen.only:
                    if turn < MEASUREMENTS[name].rounds:
                        print(f"round {turn + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
                        for figure, value in MEASUREMENTS[name].run(where).items():
                            figures.setdefault(figure, []).append(value)
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    verdicts = judge([target for name in MEASUREMENTS for target in MEASUREMENTS[name].targets], figures)
    report.write(REPORT, verdicts, figures, size="quick" if chosen.quick else "full")
    report.show(verdicts, figures)
    return int(any(verdict.word == "missed" for verdict in verdicts))


def _artifacts() -> Path:
    """Return the folder of artifacts, up to date."""
    folder = settings().artifact_folder
    print(f"artifacts in {folder}: building what is missing", file=sys.stderr, flush=True)
    if run_quietly([sys.executable, "-m", "console.cli.main", "artifacts", "build"], {"METIER_ARTIFACTS": str(folder)}):
        sys.exit("the artifacts could not be built; what is wrong is said above")
    return folder


if __name__ == "__main__":
    sys.exit(main())
