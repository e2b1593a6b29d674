"""From ingest to committed tags through the real broker, relay and workers; then the same titles a second time.

Titles that n-grams alone are sure of are not encoded, so the road is measured once more with every title encoded.
"""

from collections.abc import Mapping
from functools import partial

from tests.bench import encoded, texts
from tests.bench.figures import Best, Target
from tests.bench.measurement import Measurement
from tests.bench.place import DATABASES, Place


def run(place: Place) -> Mapping[str, float]:
    """Measure each database in a system of its own, which has seen none of the texts."""
    figures: dict[str, float] = {}
    for kind in DATABASES:
        with place.system(kind) as system:
            new = texts.of_titles(place.sizes.titles, source="new")
            again = texts.of_titles(place.sizes.titles, source="again")
            bodies = texts.of_postings(place.sizes.postings, source="bodies")
            for name, found in (("through.titles", new), ("again.titles", again), ("through.postings", bodies)):
                pace = system.finish(found)
                figures |= {f"{name}.{kind}": pace.rate, f"processor.{name}.{kind}": pace.processor}
        with place.system(kind, artifacts=encoded.artifacts(place)) as system:
            pace = system.finish(texts.of_titles(place.sizes.titles, source="encoded"))
            figures |= {f"through.encoded.{kind}": pace.rate, f"processor.through.encoded.{kind}": pace.processor}
    return figures


def _against_bare(best: Best, kind: str, database: str) -> float:
    return best.rate(f"through.{kind}.{database}") / best.rate(f"bare.{kind}")


def _processor(best: Best, kind: str, database: str) -> float:
    return best.least(f"processor.bare.{kind}") / best.least(f"processor.through.{kind}.{database}")


def _again(best: Best, database: str) -> float:
    return best.rate(f"again.titles.{database}") / best.rate(f"through.titles.{database}")


def _encoded(best: Best, database: str) -> float:
    return best.rate(f"through.encoded.{database}") / best.rate("bare.titles")


def _again_encoded(best: Best, database: str) -> float:
    return best.rate(f"again.titles.{database}") / best.rate(f"through.encoded.{database}")


MEASUREMENT = Measurement(
    "through",
    run,
    (
        Target("titles on Postgres, of the bare encoder", partial(_against_bare, kind="titles", database="postgres"),
               at_least=0.80, goal=0.88),
        Target("titles on SQLite, of the bare encoder", partial(_against_bare, kind="titles", database="sqlite"),
               at_least=0.85),
        Target("postings on Postgres, of the bare encoder",
               partial(_against_bare, kind="postings", database="postgres"), at_least=0.92, goal=0.97),
        Target("postings on SQLite, of the bare encoder", partial(_against_bare, kind="postings", database="sqlite"),
               at_least=0.92, goal=0.97),
        Target("the same titles again on Postgres, times the first", partial(_again, database="postgres"), at_least=5),
        Target("the same titles again on SQLite, times the first", partial(_again, database="sqlite"), at_least=5),
        *(
            target
            for name, database in (("Postgres", "postgres"), ("SQLite", "sqlite"))
            for target in (
                Target(f"titles on {name} with every title encoded, of the bare encoder",
                       partial(_encoded, database=database)),
                Target(f"the same titles again on {name}, times the first with every title encoded",
                       partial(_again_encoded, database=database), at_least=5),
            )
        ),
        *(
            Target(f"{kind} on {database}: processor time of encoding them all, of all that was spent",
                   partial(_processor, kind=kind, database=database))
            for kind in ("titles", "postings")
            for database in DATABASES
        ),
    ),
)  # fmt: skip
