"""Vectors are kept, shared and bounded; a cache that is broken costs time and nothing else."""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from structlog.testing import capture_logs

from pipelines.encoding.vector_cache import CachedEncoder, VectorCache, key

KEYS = [key(f"title {number}") for number in range(1000)]


class CountingEncoder:
    """Makes a vector out of a text's bytes and remembers what it was asked."""

    name = "counting@1"
    dimension = 8

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return some_vectors([key(text) for text in texts])


def some_vectors(keys: Sequence[bytes]) -> NDArray[np.float32]:
    rows = np.array([list(name[:8]) for name in keys], dtype=np.float32).reshape(-1, 8) + 1
    vectors: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return vectors


def a_cache(tmp_path: Path, rows: int = 1000) -> VectorCache:
    return VectorCache(tmp_path / "cache" / "encoder.db", dimension=8, rows=rows)


def test_what_was_put_is_found_by_another_process_of_the_host(tmp_path: Path) -> None:
    a_cache(tmp_path).put(KEYS, some_vectors(KEYS))
    found = a_cache(tmp_path).get([*KEYS, key("another")])
    assert found.keys() == set(KEYS)
    np.testing.assert_allclose(np.array([found[name] for name in KEYS]), some_vectors(KEYS), atol=1e-3)


def test_the_oldest_go_first_when_there_are_too_many(tmp_path: Path) -> None:
    cache = a_cache(tmp_path, rows=100)
    for start in range(0, 1000, 50):
        cache.put(KEYS[start : start + 50], some_vectors(KEYS[start : start + 50]))
    assert cache.get(KEYS).keys() == set(KEYS[900:])


def test_no_rows_switch_the_cache_off_and_leave_no_file(tmp_path: Path) -> None:
    cache = a_cache(tmp_path, rows=0)
    cache.put(KEYS, some_vectors(KEYS))
    assert cache.get(KEYS) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty", "pages"])
def test_a_damaged_file_is_replaced_with_a_log_line(tmp_path: Path, damage: str) -> None:
    cache = a_cache(tmp_path)
    cache.put(KEYS, some_vectors(KEYS))
    cache.close()
    path = tmp_path / "cache" / "encoder.db"
    whole = path.read_bytes()
    noise = os.urandom(8192)
    broken = {
        "garbage": noise,
        "truncated": whole[:6000],
        "empty": b"",
        "pages": whole[:4096] + noise + whole[4096 + len(noise) :],
    }
    path.write_bytes(broken[damage])
    with capture_logs() as logs:
        cache.get(KEYS)
        cache.put(KEYS, some_vectors(KEYS))
    assert cache.get(KEYS).keys() == set(KEYS)
    assert [line["event"] for line in logs] == ([] if damage == "empty" else ["cache damaged, starting anew"])


def test_a_flipped_bit_in_a_vector_is_a_miss(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.put(KEYS[:1], some_vectors(KEYS[:1]))
    cache.close()
    path = tmp_path / "cache" / "encoder.db"
    whole = bytearray(path.read_bytes())
    whole[whole.index(some_vectors(KEYS[:1]).astype("<f2").tobytes()) + 5] ^= 4
    path.write_bytes(whole)
    assert cache.get(KEYS) == {}
    cache.put(KEYS[:1], some_vectors(KEYS[:1]))
    assert list(cache.get(KEYS)) == KEYS[:1]


def test_a_cache_of_other_dimensions_is_not_believed(tmp_path: Path) -> None:
    a_cache(tmp_path).put(KEYS, some_vectors(KEYS))
    assert VectorCache(tmp_path / "cache" / "encoder.db", dimension=4, rows=1000).get(KEYS) == {}


def test_a_place_that_cannot_hold_a_file_is_said_once_and_skipped(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    encoder = CachedEncoder(CountingEncoder(), a_cache(tmp_path))
    with capture_logs() as logs:
        assert encoder.encode(["Nurse", "Driver"]).shape == (2, 8)
        assert encoder.encode(["Nurse"]).shape == (1, 8)
    assert [line["event"] for line in logs] == ["cache skipped"]
    assert encoder.encoded == 3


def test_a_full_disk_costs_the_cache_and_not_the_answer(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    cache = a_cache(tmp_path)
    cache.put(KEYS[:1], some_vectors(KEYS[:1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # python ignores the signal; writes fail
    try:
        with capture_logs() as logs:
            encoder = CachedEncoder(CountingEncoder(), cache)
            assert encoder.encode([f"title {number}" for number in range(1000)]).shape == (1000, 8)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [line["event"] for line in logs] == ["cache skipped"]
    cache.put(KEYS, some_vectors(KEYS))
    assert len(cache.get(KEYS)) == 1000


def test_a_repeated_text_costs_no_model_time_even_within_one_call(tmp_path: Path) -> None:
    model = CountingEncoder()
    encoder = CachedEncoder(model, a_cache(tmp_path))
    first = encoder.encode(["Nurse", "Driver", "Nurse"])
    again = encoder.encode(["Driver", "Nurse", "Clerk"])
    assert model.asked == ["Nurse", "Driver", "Clerk"]
    assert (encoder.encoded, encoder.hits) == (3, 3)
    assert encoder.seconds > 0
    np.testing.assert_array_equal(first[[1, 0]], again[:2])
    np.testing.assert_array_equal(first[0], first[2])


def test_nothing_to_encode_is_no_row(tmp_path: Path) -> None:
    assert CachedEncoder(CountingEncoder(), a_cache(tmp_path)).encode([]).shape == (0, 8)


def test_odd_texts_have_keys_of_their_own(tmp_path: Path) -> None:
    texts = ["", "\x00", "\ud800", "é", "e\u0301", " "]
    encoder = CachedEncoder(CountingEncoder(), a_cache(tmp_path))
    np.testing.assert_array_equal(encoder.encode(texts), encoder.encode(texts))
    assert (encoder.encoded, encoder.hits) == (6, 6)


def test_an_erased_text_is_gone_from_the_files_too(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.put(KEYS, some_vectors(KEYS))
    cache.erase(KEYS[:10])
    assert cache.get(KEYS).keys() == set(KEYS[10:])
    bytes_left = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert not [name for name in KEYS[:10] if name in bytes_left]


def test_erasing_from_a_damaged_file_removes_it(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "encoder.db"
    path.parent.mkdir()
    path.write_bytes(os.urandom(8192))
    a_cache(tmp_path).erase(KEYS[:1])
    assert a_cache(tmp_path).get(KEYS) == {}


WRITER = """
import sys
from pathlib import Path
import numpy as np
from pipelines.encoding.vector_cache import VectorCache, key
cache = VectorCache(Path(sys.argv[1]), dimension=8, rows=100_000)
for start in range(0, 4000, 40):
    keys = [key(f"title {(start + step) % 2000}") for step in range(80)]
    vectors = np.array([list(name[:8]) for name in keys], dtype=np.float32) + 1
    known = cache.get(keys)
    cache.put(keys, vectors)
    found = cache.get(keys)
    assert all((found[name] == vector.astype(np.float16)).all() for name, vector in zip(keys, vectors)), "wrong vector"
"""


def test_three_processes_write_at_the_same_time(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "encoder.db")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    said = [process.communicate(timeout=100)[0] for process in running]
    assert said == [b""] * 3
    cache = VectorCache(tmp_path / "encoder.db", dimension=8, rows=100_000)
    assert len(cache.get([key(f"title {number}") for number in range(2000)])) == 2000
