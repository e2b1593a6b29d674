"""One tuning of a transformer: class weights, early stopping, half precision, checkpoints.

transformers' trainer does it through accelerate, which takes what there is: a processor, a card, or, where a crew was
started, a card a process. The same steps are taken whatever their number: the rows of a step are divided.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metier.errors import ConfigError
from pipelines.ngrams import Whole

DONE = "tuned.json"  # written last: a folder that has it is whole


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
class Work:
    """What is tuned from which titles, and the folder in which it grows."""

    base: Path
    known: Titles
    held: Titles
    codes: Sequence[str]
    place: Path
    course: Course


def train(work: Work, *, tell: Callable[[str], None]) -> None:
    """Tune, going on from the last checkpoint if there is one, and keep the best epoch in the folder."""
    import transformers

    hush()
    trainer = _trainer(work)
    trainer.add_callback(_teller(tell, work.course.epochs))
    last = _checkpoint(work.place)
    if last and trainer.is_world_process_zero():
        tell("tuning goes on from its last checkpoint")
    trainer.train(resume_from_checkpoint=last)
    if not trainer.is_world_process_zero():
        return
    trainer.model.save_pretrained(work.place)  # safetensors
    trainer.processing_class.save_pretrained(work.place)
    told = {
        "epochs": trainer.state.epoch, "macro_f1": trainer.state.best_metric, "went_on_from": last or "",
        "steps": trainer.state.global_step, "processes": trainer.args.world_size, "precision": _precision(trainer.args),
        "transformers": transformers.__version__,
    }  # fmt: skip
    (work.place / DONE).write_text(json.dumps(told), "utf-8")
    shutil.rmtree(work.place / "checkpoints", ignore_errors=True)


def hush() -> None:
    """See that the libraries are there, and keep their progress and advice off the terminal."""
    try:
        import accelerate  # noqa: F401
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise ConfigError("what tunes transformers is not installed: pip install 'metier[train]'") from error
    logs: Any = transformers.utils.logging  # its functions have no types
    logs.set_verbosity_error()  # that a new last layer is new is no news
    logs.disable_progress_bar()


def _trainer(work: Work) -> Any:
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        EarlyStoppingCallback,
        PrinterCallback,
        Trainer,
        set_seed,
    )

    course, size = work.course, len(work.codes)
    set_seed(course.seed)  # the new last layer is random
    tokenizer = AutoTokenizer.from_pretrained(work.base, local_files_only=True)
    model = AutoModelForSequenceClassification.from_pretrained(
        work.base, local_files_only=True, use_safetensors=True, num_labels=size, id2label=dict(enumerate(work.codes))
    )
    trainer = Trainer(
        model=model,
        args=_arguments(work.place / "checkpoints", course),
        train_dataset=_rows(tokenizer, work.known, course.tokens),
        eval_dataset=_rows(tokenizer, work.held, course.tokens),
        processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_loss_func=_weighted(work.known.answers, size),
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
            if not state.is_world_process_zero:
                return
            reached = float((metrics or {}).get("eval_macro_f1", 0))
            tell(f"tuning: epoch {state.epoch:.0f} of at most {epochs}, macro-F1 on held-out titles {reached:.3f}")

    return Teller()


def _arguments(checkpoints: Path, course: Course) -> Any:
    import torch
    from transformers import TrainingArguments

    card = torch.cuda.is_available()
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=course.epochs,
        per_device_train_batch_size=max(1, course.rows // processes),
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
        ddp_find_unused_parameters=False,
        seed=course.seed,
        report_to=[],
        logging_strategy="no",
        disable_tqdm=True,
    )


def _precision(args: Any) -> str:
    return "bf16" if args.bf16 else "fp16" if args.fp16 else "fp32"


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
    from pipelines.evaluation import evaluate

    given, truth = found.predictions.argmax(axis=1), found.label_ids
    answers = evaluate.said(given, truth, np.arange(len(truth)), found.predictions.shape[1])
    return {"macro_f1": evaluate.values(answers, {"macro_f1": evaluate.macro_f1})["macro_f1"]}


def _checkpoint(place: Path) -> str | None:
    """Return the last whole checkpoint: its state is written last."""
    found = [path for path in (place / "checkpoints").glob("checkpoint-*") if (path / "trainer_state.json").exists()]
    return str(max(found, key=lambda path: int(path.name.rpartition("-")[2]))) if found else None
