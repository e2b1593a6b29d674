"""Texts to vectors: the one place where a sentence model runs. Serving needs no torch."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from metier.errors import ConfigError
from pipelines import artifact

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
# tokens that one run of the model reads: its intermediate values still fit a core's cache
TOKENS_A_RUN = 384
# a token is seldom longer; what lies behind is never read, so a body of megabytes costs no more than a long one
CHARACTERS_A_TOKEN = 64
# runtime fusions that are slower than what they replace (onnxruntime 1.31: the fused norm takes 8 times as long)
SLOWER_WHEN_FUSED = ["SkipLayerNormFusion", "BiasGeluFusion"]


class Encoder(Protocol):
    """What turns texts into vectors of length one."""

    @property
    def name(self) -> str:
        """Return which form of which model this is."""

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, in their order."""


def load(folder: Path, *, threads: int) -> Encoder:
    """Load a verified encoder artifact and see that it answers."""
    found = artifact.verify(folder)
    try:
        dimension, tokens = int(found.manifest.extra["dimension"]), int(found.manifest.extra["tokens"])
        prefix = str(found.manifest.extra.get("prefix", ""))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{folder}: is no encoder; name the folder of one") from error
    name = f"{found.name}@{found.digest[:12]}"
    return open_model(folder, name, dimension=dimension, tokens=tokens, prefix=prefix, threads=threads)


def open_model(folder: Path, name: str, *, dimension: int, tokens: int, prefix: str, threads: int) -> Encoder:
    """Open the model and tokenizer files of a folder, which the caller has verified or just made."""
    reader = Reader(folder, tokens=tokens, prefix=prefix)
    try:
        session = _session(folder / MODEL, threads)
    except Exception as error:  # the library's errors have no class in common
        raise ConfigError(f"{folder}: the encoder does not load ({error}); run `metier artifacts build`") from error
    encoder = _OnnxEncoder(name, dimension, reader, session)
    known = encoder.encode(["Registered nurse"])
    if known.shape != (1, dimension) or not abs(float(np.linalg.norm(known)) - 1) < 1e-3:
        raise ConfigError(f"{folder}: the encoder does not answer as it should; run `metier artifacts build`")
    return encoder


def readable(text: str) -> str:
    """Return the text with its lone surrogates, which no tokenizer takes, replaced by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class Reader:
    """Texts to token ids, at most so many a text."""

    def __init__(self, folder: Path, *, tokens: int, prefix: str) -> None:
        import tokenizers

        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # the library raises plain exceptions
            raise ConfigError(f"{folder}: the tokenizer does not load ({error})") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(tokens)
        self._prefix = prefix
        self._characters = tokens * CHARACTERS_A_TOKEN

    def read(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        # one by one: a batch call would start threads for all cores, however many this process may use
        some = (self._prefix + readable(text[: self._characters]) for text in texts)
        return [self._tokenizer.encode(text).ids for text in some]


class _OnnxEncoder:
    """An ONNX model from token ids to vectors, pooling and normalising included; it sees texts of one length a run.

    So no token is padding and the graph needs no mask, which measured faster than padded batches at every length.
    """

    def __init__(self, name: str, dimension: int, reader: Reader, session: Any) -> None:  # Any: an untyped library
        self.name = name
        self.dimension = dimension
        self._reader = reader
        self._session = session

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, in their order."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens = self._reader.read(texts)
        by_length = defaultdict(list)
        for place, ids in enumerate(tokens):
            by_length[len(ids)].append(place)
        for length, places in sorted(by_length.items()):
            size = max(1, TOKENS_A_RUN // max(1, length))
            for start in range(0, len(places), size):
                run = places[start : start + size]
                vectors[run] = self._run([tokens[place] for place in run])
        return vectors

    def _run(self, rows: list[list[int]]) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = self._session.run(None, {"input_ids": np.array(rows, dtype=np.int64)})[0]
        return answer


def _session(path: Path, threads: int) -> Any:  # the library comes without types
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not _has_vnni():
        # else sums of 8-bit products overflow there; where they cannot, the exact way takes three times as long
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER_WHEN_FUSED
    )


def _has_vnni() -> bool:
    """Say whether this processor is known to add 8-bit products without overflow; ARM ignores the setting."""
    try:
        return "vnni" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
