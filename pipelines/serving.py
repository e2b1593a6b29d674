"""What tags: the verified artifacts of an installation, loaded once a process; the worker and `metier tag` call it."""

import math
import os
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from metier.errors import ArtifactDamaged, ConfigError
from metier.types import Taxonomy, Text
from pipelines import artifact
from pipelines.artifact import Artifact
from pipelines.encoding import encoder
from pipelines.encoding.vector_cache import CachedEncoder, VectorCache
from pipelines.tagger import Rest, Tagger
from pipelines.taggers import Plugin, registry
from pipelines.tagging import Outcome, tag_all

ENCODER = "encoder"

_BUILD = "run `metier artifacts build`"
_KNOWN = (Text("Leiterin Einkauf (m/w/d)"), Text("Zyx", "A body, so that the encoder is asked whatever n-grams say."))
_TOGETHER = 1024  # texts whose features are held at once


class Serving:
    """The loaded taggers, and what they have done so far."""

    def __init__(
        self,
        taggers: Sequence[Tagger],
        *,
        digests: Mapping[str, str],
        encoder: CachedEncoder | None = None,
        through: tuple[type[Exception], ...] = (),
    ) -> None:
        self.artifacts: Mapping[str, str] = {tagger.taxonomy.name: tagger.artifact for tagger in taggers}
        self.taxonomies: Mapping[str, Taxonomy] = {tagger.taxonomy.name: tagger.taxonomy for tagger in taggers}
        self.digests: Mapping[str, str] = dict(digests)
        self._taggers = taggers
        self._encoder = encoder
        self._through = through
        self._texts = 0
        self._seconds = 0.0

    def tag(self, texts: Sequence[Text], *, top: int = 3, rest: Rest = Rest.ALWAYS) -> list[Outcome]:
        """Return each text's tags, up to `top` a taxonomy, best first, or what it failed with."""
        begun = time.perf_counter()
        outcomes: list[Outcome] = []
        for start in range(0, len(texts), _TOGETHER):
            some = texts[start : start + _TOGETHER]
            outcomes += tag_all(self._taggers, some, encoder=self._encoder, top=top, rest=rest, through=self._through)
        self._texts += len(texts)
        self._seconds += time.perf_counter() - begun
        return outcomes

    def counters(self) -> dict[str, float]:
        """Return what was done since loading; `tag_seconds` leaves out the time of the encoder."""
        encoding = self._encoder.seconds if self._encoder else 0.0
        return {
            "texts": float(self._texts),
            "encoded": float(self._encoder.encoded if self._encoder else 0),
            "cache_hits": float(self._encoder.hits if self._encoder else 0),
            "encode_seconds": encoding,
            "tag_seconds": max(0.0, self._seconds - encoding),
        }


def load(
    folder: Path,
    *,
    champions: Mapping[str, str] | None = None,
    taxonomies: Collection[str] | None = None,
    threads: int = 1,
    cache: Path | None = None,
    cache_rows: int = 0,
    through: tuple[type[Exception], ...] = (),
) -> Serving:
    """Load the taggers of these taxonomies (all, if none are named), verified and tried on one known input.

    `champions` says which digest serves under a name; the installation's own artifacts serve for the rest. `through`
    names exceptions that no text is to blame for, such as a time limit.
    """
    digests = {**artifact.bundled(folder), **(champions or {})}
    chosen = _chosen(taxonomies)
    found = {plugin.name: _find(folder, plugin.name, digests) for plugin in chosen}
    bases = {base for name in found if (base := found[name].manifest.extra.get("encoder"))}
    if len(bases) > 1:
        raise ConfigError(
            f"{folder}: taggers were taught with different encoders ({', '.join(sorted(bases))}): {_BUILD}"
        )
    used = {name: digests[name] for name in found}
    model: tuple[encoder.Encoder, VectorCache] | None = None
    if bases:
        # the one that the heads were taught with, whichever serves under the name
        used[ENCODER] = bases.pop()
        model = _encoder(folder, used[ENCODER], threads=threads, cache=cache, rows=cache_rows)
    taggers = [plugin.load(found[plugin.name]) for plugin in chosen]

    def fresh() -> Serving:
        return Serving(taggers, digests=used, encoder=CachedEncoder(*model) if model else None, through=through)

    _try(fresh(), folder)
    return fresh()


def _chosen(taxonomies: Collection[str] | None) -> list[Plugin]:
    plugins = registry()
    for name in taxonomies or ():
        if name not in plugins:
            raise ConfigError(f"no tagger for the taxonomy {name!r}: choose from {', '.join(plugins)}")
    return [plugin for name, plugin in plugins.items() if taxonomies is None or name in taxonomies]


def _find(folder: Path, name: str, digests: Mapping[str, str]) -> Artifact:
    if name not in digests:
        raise ConfigError(f"{folder}: there is no artifact for {name}: {_BUILD}")
    return artifact.find(folder, name, digests[name])


def _encoder(
    folder: Path, digest: str, *, threads: int, cache: Path | None, rows: int
) -> tuple[encoder.Encoder, VectorCache]:
    found = artifact.find(folder, ENCODER, digest)
    loaded = encoder.load(found.folder, threads=threads)
    path = cache / f"vectors-{digest[:12]}.db" if cache else Path(os.devnull)
    return loaded, VectorCache(path, dimension=loaded.dimension, rows=rows if cache else 0)


def _try(serving: Serving, folder: Path) -> None:
    """See that the taggers answer before anything hangs on them."""
    for outcome in serving.tag(_KNOWN):
        if isinstance(outcome, Exception):
            raise ArtifactDamaged(f"{folder}: a tagger does not answer ({outcome}): {_BUILD}") from outcome
        for tag in outcome:
            if not (math.isfinite(tag.score) and 0 <= tag.score <= 1):
                raise ArtifactDamaged(f"{folder}: {tag.taxonomy} answers nonsense: remove its folder and {_BUILD}")
