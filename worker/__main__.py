"""Run the workers of one queue: `python -m worker --queue tag --concurrency 2`."""

import argparse
import os

from metier.logs import configure
from metier.settings import settings
from worker.app import QUEUE, QUEUES, app

HELD = {"tag": 2}
"""Messages that a worker holds for each child, else one: the next one is there when a short one is done. Whoever takes
long holds none that another could do meanwhile."""


def main() -> None:
    """Run until SIGTERM, which ends the worker in some seconds with nothing lost."""
    parser = argparse.ArgumentParser(prog="python -m worker", description=main.__doc__)
    parser.add_argument("--queue", choices=QUEUES, default="tag")
    parser.add_argument("--concurrency", type=int, default=settings().workers)
    chosen = parser.parse_args()
    configure(level=settings().log_level, as_json=settings().log_json)
    os.environ[QUEUE] = chosen.queue  # what its children are told by
    app.worker_main(
        ["worker", "--queues", chosen.queue, "--concurrency", str(chosen.concurrency), "--pool", "prefork",
         "--hostname", f"{chosen.queue}-%i@%h", "--without-gossip", "--without-mingle", "--without-heartbeat",
         "--prefetch-multiplier", str(HELD.get(chosen.queue, 1)), "--loglevel", "WARNING"]
    )  # fmt: skip


if __name__ == "__main__":
    main()
