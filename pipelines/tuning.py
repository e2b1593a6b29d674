"""Make the encoder of a head that brings its own: tuned by torch, then written in int8 and held to the exact form."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from metier.types import Example
from pipelines import train, training
from pipelines.encoding import build, own
from pipelines.encoding import source as encoder_source
from pipelines.encoding.own import Own
from pipelines.heads import heads
from pipelines.snapshot import Snapshot
from pipelines.text import normalise, tidy


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where encoders are tuned, from which model, and on how many titles at most; 0: on all."""

    folder: Path
    model: str = encoder_source.BUNDLED
    most: int = 0


def key(head: str, workshop: Workshop) -> str:
    """Return what a tuned encoder hangs on beside the examples and the seed."""
    source = encoder_source.find(workshop.model, cache=workshop.folder)
    return repr((head, heads.VERSION, build.FORM, source.digest, workshop.most))


@contextmanager
def tuned(
    wanted: training.Lesson, snapshot: Snapshot, workshop: Workshop, *, tell: Callable[[str], None]
) -> Iterator[Own]:
    """Tune on examples of the snapshot, and lend the serving form until it is in an artifact.

    What training holds out is not tuned on, so that its metrics stay those of titles whose words are new. A tuning
    that was broken off goes on in the folder of the workshop.
    """
    known, held = parts(snapshot, seed=wanted.seed, most=workshop.most)
    workshop.folder.mkdir(parents=True, exist_ok=True)
    base = encoder_source.find(workshop.model, cache=workshop.folder)
    lesson = heads.Lesson(
        wanted.taxonomy, known, seed=wanted.seed, model=workshop.model, folder=workshop.folder, tell=tell
    )
    with tempfile.TemporaryDirectory(dir=workshop.folder, prefix=".tuned-") as workplace:
        exact, quick = Path(workplace, "exact"), Path(workplace, "quick")
        tell(f"tuning {base.name} on {len(known):,} titles")
        heads.tune(wanted.head, lesson, held, exact)
        tell("making the quick form of the tuned encoder")
        source = encoder_source.find(str(exact), cache=workshop.folder)
        form = build.write_quick(source, quick)
        shape = {"dimension": form.dimension, "tokens": source.tokens, "prefix": source.prefix}
        name = f"{base.name}, {wanted.head}"
        yield Own(quick, {**shape, **form.agreement}, name, own.opened(quick, shape, name=name))


def parts(snapshot: Snapshot, *, seed: int, most: int) -> tuple[list[Example], list[Example]]:
    """Return examples to tune on, brought ones first and at most so many, and those of them that training holds out."""
    examples = snapshot.examples
    apart = train.unseen(normalise(tidy([example.text for example in examples])), seed)
    marked = list(zip(examples, apart.tolist(), strict=True))
    made, brought = marked[: len(snapshot.bundled)], marked[len(snapshot.bundled) :]
    chosen = [*sorted(brought, key=_drawn), *sorted(made, key=_drawn)][: most or None]
    return [example for example, out in chosen if not out], [example for example, out in chosen if out]


def _drawn(one: tuple[Example, bool]) -> tuple[int, str]:
    return crc32(one[0].text.encode("utf-8", "replace")), one[0].text
