"""Tune on several cards: a process a card, started together, ended together, and ended with whoever started them.

`python -m pipelines.finetune_crew FOLDER` is one of them; torch's launcher says to each who it is, and accelerate
hears that.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pipelines import finetune_work
from pipelines.finetune_work import Course, Titles, Work

_ORDER = "order.json"
_SAYS = "says: "
_ORPHANED = 5


def cards() -> int:
    """Return how many cards there are to tune on."""
    import torch

    return int(torch.cuda.device_count())


def train(work: Work, *, processes: int, tell: Callable[[str], None]) -> None:
    """Tune with so many processes; an error where one of them failed, which ends the others."""
    work.place.mkdir(parents=True, exist_ok=True)
    order = {
        "base": str(work.base), "codes": list(work.codes), "course": asdict(work.course),
        "known": _written(work.known), "held": _written(work.held),
    }  # fmt: skip
    (work.place / _ORDER).write_text(json.dumps(order), "utf-8")
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    with subprocess.Popen(
        [*words, "-m", __name__, str(work.place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as crew:
        assert crew.stdout is not None  # noqa: S101  asked for
        tell(f"tuning in {processes} processes")
        for line in crew.stdout:
            if line.startswith(_SAYS):
                tell(line.removeprefix(_SAYS).strip())
    if crew.returncode or not (work.place / finetune_work.DONE).exists():
        raise RuntimeError(f"a process of {processes} that tuned together failed ({crew.returncode})")


def main() -> int:
    """Take part in what the folder of the command line orders."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    place = Path(sys.argv[1])
    order = json.loads((place / _ORDER).read_text("utf-8"))
    known, held = (_read(*order[name]) for name in ("known", "held"))
    work = Work(Path(order["base"]), known, held, order["codes"], place, Course(**order["course"]))
    finetune_work.train(work, tell=_say)
    return 0


def _written(part: Titles) -> tuple[list[str], list[int]]:
    return list(part.titles), part.answers.tolist()


def _read(titles: list[str], answers: list[int]) -> Titles:
    return Titles(titles, np.array(answers, dtype=np.int64))


def _say(line: str) -> None:
    sys.stdout.write(f"{_SAYS}{line}\n")
    sys.stdout.flush()


def _die_with_parent() -> None:
    """End when the pipe on standard input closes: who started the crew is gone, and its lease with it."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(_ORPHANED)


if __name__ == "__main__":
    sys.exit(main())
