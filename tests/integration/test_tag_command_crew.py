"""Several processes tag as one does: the same lines in the same order, and none of them is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from console.crew import Crew
from console.order import Order, carry_out
from console.tagging import CHUNK_ROWS
from metier.errors import ConfigError, MetierError
from tests.fakes.tagging import WordEngine, describe

ROWS = CHUNK_ROWS * 7 + 100
RUN = """
import sys
from functools import partial
from pathlib import Path
from console.crew import Crew
from console.order import Order, carry_out
from tests.fakes.tagging import WordEngine, describe
if __name__ == "__main__":
    slow = partial(WordEngine, pause=0.3)
    carry_out(Order(Path(sys.argv[1]), Path(sys.argv[2])), slow, describe, recruit=lambda: Crew(slow, 2))
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of many chunks, with bad rows throughout, and an id that comes twice."""
    path = tmp_path_factory.mktemp("input") / "in.csv"
    kinds = ("{0},Senior nurse {0}", "{0},Driver {0}", "{0},", "{0},a,b,c", "{0},12")
    rows = [kinds[number % 5].format(number) for number in range(ROWS)]
    path.write_text("id,title\n" + "\n".join(rows) + "\n7,Driver\n")
    return path


def broken() -> WordEngine:
    raise ConfigError("there is no artifact for level: run `metier artifacts build`")


class Deadly(WordEngine):
    """Ends its process at the first text."""

    def tag(self, texts: object, *, top: int) -> list[object]:  # type: ignore[override]  # it never answers
        os.kill(os.getpid(), signal.SIGKILL)
        return []


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx", ".parquet"])
def test_a_crew_writes_what_one_process_writes(table: Path, tmp_path: Path, suffix: str) -> None:
    alone, together = tmp_path / f"alone{suffix}", tmp_path / f"together{suffix}"
    first = carry_out(Order(table, alone), WordEngine, describe)
    second = carry_out(Order(table, together), broken, describe, recruit=lambda: Crew(WordEngine, 3))
    assert (second.rows, second.tagged, second.failed) == (first.rows, first.tagged, first.failed)
    assert second.artifacts == first.artifacts
    if suffix != ".xlsx":  # a workbook holds the time of its making
        assert together.read_bytes() == alone.read_bytes()


def test_a_table_of_few_rows_is_tagged_without_a_crew(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("title\nDriver\n")
    assert carry_out(Order(file, tmp_path / "out.csv"), WordEngine, describe, recruit=broken).tagged == 1  # type: ignore[arg-type]  # never called


def test_what_a_member_cannot_load_is_said_in_its_words() -> None:
    with pytest.raises(MetierError, match="run `metier artifacts build`"):
        Crew(broken, 2)


def test_a_member_that_is_killed_is_noticed(table: Path, tmp_path: Path) -> None:
    with pytest.raises(MetierError, match="ended from outside"):
        carry_out(Order(table, tmp_path / "out.csv"), WordEngine, describe, recruit=lambda: Crew(Deadly, 2))
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_crew_ends_with_its_parent_and_the_run_is_taken_up_again(
    table: Path, tmp_path: Path, number: signal.Signals
) -> None:
    output, script = tmp_path / "out.jsonl", tmp_path / "run.py"
    script.write_text(RUN)
    words = [sys.executable, str(script), str(table), str(output)]
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(words, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": root}) as parent:
        soon(
            lambda: (
                output.with_name("out.jsonl.part").exists() and output.with_name("out.jsonl.part").stat().st_size > 0
            )
        )
        family = psutil.Process(parent.pid).children(recursive=True)
        assert len(family) >= 2
        parent.send_signal(number)
    soon(lambda: not any(alive(process) for process in family))
    carry_out(Order(table, output, resume=True), WordEngine, describe, recruit=partial(Crew, WordEngine, 2))
    whole = tmp_path / "whole.jsonl"
    carry_out(Order(table, whole), WordEngine, describe)
    assert output.read_bytes() == whole.read_bytes()


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def soon(true: Callable[[], bool]) -> None:
    """Wait for at most a minute."""
    end = monotonic() + 60
    while not true():
        assert monotonic() < end, "nothing happened"
        sleep(0.05)
