"""How fast a source is polled, from a fake ReliefWeb in a process of its own to committed jobs; and its memory."""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import partial

from tests.bench.figures import Best, Target
from tests.bench.measurement import Measurement
from tests.bench.place import DATABASES, Place
from tests.servers import REPOSITORY


def run(place: Place) -> Mapping[str, float]:
    """Poll the whole archive into an empty database of each kind."""
    figures: dict[str, float] = {}
    words = [sys.executable, "-m", "tests.fakes.reliefweb_archive", str(place.sizes.polled)]
    with subprocess.Popen(words, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdin is not None
        assert service.stdout is not None
        url = service.stdout.readline().strip()
        for kind in DATABASES:
            with place.database(kind) as database:
                asked = [sys.executable, "-m", "tests.bench.polling_child", url, database, str(place.home())]
                ran = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=True)
            found = json.loads(ran.stdout)
            assert found["new"] == place.sizes.polled
            figures[f"polling.rate.{kind}"] = found["new"] / found["seconds"]
            figures[f"polling.of_processor.{kind}"] = found["new"] / found["spent"]
            figures[f"polling.grown.{kind}"] = found["most"] - found["first"]
            figures[f"polling.megabytes.{kind}"] = found["most"]
        service.stdin.close()
    return figures


def _rate(best: Best, name: str) -> float:
    return best.rate(name)


def _least(best: Best, name: str) -> float:
    return best.least(name)


MEASUREMENT = Measurement(
    "polling",
    run,
    tuple(
        target
        for kind in DATABASES
        for target in (
            Target(f"polling ReliefWeb into {kind}", partial(_rate, name=f"polling.rate.{kind}"), at_least=2_000,
                   unit="jobs/s"),
            Target(f"what its memory grows by on {kind}", partial(_least, name=f"polling.grown.{kind}"), at_most=20,
                   unit="MB"),
        )
    ),
)  # fmt: skip
