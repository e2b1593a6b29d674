"""Run the real worker, signals and pool as in production, with the marked tagger: python -m tests.chaos.worker_main."""

import tests.chaos.marked  # noqa: F401  replaces the tasks
from worker.__main__ import main

if __name__ == "__main__":
    main()
