"""Lines of the log are lost rather than the work that they tell of."""

import subprocess
import sys
from pathlib import Path

from tests.servers import REPOSITORY


def test_a_log_that_cannot_be_written_raises_nothing() -> None:
    code = (
        "import structlog; from metier.logs import configure; configure(level='info', as_json=True); "
        "log = structlog.get_logger(); log.info('lost', number=1); print('worked on')"
    )
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-c", code], stderr=full, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, check=False
        )
    assert ran.stdout == "worked on\n"
