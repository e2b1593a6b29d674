"""Several processes that tag a table together: one reads and writes, the others tag, and the order of rows is kept."""

import gc
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from console.tagging import Chunk, Engine, Pen, Written
from metier.errors import MetierError

Load = Callable[[], Engine]
_AHEAD = 2  # chunks that a member holds: it finds the next one there when it has done one


class Crew:
    """Processes that each load an engine and take turns with the chunks; `close` ends them whatever they do."""

    def __init__(self, load: Load, size: int) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # members share the processors, so none starts threads unasked
        context = get_context("spawn")
        self._members: list[tuple[Any, Connection]] = []  # Any: the class of a process hangs on the context
        for _ in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_member, args=(theirs, load), daemon=True)
            process.start()
            theirs.close()
            self._members.append((process, ours))
        self.artifacts: Mapping[str, str] = {}
        try:
            for member in range(size):
                self.artifacts = self._answer(member)
        except BaseException:
            self.close()
            raise

    def written(self, chunks: Iterable[Chunk], pen: Pen) -> Iterator[tuple[Chunk, Written]]:
        """Yield each chunk with what came of it, in their order."""
        size = len(self._members)
        given: deque[Chunk] = deque()
        done = 0
        for member in range(size):
            self._give(member, pen)
        for number, chunk in enumerate(chunks):
            if len(given) == _AHEAD * size:
                yield given.popleft(), self._answer(done % size)
                done += 1
            self._give(number % size, chunk)
            given.append(chunk)
        while given:
            yield given.popleft(), self._answer(done % size)
            done += 1

    def close(self) -> None:
        """End all processes at once."""
        for process, connection in self._members:
            process.kill()
            process.join()
            connection.close()

    def _give(self, member: int, what: object) -> None:
        with _ended_from_outside():
            self._members[member][1].send(what)

    def _answer(self, member: int) -> Any:  # Any: artifacts first, then one Written a chunk
        with _ended_from_outside():
            answer = self._members[member][1].recv()
        if isinstance(answer, _Failed):
            raise MetierError(answer.reason)
        return answer


@contextmanager
def _ended_from_outside() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise MetierError(
            "a process that tags was ended from outside, perhaps for want of memory; try --threads 1"
        ) from error


class _Failed:
    """Why a member cannot go on; errors themselves do not all travel."""

    def __init__(self, error: Exception) -> None:
        self.reason = str(error) if isinstance(error, MetierError) else f"unexpected {type(error).__name__}: {error}"


def _member(connection: Connection, load: Load) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who writes
    inbox: queue.Queue[Any] = queue.Queue()  # Any: the pen first, then chunks
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    try:
        engine = load()
        gc.collect()
        gc.freeze()  # what is loaded stays, and looking through it for garbage takes long
        gc.set_threshold(50_000, 20, 50)
        connection.send(dict(engine.artifacts))
        pen = inbox.get()
        while True:
            connection.send(pen.write(inbox.get(), engine))
    except (BrokenPipeError, ConnectionError):
        return
    except Exception as error:  # noqa: BLE001  whatever it is, it is said where a person reads
        connection.send(_Failed(error))


def _receive(connection: Connection, inbox: "queue.Queue[Any]") -> None:
    """Take what is sent as it comes, so that nobody waits for somebody who waits; end with whoever sends."""
    try:
        while True:
            inbox.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)
