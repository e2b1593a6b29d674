"""The encoder alone: two processes of one thread, messages of the same size, nothing around it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from tests.bench import processor, texts
from tests.bench.measurement import Measurement
from tests.bench.place import CHILDREN, MESSAGE_POSTINGS, MESSAGE_TITLES, Pace, Place

_SIZES = {"titles": MESSAGE_TITLES, "postings": MESSAGE_POSTINGS}


def run(place: Place) -> Mapping[str, float]:
    """Encode the texts of the measurement `through`."""
    counts = {"titles": place.sizes.titles, "postings": place.sizes.postings}
    figures: dict[str, float] = {}
    for kind, count in counts.items():
        pace = _pace(place.artifacts, kind, count)
        figures |= {f"bare.{kind}": pace.rate, f"processor.bare.{kind}": pace.processor}
    return figures


MEASUREMENT = Measurement("bare", run, ())


def _pace(artifacts: Path, kind: str, count: int) -> Pace:
    children = [_start(artifacts, kind, count) for _ in range(CHILDREN)]
    try:
        for child in children:
            assert _pipe(child.stdout).readline() == b"ready\n"
        orders: SimpleQueue[int] = SimpleQueue()
        for start in range(0, count, _SIZES[kind]):
            orders.put(start)
        pids = [child.pid for child in children]
        began, spent = time.perf_counter(), processor.spent(pids)
        threads = [threading.Thread(target=_feed, args=(child, orders)) for child in children]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Pace(count / (time.perf_counter() - began), (processor.spent(pids) - spent) / count)
    finally:
        for child in children:
            child.kill()
            child.communicate()


def _start(artifacts: Path, kind: str, count: int) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "tests.bench.bare", str(artifacts), kind, str(count)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


def _feed(child: "subprocess.Popen[bytes]", orders: "SimpleQueue[int]") -> None:
    while True:
        try:
            start = orders.get_nowait()
        except Empty:
            return
        _pipe(child.stdin).write(f"{start}\n".encode())
        _pipe(child.stdin).flush()
        assert _pipe(child.stdout).readline()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _passages(kind: str, count: int) -> list[str]:
    from pipelines import text

    found = texts.titles(count)
    tidied = text.tidy(found)
    if kind == "titles":
        return tidied
    return [text.passage(title, body) for title, body in zip(tidied, texts.bodies(count), strict=True)]


def _orders() -> Iterator[int]:
    for line in sys.stdin:
        yield int(json.loads(line))


def main(artifacts: str, kind: str, count: str) -> None:
    """Encode the message that begins at each place that standard input names; end with it."""
    from pipelines import artifact
    from pipelines.encoding import encoder

    root = Path(artifacts)
    folder = artifact.folder_of(root, "encoder", artifact.bundled(root)["encoder"])
    loaded = encoder.load(folder, threads=1)
    passages = _passages(kind, int(count))
    loaded.encode(passages[: _SIZES[kind]])
    print("ready", flush=True)
    for start in _orders():
        loaded.encode(passages[start : start + _SIZES[kind]])
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
