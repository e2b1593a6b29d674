"""Harm to the broker and to what lies on its queue."""

import base64
import json
import shutil
import uuid
from collections.abc import Iterator

import redis

from tests.chaos import disk
from tests.chaos.scene import Scene, Skipped, fault

QUEUE = "tag"


@fault("broker emptied (FLUSHALL)", occupies="broker", weight=6, stock=True)
def flush(scene: Scene) -> None:
    """Let the broker forget every message."""
    scene.broker.flush()


@fault("broker killed, data kept", occupies="broker", weight=4, most=10, stock=True)
def kill_broker(scene: Scene) -> None:
    """Kill -9 the broker and start it on its append-only file."""
    scene.broker.kill()
    scene.stop.wait(1)
    scene.broker.start()


@fault("broker killed, data lost", occupies="broker", weight=4, most=10, stock=True)
def lose_broker(scene: Scene) -> None:
    """Kill -9 the broker and start an empty one."""
    scene.broker.kill()
    shutil.rmtree(scene.broker.folder / "appendonlydir", ignore_errors=True)
    scene.broker.start()


@fault("broker half-open", occupies="broker", weight=3, most=5, stock=True)
def half_open(scene: Scene) -> None:
    """Let connections stand and deliver nothing; those of that time never come to life again."""
    scene.proxy.swallow()
    scene.stop.wait(12)
    scene.proxy.heal()


@fault("broker's disk full", occupies="broker", weight=2, most=3, stock=True)
def fill_disk(scene: Scene) -> None:
    """Leave the broker no room for its append-only file for a while."""
    if not scene.small_broker:
        raise Skipped("no small disk can be mounted here (Linux as root only)")
    disk.keep_full(scene.broker.folder, 8, scene.stop)
    if not scene.broker.answers():
        scene.broker.kill()
        scene.broker.start()


@fault("garbage on the queue", occupies="broker", weight=8, stock=True)
def garbage(scene: Scene) -> None:
    """Push what no sender of ours would send."""
    with redis.Redis.from_url(scene.broker.url, socket_timeout=5) as client:
        choice = list(rubbish())
        for message in scene.rng.sample(choice, k=3):
            client.lpush(QUEUE, message)


@fault("messages doubled", occupies="broker", weight=8)
def doubled(scene: Scene) -> None:
    """Send each waiting message again, and one more for every open job."""
    ids = [id_ for (id_,) in scene.database.rows(
        "SELECT id FROM job WHERE state IN ('ready', 'leased') ORDER BY id LIMIT 500")]  # fmt: skip
    with redis.Redis.from_url(scene.broker.url, socket_timeout=5) as client:
        for message in client.lrange(QUEUE, 0, -1):
            client.lpush(QUEUE, message)
        for start in range(0, len(ids), 50):
            client.lpush(QUEUE, envelope("tag", ids[start : start + 50]), envelope("tag", ids[start : start + 50]))


def envelope(task: str, args: object, *, body: bytes | None = None) -> bytes:
    """Write a message as kombu does."""
    written = base64.b64encode(json.dumps([args, {}, {}]).encode()) if body is None else body
    id_ = str(uuid.uuid4())
    headers = {"lang": "py", "task": task, "id": id_, "root_id": id_, "retries": 0, "eta": None, "expires": None}
    properties = {
        "correlation_id": id_, "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": QUEUE},
        "priority": 0, "body_encoding": "base64", "delivery_tag": str(uuid.uuid4()),
    }  # fmt: skip
    message = {
        "body": written.decode("latin-1"), "content-encoding": "utf-8", "content-type": "application/json",
        "headers": headers, "properties": properties,
    }  # fmt: skip
    return json.dumps(message).encode()


def rubbish() -> Iterator[bytes]:
    """Yield messages of every wrong kind."""
    yield b"\x00\xff this is no JSON"
    yield b"{}"
    yield b'"a word"'
    yield envelope("tag", [], body=b"%%% no base64 %%%")
    yield envelope("tag", [], body=base64.b64encode(b"\x80\x04no JSON either"))
    yield envelope("tag", ["one", None, {"two": 3}])
    yield envelope("tag", {"ids": [1]})
    yield envelope("tag", [[1, 2], [3]])
    yield envelope("os.system", [1, 2, 3])
    yield envelope("tag", [10**15, -5, 0, 2**63 - 1])
    yield envelope("tag", [2**70])
    yield envelope("tag", [1.5, True])
