"""A sentence encoder in torch that can be tuned: mean of its tokens, at length one. Needs the extra `train`."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines import finetune_work
from pipelines.encoding import source as encoder_source
from pipelines.ngrams import Floats

_TOKENS = 48  # of a title
_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Sentences:
    """A model, its tokenizer, and what goes before every text."""

    model: Any  # the libraries come without types
    tokenizer: Any
    prefix: str

    @classmethod
    def of(cls, model: str, *, seed: int = 0, cache: Path | None = None) -> "Sentences":
        """Return the encoder of this name, as METIER_ENCODER gives it."""
        finetune_work.hush()
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.manual_seed(seed)
        source = encoder_source.find(model, cache=cache or Path(tempfile.gettempdir()))
        found = AutoModel.from_pretrained(source.folder, local_files_only=True, use_safetensors=True)
        found.to("cuda" if torch.cuda.is_available() else "cpu")
        return cls(found, AutoTokenizer.from_pretrained(source.folder, local_files_only=True), source.prefix)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one vector a text."""
        import torch

        self.model.eval()
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found: Floats = np.zeros((len(texts), self.model.config.hidden_size), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), _TOGETHER):
                some = order[start : start + _TOGETHER]
                found[some] = self._vectors([texts[at] for at in some]).float().cpu().numpy()
        return found

    def draw_together(
        self, first: Sequence[str], second: Sequence[str], alike: Sequence[float], *, rows: int, rate: float
    ) -> None:
        """Tune the model by one walk through pairs, so that the cosine of each becomes what is wished."""
        import torch

        self.model.train()
        steps = max(1, -(-len(first) // rows))
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=0.01)
        warm = max(1, steps // 10)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / steps))
        )
        for start in range(0, len(first), rows):
            one, other = (self._vectors(some[start : start + rows]) for some in (first, second))
            wished = torch.tensor(alike[start : start + rows], device=one.device)
            loss = torch.nn.functional.mse_loss((one * other).sum(dim=1), wished)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch tells no types here
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            schedule.step()

    def write(self, folder: Path) -> None:
        """Keep the model as safetensors and JSON, as an encoder folder that METIER_ENCODER can name."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def _vectors(self, texts: Sequence[str]) -> Any:
        import torch

        read = self.tokenizer(
            [f"{self.prefix}{text}" for text in texts],
            padding=True,
            truncation=True,
            max_length=_TOKENS,
            return_tensors="pt",
        ).to(self.model.device)
        states = self.model(**read).last_hidden_state
        mask = read["attention_mask"].unsqueeze(-1).to(states.dtype)
        return torch.nn.functional.normalize((states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-6), dim=1)
