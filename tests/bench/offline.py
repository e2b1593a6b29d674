"""`metier tag` on a table of titles, from the command to its last line, loading included."""

import csv
import sys
import time
from collections.abc import Mapping

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
    words = ["tag", str(home / "titles.csv"), "--output", str(home / "out.jsonl"), "--artifact", str(place.artifacts)]
    began = time.perf_counter()
    assert run_quietly([sys.executable, "-m", "console.cli.main", *words], {}) == 0
    return {"offline.titles": place.sizes.offline / (time.perf_counter() - began)}


def _against_bare(best: Best) -> float:
    return best.rate("offline.titles") / best.rate("bare.titles")


MEASUREMENT = Measurement(
    "offline", run, (Target("metier tag on titles, of the bare encoder", _against_bare),), rounds=1
)
