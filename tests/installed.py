"""The artifacts of a whole installation for tests, made from the bundled data once and kept while the data stay."""

from pathlib import Path

import pytest

from pipelines import installation


def artifacts(config: pytest.Config) -> Path:
    """Return the folder of artifacts, bringing it up to date."""
    assert config.cache is not None
    folder = config.cache.mkdir("artifacts")
    installation.build(folder)
    return folder
