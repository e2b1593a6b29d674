"""Poll one source in this process and die at a commit: python -m tests.integration.polling_child NAME FOLDER URL WHEN.

WHEN is `before` (killed as the first page is committed), `after` (killed once it is) or `never`.
"""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event

from metier.settings import Settings
from scheduler import sources
from scheduler.poll import poll
from scheduler.work import Counts
from storage.engine import Connection, create


def main(name: str, folder: str, url: str, when: str) -> int:
    """Poll to the end, or to the kill."""
    settings = Settings.model_validate_json(Path(folder, "settings.json").read_text())
    engine = create(url)
    [source] = sources.each(name, settings)
    in_page: list[Connection] = []

    def die(_: object) -> None:
        if in_page:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "commit", die if when == "before" else lambda _: None)
    event.listen(engine, "begin", die if when == "after" else lambda _: None)
    poll(engine, source, hold=in_page.append, enough=lambda: False, counts=Counts())
    engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
