"""Tune a transformer on labelled titles once: what is whole is loaded, what was broken off is gone on with.

The extra `train` does the work, on the processor, on a card, or on several with a process each. What is kept in the end
is safetensors and JSON.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metier.types import Taxonomy
from pipelines import finetune_crew, finetune_work
from pipelines.encoding import source as encoder_source
from pipelines.finetune_work import DONE, Course, Titles, Work
from pipelines.ngrams import Floats

__all__ = ["DONE", "Course", "Titles", "Tuned", "load", "tune"]

_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Tuned:
    """A tuned transformer that answers."""

    model: Any  # the libraries come without types
    tokenizer: Any
    tokens: int

    def logits(self, titles: Sequence[str]) -> Floats:
        """Return a row of logits a title."""
        import torch

        order = sorted(range(len(titles)), key=lambda at: len(titles[at]))
        found: Floats = np.zeros((len(titles), self.model.config.num_labels), dtype=np.float32)
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), _TOGETHER):
                some = order[start : start + _TOGETHER]
                read = self.tokenizer(
                    [titles[at] for at in some],
                    padding=True,
                    truncation=True,
                    max_length=self.tokens,
                    return_tensors="pt",
                )
                found[some] = self.model(**read.to(self.model.device)).logits.float().cpu().numpy()
        return found


def tune(
    model: str,
    known: Titles,
    held: Titles,
    taxonomy: Taxonomy,
    *,
    folder: Path,
    course: Course,
    tell: Callable[[str], None] = lambda line: None,
    processes: int = 0,
) -> Tuned:
    """Return the transformer tuned on the known titles; the best epoch is chosen on those held out.

    All is kept in a folder of its own that is named by what goes in: whole, it is only loaded; broken off, it is gone
    on with from its last checkpoint. `processes`: how many share each step; 0: one a card.
    """
    finetune_work.hush()
    source = encoder_source.find(model, cache=folder)
    codes = [one.code for one in taxonomy.labels]
    key = repr((source.digest, known.digest(), held.digest(), asdict(course), codes))
    place = folder / f"finetuned-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if not (place / DONE).exists():
        work = Work(source.folder, known, held, codes, place, course)
        if (count := processes or finetune_crew.cards()) > 1:
            finetune_crew.train(work, processes=count, tell=tell)
        else:
            finetune_work.train(work, tell=tell)
    return load(place, tokens=course.tokens)


def load(place: Path, *, tokens: int) -> Tuned:
    """Return what was tuned and kept in a folder."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(place, local_files_only=True, use_safetensors=True)
    return Tuned(model, AutoTokenizer.from_pretrained(place, local_files_only=True), tokens)
