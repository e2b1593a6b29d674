"""The taggers: each file here registers one, and nothing is loaded before its `load` is called."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from metier.errors import ConfigError
from pipelines.artifact import Artifact
from pipelines.recipe import Recipe
from pipelines.tagger import Tagger

Load = Callable[[Artifact], Tagger]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A tagger that can be made and loaded; its name is that of its taxonomy and of its artifact."""

    name: str
    recipe: Recipe
    load: Load


_plugins: dict[str, Plugin] = {}


def tagger(name: str, *, made_by: Recipe) -> Callable[[Load], Load]:
    """Register the decorated function as what loads the tagger of this taxonomy."""

    def register(load: Load) -> Load:
        if name in _plugins:
            raise ConfigError(f"pipelines/taggers: two files register the tagger {name!r}")
        _plugins[name] = Plugin(name, made_by, load)
        return load

    return register


def registry() -> dict[str, Plugin]:
    """Return all taggers by name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_plugins.items()))
