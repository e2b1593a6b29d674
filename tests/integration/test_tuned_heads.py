"""Heads that tune a transformer, on a random one of a few kilobytes: they learn, are kept safely, survive a kill."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from metier.errors import ConfigError
from metier.types import Example, Label, Origin, Taxonomy, TaxonomyKind, Text
from pipelines import finetune, finetune_work
from pipelines.finetune import Course, Titles
from pipelines.heads import fewshot, finetuned
from pipelines.heads.finetuned import Calibrated
from pipelines.heads.heads import Lesson
from pipelines.sentences import Sentences
from tests.integration import tiny_bert

ROOT = Path(__file__).parents[2]
COLOURS = Taxonomy("colours", "1", TaxonomyKind.FLAT, (Label("red", "Red"), Label("blue", "Blue")))
COURSE = Course(epochs=3, rows=8, rate=5e-3)


KILLED = """
import sys
from pathlib import Path
from pipelines.heads import finetuned as heads_finetuned
from tests.integration.test_tuned_heads import a_lesson, LONG
heads_finetuned.teach(a_lesson(Path(sys.argv[1]), Path(sys.argv[2])), LONG)
"""
CREW = """
import sys
from pathlib import Path
from pipelines import finetune
from tests.integration.test_tuned_heads import COLOURS, parts
endless = finetune.Course(epochs=500, rows=8, rate=1e-4, patience=500)
finetune.tune(sys.argv[1], *parts(), COLOURS, folder=Path(sys.argv[2]), course=endless, processes=2)
"""
LONG = Course(epochs=6, rows=8, rate=5e-3, patience=99)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert.make(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def taught(tiny: Path, folder: Path) -> Calibrated:
    return finetuned.teach(a_lesson(tiny, folder), COURSE)


def a_lesson(model: Path, folder: Path, count: int = 40) -> Lesson:
    reds = [(f"rrr{at % 7} aaa {at}", "red") for at in range(count)]
    blues = [(f"zzz{at % 7} qqq {at}", "blue") for at in range(count)]
    examples = [Example(title, "colours", code, Origin.SOURCE) for title, code in [*reds, *blues]]
    return Lesson(COLOURS, examples, model=str(model), folder=folder)


def parts() -> tuple[Titles, Titles]:
    """Return titles to tune on, and some to hold out."""

    def some(start: int, count: int) -> Titles:
        titles = [
            f"{('rrr', 'zzz')[at % 2]}{at % 7} {('aaa', 'qqq')[at % 2]} {at}" for at in range(start, start + count)
        ]
        return Titles(titles, np.array([at % 2 for at in range(count)], dtype=np.int64))

    return some(0, 64), some(100, 16)


def test_a_transformer_learns_and_is_kept_without_pickles(taught: Calibrated, folder: Path) -> None:
    scores = taught.scores([Text("rrr1 aaa"), Text("zzz1 qqq")])
    assert scores.argmax(axis=1).tolist() == [0, 1]
    assert scores.sum(axis=1) == pytest.approx(1)
    (place,) = folder.glob("finetuned-*")
    assert {path.suffix for path in place.rglob("*") if path.is_file()} <= {".json", ".safetensors", ".txt"}
    assert json.loads((place / finetune.DONE).read_text())["macro_f1"] == 1.0


def test_what_is_whole_is_loaded_and_answers_the_same(taught: Calibrated, tiny: Path, folder: Path) -> None:
    (done,) = folder.glob(f"finetuned-*/{finetune.DONE}")
    written = done.stat().st_mtime_ns
    again = finetuned.teach(a_lesson(tiny, folder), COURSE)
    assert done.stat().st_mtime_ns == written
    asked = [Text("rrr zzz"), Text("aaa")]
    assert np.array_equal(taught.scores(asked), again.scores(asked))


@pytest.mark.slow
def test_tuning_that_was_killed_goes_on_from_its_last_checkpoint(tiny: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", KILLED, str(tiny), str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while not list(tmp_path.glob("finetuned-*/checkpoints/checkpoint-*/trainer_state.json")):
            assert child.poll() is None, "it ended before it was killed"
            time.sleep(0.05)
        child.kill()
    assert not list(tmp_path.glob(f"finetuned-*/{finetune.DONE}"))
    again = finetuned.teach(a_lesson(tiny, tmp_path), LONG)
    assert again.scores([Text("rrr1 aaa"), Text("zzz1 qqq")]).argmax(axis=1).tolist() == [0, 1]
    (done,) = tmp_path.glob(f"finetuned-*/{finetune.DONE}")
    assert "checkpoint-" in json.loads(done.read_text())["went_on_from"]


def test_it_stops_where_the_held_out_titles_get_no_better(tiny: Path, tmp_path: Path) -> None:
    told: list[str] = []
    long = Course(epochs=30, rows=8, rate=5e-3, patience=2)
    finetune.tune(str(tiny), *parts(), COLOURS, folder=tmp_path, course=long, tell=told.append)
    said = [line for line in told if "macro-F1" in line]
    assert 3 <= len(said) < 20, said


def test_a_rare_label_weighs_more_and_not_without_end() -> None:
    import torch

    answers = np.array([0] * 900 + [1] * 100 + [2], dtype=np.int64)
    loss = finetune_work._weighted(answers, 3)

    def of(answer: int) -> float:
        """Return the loss of two titles, of which one of the most frequent label is right and this one is wrong."""
        logits = torch.tensor([[5.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
        logits[1, (answer + 1) % 3] = 5.0
        return float(loss({"logits": logits}, torch.tensor([0, answer])))

    assert of(0) < of(1) < of(2)
    endless = finetune_work._weighted(np.array([0] * 10**6 + [1], dtype=np.int64), 2)
    logits = torch.tensor([[0.0, 0.0], [9.0, 0.0]])
    heaviest = (np.log(2) * np.sqrt(0.5) + 9.0 * 5.0) / (np.sqrt(0.5) + 5.0)
    assert float(endless({"logits": logits}, torch.tensor([0, 1]))) == pytest.approx(heaviest, rel=1e-3)


@pytest.mark.slow
def test_processes_that_tune_together_divide_each_step_and_learn_the_same(tiny: Path, tmp_path: Path) -> None:
    told: list[str] = []
    tuned = finetune.tune(
        str(tiny), *parts(), COLOURS, folder=tmp_path, course=COURSE, tell=told.append, processes=2
    )  # fmt: skip
    assert tuned.logits(["rrr1 aaa", "zzz1 qqq"]).argmax(axis=1).tolist() == [0, 1]
    (done,) = tmp_path.glob(f"finetuned-*/{finetune.DONE}")
    kept = json.loads(done.read_text())
    assert (kept["processes"], kept["steps"]) == (2, 64 / 8 * kept["epochs"]), "as many steps as one process takes"
    assert told[0] == "tuning in 2 processes"
    assert sum("macro-F1" in line for line in told) == kept["epochs"], "one of them speaks"


@pytest.mark.slow
def test_processes_that_tune_together_end_with_whoever_started_them(tiny: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", CREW, str(tiny), str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starter:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("finetuned-*/checkpoints/checkpoint-*")):
            assert starter.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        crew = psutil.Process(starter.pid).children(recursive=True)
        assert len(crew) >= 3, "the launcher and two who tune"
        starter.kill()
    assert psutil.wait_procs(crew, timeout=60)[1] == []
    assert not list(tmp_path.glob(f"finetuned-*/{finetune.DONE}"))


def test_another_lesson_has_a_folder_of_its_own(tiny: Path, tmp_path: Path) -> None:
    short = Course(epochs=1, rows=8)
    finetuned.teach(a_lesson(tiny, tmp_path, 20), short)
    finetuned.teach(a_lesson(tiny, tmp_path, 21), short)
    assert len(list(tmp_path.glob("finetuned-*"))) == 2


def test_few_titles_are_drawn_together_and_told_apart(tiny: Path, tmp_path: Path) -> None:
    lesson = a_lesson(tiny, tmp_path)
    taught = fewshot.teach(lesson, fewshot.Course(shots=6, pairs=4, rows=8, rate=2e-3))
    assert taught.scores([Text("rrr2 aaa"), Text("zzz2 qqq")]).argmax(axis=1).tolist() == [0, 1]
    before, after = (
        one.encode(["rrr2 aaa", "rrr3 aaa", "zzz2 qqq"]) for one in (Sentences.of(str(tiny)), taught.sentences)
    )
    assert after[0] @ after[1] - after[0] @ after[2] > before[0] @ before[1] - before[0] @ before[2]


def test_the_same_seed_draws_the_same(tiny: Path, tmp_path: Path) -> None:
    course = fewshot.Course(shots=4, pairs=2, rows=8)
    one, other = (fewshot.teach(a_lesson(tiny, tmp_path), course).scores([Text("rrr aaa")]) for _ in range(2))
    assert np.array_equal(one, other)


def test_a_tuned_encoder_is_kept_as_a_folder_that_is_read_again(tiny: Path, tmp_path: Path) -> None:
    sentences = Sentences.of(str(tiny))
    sentences.write(tmp_path / "kept")
    assert (tmp_path / "kept" / "model.safetensors").exists()
    assert np.allclose(Sentences.of(str(tmp_path / "kept")).encode(["abc"]), sentences.encode(["abc"]), atol=1e-6)


def test_too_few_titles_are_said(tiny: Path, tmp_path: Path) -> None:
    lonely = Lesson(COLOURS, [Example("abc", "colours", "red", Origin.SOURCE)], model=str(tiny), folder=tmp_path)
    with pytest.raises(ConfigError, match="two labels"):
        fewshot.teach(lonely)
