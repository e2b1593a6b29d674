"""Reading files in a child process with limits, so that no file can harm the scheduler or stay in its memory.

One line of JSON each way: the parent names a file and how many rows of it are known, the child answers pages of rows.
The child dies when its parent does (standard input ends), when a page takes too long, and with too much memory.
"""

import importlib
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from metier.errors import BadRow, MetierError, Rejected
from metier.types import Kind, Posting

ROWS, CHARACTERS = 1000, 2_000_000
"""What one page holds at the most."""
MEMORY = 4 * 2**30
"""Bytes of address space that a parser may use; libraries reserve far more than they touch."""
SPOOL = 4 * 2**30
PATIENCE = 120
"""Seconds that one page may take."""
_ROOT = Path(__file__).parents[1]
_FIELDS = [field.name for field in fields(Posting)]
_SKIPPED = 50_000


class ParserDied(MetierError):
    """The child ended in the middle of a file."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Some rows of a file, and how many of its rows have been read with them; the last page says so."""

    postings: Sequence[Posting]
    bad: Sequence[str]
    seen: int
    last: bool


class Parser:
    """A child process that reads one file after the other; started when first needed.

    `reader` is a module of `scheduler.reading` whose `walk(path, source)` yields the postings of a file in an order
    that stays the same, and a BadRow in the place of each row that cannot be one.
    """

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._child: subprocess.Popen[bytes] | None = None

    def pages(self, path: Path, *, source: str, skip: int = 0) -> Iterator[Parsed]:
        """Yield a file from this row on; raise Rejected where it cannot be read, ParserDied where the child died."""
        child = self._child = self._child or _start()
        self._send(child, {"path": str(path), "reader": self._reader, "source": source, "skip": skip})
        while True:
            answer = self._answer(child)
            if "failed" in answer:
                raise Rejected(answer["failed"])
            if "seen" in answer:
                page = Parsed([_posting(row) for row in answer["rows"]], answer["bad"], answer["seen"], answer["last"])
                yield page
                if page.last:
                    return

    def close(self) -> None:
        """End the child, whatever it is doing."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, child: "subprocess.Popen[bytes]", order: dict[str, Any]) -> None:  # Any: JSON
        with suppress(BrokenPipeError):  # its end is seen when the answer is read
            _pipe(child.stdin).write(json.dumps(order).encode() + b"\n")
            _pipe(child.stdin).flush()

    def _answer(self, child: "subprocess.Popen[bytes]") -> dict[str, Any]:  # Any: JSON
        line = _pipe(child.stdout).readline()
        if not line.endswith(b"\n"):
            status = child.wait()
            self.close()
            raise ParserDied(_cause(status))
        answer: dict[str, Any] = json.loads(line)  # Any: JSON
        return answer


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "scheduler.parsing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(_ROOT)}, start_new_session=True,
    )  # fmt: skip


def _cause(status: int) -> str:
    if status == -signal.SIGALRM:
        return f"one page took longer than {PATIENCE} s"
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _posting(row: Sequence[Any]) -> Posting:  # Any: JSON
    values = dict(zip(_FIELDS, row, strict=True))
    for name in ("published", "closing"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return Posting(**values | {"kind": Kind(values["kind"])})


def main() -> int:
    """Answer one file after the other until standard input ends."""
    _limit()
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()  # Any: JSON
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    while True:
        order = orders.get()
        try:
            rows = importlib.import_module(f"scheduler.reading.{order['reader']}").walk
            for page in _read(rows(Path(order["path"]), order["source"]), skip=order["skip"]):
                _write(page)
        except MemoryError:
            _write({"failed": f"{order['path']}: needs more than {MEMORY // 2**30} GiB to be read; split it"})
        except MetierError as error:
            _write({"failed": str(error)})
        except Exception as error:  # noqa: BLE001  whatever a library makes of a hostile file
            from scheduler.work import described

            _write({"failed": f"{order['path']}: cannot be read ({described(error)})"})


def _limit() -> None:
    for kind, bound in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, SPOOL), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # macOS knows some of these by name only
            resource.setrlimit(kind, (bound, bound))


def _listen(orders: "queue.SimpleQueue[dict[str, Any]]") -> None:  # Any: JSON
    for line in sys.stdin.buffer:
        orders.put(json.loads(line))
    os._exit(0)


def _read(found: Iterator[Posting | BadRow], *, skip: int) -> Iterator[dict[str, Any]]:  # Any: JSON
    rows: list[list[Any]] = []  # Any: fields of mixed types
    bad: list[str] = []
    size = seen = 0
    with _hurried():
        for row in found:
            seen += 1
            if seen <= skip:
                if seen % _SKIPPED == 0:
                    yield {"skipped": seen}
                continue
            if isinstance(row, BadRow):
                bad.append(str(row))
            else:
                rows.append([getattr(row, name) for name in _FIELDS])
                size += len(row.title) + len(row.body)
            if len(rows) + len(bad) >= ROWS or size >= CHARACTERS:
                yield {"rows": rows, "bad": bad, "seen": seen, "last": False}
                rows, bad, size = [], [], 0
        yield {"rows": rows, "bad": bad, "seen": max(seen, skip), "last": True}


@contextmanager
def _hurried() -> Iterator[None]:
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)


def _write(answer: dict[str, Any]) -> None:  # Any: JSON
    signal.alarm(0)  # the parent may take its time
    sys.stdout.buffer.write(json.dumps(answer, default=_moment).encode() + b"\n")
    sys.stdout.buffer.flush()
    signal.alarm(PATIENCE if answer.get("last") is False or "skipped" in answer else 0)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _pipe(stream: Any) -> Any:  # Any: an IO that Popen types as optional
    assert stream is not None  # noqa: S101  both pipes were asked for
    return stream


if __name__ == "__main__":
    sys.exit(main())
