"""Where the project's files are, for the rules that read them."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("metier", "storage", "pipelines", "worker", "scheduler", "console")
TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".json", ".jsonl", ".csv", ".ini", ".mako", ".cfg", ""}


@cache
def files() -> list[Path]:
    """Return the files that git keeps or would keep."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [path for name in sorted(listing.stdout.split("\0")) if name and (path := ROOT / name).is_file()]


def texts() -> list[Path]:
    """Return the files that people read."""
    return [path for path in files() if path.suffix in TEXT]


def sources(*folders: str) -> list[Path]:
    """Return the Python files in these top-level folders, or all of them."""
    python = [path for path in files() if path.suffix == ".py"]
    return [path for path in python if not folders or path.relative_to(ROOT).parts[0] in folders]


def modules() -> list[str]:
    """Return the importable modules of all packages; migrations run inside alembic alone."""
    paths = [path.relative_to(ROOT).with_suffix("") for path in sources(*PACKAGES) if "migrations" not in path.parts]
    return [".".join(path.parts).removesuffix(".__init__") for path in paths]


def name(path: Path) -> str:
    """Return how people call this file."""
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
