"""Tune a transformer on labelled titles: class weights, early stopping, checkpoints, and going on after a kill.

The extra `train` does the work: transformers' trainer, which through accelerate takes whatever processors or cards
there are, in half precision where a card can do it. What is kept in the end is safetensors and JSON.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metier.errors import ConfigError
from metier.types import Taxonomy
from pipelines import encoder_source
from pipelines.ngrams import Floats, Whole

DONE = "tuned.json"  # written last: a folder that has it is whole

_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Course:
    """How it is tuned."""

    epochs: int = 4
    rows: int = 32  # in a step
    rate: float = 1e-4
    patience: int = 1  # epochs without a better macro-F1 on the held-out titles, after which it stops
    tokens: int = 48  # of a title
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles and the places of their labels."""

    titles: Sequence[str]
    answers: Whole

    def digest(self) -> str:
        """Return a digest of all of them."""
        found = hashlib.sha256("\x1f".join(self.titles).encode("utf-8", "replace"))
        return f"{found.hexdigest()}{hashlib.sha256(self.answers.tobytes()).hexdigest()}"


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
) -> Tuned:
    """Return the transformer tuned on the known titles; the best epoch is chosen on those held out.

    All is kept in a folder of its own that is named by what goes in: whole, it is only loaded; broken off, it is gone
    on with from its last checkpoint.
    """
    _needs_torch()
    source = encoder_source.find(model, cache=folder)
    key = repr((source.digest, known.digest(), held.digest(), asdict(course), [one.code for one in taxonomy.labels]))
    place = folder / f"finetuned-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if not (place / DONE).exists():
        trainer = _trainer(source.folder, known, held, taxonomy, place=place, course=course)
        trainer.add_callback(_teller(tell, course.epochs))
        last = _checkpoint(place)
        if last:
            tell("tuning goes on from its last checkpoint")
        trainer.train(resume_from_checkpoint=last)
        trainer.model.save_pretrained(place)  # safetensors
        trainer.processing_class.save_pretrained(place)
        told = {"epochs": trainer.state.epoch, "macro_f1": trainer.state.best_metric, "went_on_from": last or ""}
        (place / DONE).write_text(json.dumps(told), "utf-8")
        shutil.rmtree(place / "checkpoints", ignore_errors=True)
    return load(place, tokens=course.tokens)


def load(place: Path, *, tokens: int) -> Tuned:
    """Return what was tuned and kept in a folder."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(place, local_files_only=True, use_safetensors=True)
    return Tuned(model, AutoTokenizer.from_pretrained(place, local_files_only=True), tokens)


def _trainer(base: Path, known: Titles, held: Titles, taxonomy: Taxonomy, *, place: Path, course: Course) -> Any:
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        EarlyStoppingCallback,
        PrinterCallback,
        Trainer,
        set_seed,
    )

    set_seed(course.seed)  # the new last layer is random
    codes = [label.code for label in taxonomy.labels]
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, local_files_only=True, use_safetensors=True, num_labels=len(codes), id2label=dict(enumerate(codes))
    )
    trainer = Trainer(
        model=model,
        args=_arguments(place / "checkpoints", course),
        train_dataset=_rows(tokenizer, known, course.tokens),
        eval_dataset=_rows(tokenizer, held, course.tokens),
        processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_loss_func=_weighted(known.answers, len(codes)),
        compute_metrics=_macro_f1,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=course.patience)],
    )
    trainer.remove_callback(PrinterCallback)  # it prints every measurement as a dict
    return trainer


def _teller(tell: Callable[[str], None], epochs: int) -> Any:
    from transformers import TrainerCallback

    class Teller(TrainerCallback):
        """Says after each epoch how far it is."""

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **beside: Any) -> None:
            """Say it."""
            reached = float((metrics or {}).get("eval_macro_f1", 0))
            tell(f"tuning: epoch {state.epoch:.0f} of at most {epochs}, macro-F1 on held-out titles {reached:.3f}")

    return Teller()


def _arguments(checkpoints: Path, course: Course) -> Any:
    import torch
    from transformers import TrainingArguments

    card = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=course.epochs,
        per_device_train_batch_size=course.rows,
        per_device_eval_batch_size=2 * course.rows,
        learning_rate=course.rate,
        weight_decay=0.01,
        warmup_steps=0.1,  # a share of all steps
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        bf16=card and torch.cuda.is_bf16_supported(),
        fp16=card and not torch.cuda.is_bf16_supported(),
        use_cpu=not card,
        dataloader_pin_memory=card,
        seed=course.seed,
        report_to=[],
        logging_strategy="no",
        disable_tqdm=True,
    )


def _rows(tokenizer: Any, titles: Titles, tokens: int) -> list[dict[str, Any]]:
    read = tokenizer(list(titles.titles), truncation=True, max_length=tokens)
    names = list(read.keys())
    return [
        {**{name: read[name][at] for name in names}, "labels": int(answer)} for at, answer in enumerate(titles.answers)
    ]


def _weighted(answers: Whole, size: int) -> Any:
    """Return the loss in which a rare label weighs more: by the root, since the whole inverse makes noise of it."""
    import torch

    counts = np.maximum(np.bincount(answers, minlength=size), 1)
    shares = np.sqrt(counts.mean() / counts).astype(np.float32)
    weights = torch.from_numpy(np.minimum(shares, 5.0))

    def loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        logits = outputs["logits"] if isinstance(outputs, dict) else outputs.logits
        return torch.nn.functional.cross_entropy(logits.float(), labels, weight=weights.to(logits.device))

    return loss


def _macro_f1(found: Any) -> dict[str, float]:
    from pipelines import evaluate

    given, truth = found.predictions.argmax(axis=1), found.label_ids
    answers = evaluate.said(given, truth, np.arange(len(truth)), found.predictions.shape[1])
    return {"macro_f1": evaluate.values(answers, {"macro_f1": evaluate.macro_f1})["macro_f1"]}


def _checkpoint(place: Path) -> str | None:
    """Return the last whole checkpoint: its state is written last."""
    found = [path for path in (place / "checkpoints").glob("checkpoint-*") if (path / "trainer_state.json").exists()]
    return str(max(found, key=lambda path: int(path.name.rpartition("-")[2]))) if found else None


def _needs_torch() -> None:
    try:
        import accelerate  # noqa: F401
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise ConfigError("what tunes transformers is not installed: pip install 'metier[train]'") from error
    logs: Any = transformers.utils.logging  # its functions have no types
    logs.set_verbosity_error()  # that a new last layer is new is no news
    logs.disable_progress_bar()
