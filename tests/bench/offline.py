"""`metier tag` on a table of titles, from the command to its last line, loading included."""

import csv
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from console.supervise import run_quietly
from tests.bench import texts
from tests.bench.figures import Best, Target
from tests.bench.measurement import Measurement
from tests.bench.place import Place


def run(place: Place) -> Mapping[str, float]:
    """Tag a CSV of titles into JSON lines."""
    home = place.home()
    with (home / "titles.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title"])
        writer.writerows(enumerate(texts.titles(place.sizes.offline)))
    return {
        "offline.titles": _rate(place, home),
        "offline.two": _rate(place, home, "--taxonomy", "seniority", "--taxonomy", "department"),
    }


def _rate(place: Place, home: Path, *rest: str) -> float:
    words = ["tag", str(home / "titles.csv"), "--output", str(home / "out.jsonl"), "--artifact", str(place.artifacts)]
    began = time.perf_counter()
    assert run_quietly([sys.executable, "-m", "console.cli.main", *words, *rest], {}) == 0
    return place.sizes.offline / (time.perf_counter() - began)


def _against_bare(best: Best, name: str) -> float:
    return best.rate(name) / best.rate("bare.titles")


def _titles(best: Best) -> float:
    return best.rate("offline.two")


MEASUREMENT = Measurement(
    "offline",
    run,
    (
        Target("metier tag by seniority and department, of the bare encoder",
               partial(_against_bare, name="offline.two"), at_least=0.80),
        Target("metier tag by seniority and department, which need no encoder", _titles, at_least=20_000,
               unit="titles/s"),
        Target("metier tag in all taxonomies, of the bare encoder", partial(_against_bare, name="offline.titles")),
    ),
    rounds=1,
)  # fmt: skip
