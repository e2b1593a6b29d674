"""A service that drips, swells or is not what it says harms nobody who asks it politely."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta

import pytest

from metier.errors import SourceUnavailable
from scheduler.sources.polite import Client, Limits, TooLarge

Serve = Callable[[bytes, float], str]
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer one connection with these bytes, one at a time where there is a pause."""
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def answer(listener: socket.socket, said: bytes, pause: float) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                for place in range(len(said)) if pause else ():
                    connection.sendall(said[place : place + 1])
                    time.sleep(pause)
                if not pause:
                    connection.sendall(said)

    def start(said: bytes, pause: float = 0.0) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(10)
        opened.append(listener)
        threads.append(threading.Thread(target=answer, args=(listener, said, pause), daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in opened:
        listener.close()
    for thread in threads:
        thread.join()


def client(url: str, *, size: int = 100_000, patience: float = 0.5) -> Client:
    return Client("board", url, limits=Limits(size, timedelta(seconds=patience), timedelta(0)))


@pytest.mark.parametrize(
    "said",
    [
        HEAD + b"X-Padding: " + b"x" * 200,
        HEAD + b"Content-Length: 200\r\n\r\n" + b"x" * 200,
        HEAD + b"Connection: close\r\n\r\n" + b"x" * 200,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 40,
    ],
    ids=["headers", "body", "body until the end", "chunks"],
)
def test_an_answer_that_drips_is_cut_off_in_time(serve: Serve, said: bytes) -> None:
    began = time.monotonic()
    with (
        closing(client(serve(said, 0.02))) as asked,
        pytest.raises(SourceUnavailable, match=r"no whole answer within 0\.5 s"),
    ):
        asked.get("/", {})
    assert time.monotonic() - began < 2


def test_an_answer_that_swells_when_unpacked_is_broken_off(serve: Serve) -> None:
    packed = gzip.compress(b"0" * 50_000_000)
    said = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    with closing(client(serve(said, 0.0), patience=10)) as asked, pytest.raises(TooLarge):
        asked.get("/", {})


def test_a_chunked_answer_is_read_whole(serve: Serve) -> None:
    said = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    with closing(client(serve(said, 0.0))) as asked:
        assert asked.get("/", {}).body == b"hello world"


def test_a_service_without_a_certificate_is_not_believed(serve: Serve) -> None:
    url = serve(HEAD + b"\r\n", 0.0).replace("http:", "https:")
    with closing(client(url)) as asked, pytest.raises(SourceUnavailable):
        asked.get("/", {})


def test_calls_keep_their_distance() -> None:
    asked = Client("board", "http://127.0.0.1:9", limits=Limits(pace=timedelta(milliseconds=150)))
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            asked.get("/", {})
    asked.close()
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("target", [b"https://elsewhere.example/", b"https://[bad/", b"///", b"\xff"])
def test_a_redirect_is_neither_followed_nor_read_past_the_limit(serve: Serve, target: bytes) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: " + target + b"\r\n"
    with closing(client(serve(head + b"Content-Length: 5\r\n\r\nhello"))) as asked:
        answer = asked.get("/", {})
    assert (answer.status, answer.body) == (302, b"hello")
    with closing(client(serve(head + b"\r\n" + b"x" * 2_000_000), patience=5)) as asked, pytest.raises(TooLarge):
        asked.get("/", {})
