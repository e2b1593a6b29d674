"""`metier tag` killed, stopped, out of room, taken up again: what comes out is what an uninterrupted run gives."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import openpyxl
import pytest

from console.order import Order, carry_out
from metier.errors import ConfigError
from tests.fakes.tagging import WordEngine, describe

ROWS = 2048 * 7 + 100
FAKE = [sys.executable, "-m", "tests.fakes.tagging"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of many chunks, with bad rows throughout."""
    path = tmp_path_factory.mktemp("input") / "in.csv"
    kinds = ("{0},Senior nurse {0}", "{0},Driver {0}", "{0},", "{0},a,b,c", "{0},12")
    path.write_text("id,title\n" + "\n".join(kinds[number % 5].format(number) for number in range(ROWS)) + "\n")
    return path


def start(table: Path, output: Path, *rest: str, pause: float = 0.0, limit: int = 0) -> subprocess.Popen[str]:
    """Start a run in a process of its own, with at most so many bytes a file."""

    def limited() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    words = [*FAKE, str(table), str(output), str(pause), *rest]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, preexec_fn=limited)  # noqa: PLW1509


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for at most half a minute."""
    end = monotonic() + 30
    while not true():
        assert monotonic() < end, "nothing happened"
        sleep(0.02)


def rows_safe(output: Path) -> int:
    """Return how many rows the progress file vouches for."""
    try:
        return int(json.loads(output.with_name(output.name + ".progress").read_text())["rows"])
    except FileNotFoundError:
        return 0


def _beyond(output: Path, rows: int) -> bool:
    return rows_safe(output) > rows


def contents(path: Path) -> object:
    """Return what a result says; a workbook also holds the time at which it was saved."""
    if path.suffix == ".xlsx":
        with closing(openpyxl.load_workbook(path, read_only=True)) as book:
            return list(book.worksheets[0].values)
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx", ".parquet"])
def test_a_run_that_is_killed_twice_ends_like_one_that_is_not(table: Path, tmp_path: Path, suffix: str) -> None:
    whole, output = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    carry_out(Order(table, whole), WordEngine, describe)
    last = 0
    for _ in range(2):
        with start(table, output, "--resume", pause=0.6) as process:
            wait_until(partial(_beyond, output, last))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        last = rows_safe(output)
        assert not output.exists()
        # what was written after the last mark is rubbish, as after a loss of power
        with output.with_name(output.name + ".part").open("ab") as part:
            part.write(b"half a li")
    assert 0 < last < ROWS
    summary = carry_out(Order(table, output, resume=True), WordEngine, describe)
    assert summary.resumed_after == last
    assert (summary.rows, summary.tagged, summary.failed) == (ROWS, summary.tagged, ROWS - summary.tagged)
    assert contents(output) == contents(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([whole.name, output.name])


def test_ctrl_c_says_how_to_go_on(table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with start(table, output, pause=0.6) as process:
        wait_until(lambda: rows_safe(output) > 0)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert "the same command with --resume goes on" in said


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx", ".parquet"])
def test_a_full_disk_is_said_and_nothing_is_lost(table: Path, tmp_path: Path, suffix: str) -> None:
    output, whole = tmp_path / f"out{suffix}", tmp_path / f"whole{suffix}"
    with start(table, output, limit=300_000) as process:
        _, said = process.communicate()
    assert process.returncode == 1
    assert "no room on the disk" in said
    assert "go on with --resume" in said
    assert not output.exists()
    carry_out(Order(table, output, resume=True), WordEngine, describe)
    carry_out(Order(table, whole), WordEngine, describe)
    assert contents(output) == contents(whole)


def test_a_full_device_behind_standard_output_is_said(table: Path) -> None:
    code = (
        "from pathlib import Path; from console.order import Order, carry_out\n"
        "from tests.fakes.tagging import WordEngine, describe\n"
        f"carry_out(Order(Path({str(table)!r})), WordEngine, describe)"
    )
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert "standard output: no room on the disk" in ran.stderr


def test_an_unfinished_run_is_not_taken_up_by_another_order(table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    interrupt(table, output)
    with pytest.raises(ConfigError, match="it differs in: top"):
        carry_out(Order(table, output, top=1, resume=True), WordEngine, describe)
    with pytest.raises(ConfigError, match="it differs in: artifacts"):
        carry_out(Order(table, output, resume=True), lambda: WordEngine(version="2"), describe)
    other = tmp_path / "in.csv"
    other.write_text(table.read_text() + "x,Nurse\n")
    with pytest.raises(ConfigError, match="it differs in: input"):
        carry_out(Order(other, output, resume=True), WordEngine, describe)
    assert carry_out(Order(table, output, resume=True), WordEngine, describe).rows == ROWS


def test_without_resume_a_run_starts_anew_and_says_what_is_given_up(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.csv"
    interrupt(table, output)
    assert carry_out(Order(table, output), WordEngine, describe).resumed_after == 0
    assert "--resume would have taken it up" in capsys.readouterr().err
    assert carry_out(Order(table, output, resume=True), WordEngine, describe).rows == ROWS
    assert "nothing to resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"rows": 1}', '{"rows": 2048, "size": 99999999, "tagged": 0, "failed": 0, "run": {}}']
)
def test_a_damaged_progress_file_is_said(table: Path, tmp_path: Path, damage: str) -> None:
    output = tmp_path / "out.csv"
    interrupt(table, output)
    progress = tmp_path / "out.csv.progress"
    run = json.loads(progress.read_text())["run"]
    progress.write_text(damage.replace('"run": {}', f'"run": {json.dumps(run)}'))
    with pytest.raises(ConfigError, match="start anew without --resume"):
        carry_out(Order(table, output, resume=True), WordEngine, describe)
    assert carry_out(Order(table, output), WordEngine, describe).rows == ROWS


def test_what_cannot_be_resumed_is_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--resume needs --output"):
        carry_out(Order(table, resume=True), WordEngine, describe)
    with pytest.raises(ConfigError, match="--resume needs a file"):
        carry_out(Order(Path("-"), tmp_path / "out.csv", resume=True), WordEngine, describe)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, suffix: str) -> None:
    assert _peak(tmp_path, suffix, 150_000) < _peak(tmp_path, suffix, 10_000) + 5_000


def interrupt(table: Path, output: Path) -> None:
    """Leave an unfinished run behind."""
    with start(table, output, pause=0.6) as process:
        wait_until(lambda: rows_safe(output) > 0)
        process.kill()
        process.communicate()


def _peak(folder: Path, suffix: str, rows: int) -> int:
    """Return the peak memory, in kilobytes, of a process that tags so many rows."""
    file = folder / f"in{suffix}"
    lines = (
        f'{{"id": {n}, "title": "Nurse {n}"}}\n' if suffix == ".jsonl" else f"{n},Nurse {n}\n" for n in range(rows)
    )
    with file.open("w") as written:
        written.write("" if suffix == ".jsonl" else "id,title\n")
        written.writelines(lines)
    with start(file, folder / f"out{suffix}") as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
        assert process.stderr is not None
        process.stderr.read()
    return used.ru_maxrss
