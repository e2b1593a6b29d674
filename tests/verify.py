"""Run the long forms one after the other and keep a report: python -m tests.verify."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

STEPS = {
    "tests": ("-m", "pytest", "--long"),
    "chaos": ("-m", "tests.chaos", "--full"),
    "bench": ("-m", "tests.bench"),
    "large tables": ("-m", "tests.bench.large"),
    "near-duplicates among a million": ("-m", "tests.bench.near"),
}


def main() -> int:
    """Run every step, failed ones before or not, and say which failed."""
    folder = Path("reports") / f"verify-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True)
    results = run(STEPS, folder)
    report = folder / "report.md"
    report.write_text(table(results), encoding="utf-8")
    print(f"\n{report.read_text(encoding='utf-8')}\n{report}")
    return int(any(code for code, _ in results.values()))


def run(steps: Mapping[str, Sequence[str]], folder: Path) -> dict[str, tuple[int, float]]:
    """Run each step with its output shown and kept; return exit codes and seconds."""
    results = {}
    for name, words in steps.items():
        print(f"== {name}: python {' '.join(words)}", flush=True)
        began = time.monotonic()
        with (
            (folder / f"{name}.txt").open("w", encoding="utf-8") as kept,
            subprocess.Popen(
                [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            ) as step,
        ):
            for line in step.stdout or ():
                print(line, end="", flush=True)
                kept.write(line)
        results[name] = (step.returncode, time.monotonic() - began)
    return results


def table(results: Mapping[str, tuple[int, float]]) -> str:
    """Return the results as a table."""
    lines = ["| step | result | minutes |", "|---|---|---|"]
    for name, (code, seconds) in results.items():
        lines.append(f"| {name} | {'passed' if code == 0 else f'failed ({code})'} | {seconds / 60:.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
