"""What a worker tags with: a known answer is not worked out again, and what nobody reads is not made."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from metier.answer import Answer
from metier.types import Text
from pipelines import answer_cache
from pipelines.answer_cache import AnswerCache
from pipelines.serving import Serving
from pipelines.tagger import Rest


class Answering:
    """Answers with the sure tags of each taxonomy, or with the candidates where none is sure."""

    def __init__(self, serving: Serving, cache: AnswerCache) -> None:
        self.artifacts = serving.artifacts
        self._serving = serving
        self._cache = cache
        self._reused = 0

    def tag(self, texts: Sequence[Text]) -> list[Answer | Exception]:
        """Return each text's tags that are worth a row, or what it failed with; one that comes twice is tagged once."""
        keys = [answer_cache.key(item) for item in texts]
        wanted = dict(zip(keys, texts, strict=True))
        known: dict[bytes, Answer | Exception] = dict(self._cache.get(wanted))
        missing = {name: item for name, item in wanted.items() if name not in known}
        if missing:
            found = self._serving.tag(list(missing.values()), rest=Rest.WHERE_UNSURE)
            answers = [got if isinstance(got, Exception) else Answer.of(got) for got in found]
            worked_out = dict(zip(missing, answers, strict=True))
            known |= worked_out
            self._cache.put({name: got for name, got in worked_out.items() if not isinstance(got, Exception)}, missing)
        self._reused += len(texts) - len(missing)
        return [known[name] for name in keys]

    def counters(self) -> Mapping[str, float]:
        """Return what was done since loading; `reused` counts the answers that were not worked out again."""
        counted = self._serving.counters()
        return counted | {"texts": counted["texts"] + self._reused, "reused": float(self._reused)}


def opened(serving: Serving, *, cache: Path, rows: int) -> Answering:
    """Put the answers that this host keeps in front of these taggers."""
    file = answer_cache.path(cache, serving.digests, form="worth a row")
    if rows:
        answer_cache.tidy(file)
    return Answering(serving, AnswerCache(file, rows=rows))
