"""The taggers: each file here registers one, and nothing is loaded before its `load` is called."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from metier.errors import ConfigError
from pipelines import head, taxonomy
from pipelines.artifact import Artifact
from pipelines.classify import Mixture
from pipelines.recipe import HeadRecipe, Recipe
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
    """Return all taggers by name: those of the files here, and one for each taxonomy of the customer's own."""
    own = taxonomy.own_root()
    return bundled() if own is None else with_own(own)


def bundled() -> dict[str, Plugin]:
    """Return the taggers of the files here."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_plugins.items()))


def with_own(root: Path) -> dict[str, Plugin]:
    """Return the taggers with those of the taxonomies in a folder; one of the same name goes before the bundled."""
    found = bundled()
    for name in taxonomy.names(root):
        before = found.get(name)
        if before is None:
            found[name] = Plugin(name, HeadRecipe(Mixture(), taxonomies=root), head.load)
        elif isinstance(before.recipe, HeadRecipe):
            found[name] = replace(before, recipe=replace(before.recipe, taxonomies=root))
        else:
            raise ConfigError(f"{root / name}: the bundled {name} is not made of a convention; call yours otherwise")
    return dict(sorted(found.items()))
