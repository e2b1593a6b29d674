"""A TCP proxy that can go half-open: connections stay up, bytes are taken and never delivered."""

import asyncio
import contextlib
import threading
from typing import Self


class Proxy:
    """Stands before a server on loopback; its own port stays the same whatever happens behind it."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.swallowing = False
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._lines: set[_Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Return the address of the broker behind it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def swallow(self) -> None:
        """From now on deliver nothing; connections that are open now stay dumb for ever, as half-open ones do."""
        self.swallowing = True
        for line in list(self._lines):
            line.dumb = True

    def heal(self) -> None:
        """Deliver the bytes of new connections again."""
        self.swallowing = False

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)  # the loop itself would let it be collected while it waits
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(dumb=self.swallowing)
        self._lines.add(line)
        try:
            if line.dumb:
                await line.pump(reader, None)
                return
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
            try:
                await asyncio.gather(line.pump(reader, forth), line.pump(back, writer))
            finally:
                forth.close()
        except (OSError, _Gone):
            pass
        finally:
            self._lines.discard(line)
            writer.close()


class _Gone(Exception):
    """One end closed a connection that was not dumb."""


class _Line:
    """One connection; once dumb it only takes."""

    def __init__(self, *, dumb: bool) -> None:
        self.dumb = dumb

    async def pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter | None) -> None:
        while data := await source.read(65536):
            if sink is not None and not self.dumb:
                sink.write(data)
                with contextlib.suppress(ConnectionError):
                    await sink.drain()
        if not self.dumb or sink is None:
            raise _Gone
