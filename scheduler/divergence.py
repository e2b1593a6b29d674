"""How far two distributions lie apart, and how far chance alone brings samples of their sizes; no I/O.

The measure is the population stability index: 0 for equal ones; by custom 0.1 is a change worth a look, 0.25 a large
one. Of small samples it is large by chance, so it is compared with what samples of one and the same source show.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import floating
    from numpy.typing import NDArray

    Floats = NDArray[floating[Any]]  # Any: of whatever width

WORTH_A_LOOK = 0.1
_HALF = 0.5
"""Added to each count, so that a label that never came makes no infinity."""
_DRAWS = 1000
_RARE = 0.995
"""Of samples of one source so many lie nearer than what is called chance."""


def distance(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Return the population stability index of two sets of counts."""
    from numpy import array

    names = sorted({*one, *other})
    return float(_index(*(array([[side.get(name, 0) for name in names]], float) for side in (one, other)))[0])


def chance(one: Mapping[str, int], other: Mapping[str, int], *, seed: int = 0) -> float:
    """Return how far samples of these sizes lie apart, at most, when both come out of one source."""
    import numpy as np

    names = sorted({*one, *other})
    pooled = np.array([one.get(name, 0) + other.get(name, 0) for name in names], float)
    random = np.random.default_rng(seed)
    sizes = (sum(one.values()), sum(other.values()))
    drawn = [random.multinomial(size, pooled / pooled.sum(), size=_DRAWS).astype(float) for size in sizes]
    return float(np.quantile(_index(*drawn), _RARE))


def alarming(found: float, bound: float) -> bool:
    """Tell whether a person should look: more than chance, and enough to matter."""
    return found > max(bound, WORTH_A_LOOK)


def _index(one: "Floats", other: "Floats") -> "Floats":
    """Return the index of each row of counts."""
    import numpy as np

    p, q = ((side + _HALF) / (side + _HALF).sum(axis=1, keepdims=True) for side in (one, other))
    found: Floats = ((p - q) * np.log(p / q)).sum(axis=1)
    return found
