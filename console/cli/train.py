"""`metier train TAXONOMY`: teach a head with the examples that there are, as a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console import choices, database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.errors import BadRow
from metier.settings import settings
from metier.types import Origin

if TYPE_CHECKING:
    from console.training import Wish
    from storage.engine import Engine
    from storage.run_examples import Given

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Examples:
  metier train seniority                       queues a run for a worker of the queue train
  metier train seniority --here                trains now, in a child of this command
  metier train department --here --examples titles.csv --origin pseudo --relabel 0.8

Learns from the examples that come with the taxonomy and from yours (`metier examples import`), looks for wrong labels,
and makes a candidate. The gate compares it with the champion on titles that people labelled; only a candidate that is
not worse serves. FILE has a column title and one called like the taxonomy, or `label`; it is used for this run alone.
A correction (`metier correct`) counts as ten of the other examples, so that they do not drown it.
The same examples, head and seed make the same artifact. One training of a taxonomy goes on at a time, and what is
asked for again while it waits is one run. See `metier runs show ID`.

Heads: own (the tagger's), mixture (n-grams and the convention), full (with sentence vectors besides), finetuned and
fewshot (with vectors of an encoder tuned for this taxonomy: needs the extra `train` and minutes; METIER_ENCODER names
the model, METIER_TUNE_TITLES how many titles; the artifact carries the encoder, and serving needs no torch).
`metier leaderboard` compares them.
"""


@app.command(epilog=_EPILOG)
def train(
    taxonomy: Annotated[str, typer.Argument(metavar="TAXONOMY", help="seniority, department, career …")],
    *,
    examples: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Also learn from this table, this time; repeatable.")
    ] = None,
    origin: Annotated[str, typer.Option(help="Who labelled those files: source or pseudo.")] = "source",
    relabel: Annotated[
        float,
        typer.Option(min=0, max=1, help="Where the convention is so sure (0.8), its label replaces that of a file."),
    ] = 0.0,
    never: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Titles never to learn from; repeatable.")
    ] = None,
    head: Annotated[str, typer.Option(metavar="NAME", help="own, mixture, full, fewshot, finetuned.")] = "own",
    corrections: Annotated[
        float, typer.Option(min=1, max=1000, help="How many other examples one correction counts for.")
    ] = 10.0,  # train.CORRECTIONS, which would bring numpy into --help
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")] = 0,
    here: Annotated[bool, typer.Option("--here", help="Train now, in a child of this command.")] = False,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="Make a candidate and leave it one, whatever the gate says.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Teach a taxonomy's head with the examples that there are; the gate decides whether it serves."""
    from console.training import Wish
    from pipelines import training
    from pipelines.taggers import registry
    from worker.training_steps import Order

    plugins = registry()
    choices.one_of("TAXONOMY", taxonomy, list(plugins))
    choices.one_of("--head", head, training.names())
    choices.one_of("--origin", origin, [Origin.SOURCE, Origin.PSEUDO])
    training.lesson(plugins[taxonomy], head=head)
    files = tuple(file.name for file in examples or ())
    order = Order(taxonomy, head, seed, relabel, promote=not candidate, by=who(), files=files, corrections=corrections)
    given = _given(examples or (), taxonomy, Origin(origin))
    make_database()
    with database.opened(settings()) as engine:
        wish = Wish(order, given, _never(never or ()))
        run = _here(engine, wish) if here else _queued(engine, wish)
        _tell(engine, run, here=here, as_json=as_json)


def who() -> str:
    """Return who gives this command, for what is kept of it."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def _given(files: "list[Path] | tuple[()]", taxonomy: str, origin: Origin) -> "list[Given]":
    from console import example_rows
    from console.cli.ingest import Complaints
    from pipelines import training
    from pipelines.taggers import registry
    from storage.run_examples import Given

    found: list[Given] = []
    complaints = Complaints()
    known = {taxonomy: training.lesson(registry()[taxonomy]).taxonomy} if files else {}
    for file in files:
        for one in example_rows.read(example_rows.Sheet(file, known, origin, only=taxonomy)):
            if isinstance(one, BadRow):
                complaints.hear(f"{file.name}: {one}")
            elif one.example.origin in (Origin.SOURCE, Origin.PSEUDO):
                found.append(Given(one.key, one.example, one.place))
            else:
                complaints.hear(f"{one.place}: {one.example.origin} is not for one run: use `metier examples import`")
    complaints.close()
    if files and not found:
        raise WrongUse("no row of the files can be learnt from; what is wrong is said above")
    return found


def _never(files: "list[Path] | tuple[()]") -> list[str]:
    from console import example_rows
    from metier.example_keys import keys

    return [
        key for file in files for key in keys([one for one in example_rows.texts(file) if isinstance(one, str)]) if key
    ]


def _queued(engine: "Engine", wish: "Wish") -> int:
    from console import training
    from console.summary import FRESH
    from storage import heartbeats
    from storage.engine import reading
    from worker.training import TASK

    found = training.queue(engine, wish)
    if found.joined:
        screen.say(f"run {found.run} was asked for the same and still waits: nothing is queued beside it")
    with reading(engine) as connection:
        working = heartbeats.count(connection, f"worker:{TASK}", seconds=FRESH)
    if not working:
        screen.say("nobody trains yet: start `metier up` or `metier worker --queue train`, or say --here")
    return found.run


def _here(engine: "Engine", wish: "Wish") -> int:
    """Take the run so that no worker does, and see it through."""
    from console import training

    terms = training.terms_here(settings())
    held = training.take(engine, wish, terms)
    try:
        with screen.steps(f"training {wish.order.taxonomy}") as show:
            training.see_through(engine, held, terms, tick=lambda: _look(engine, held.run, show))
    except KeyboardInterrupt:
        screen.say(f"run {held.run} is cancelled")
        raise
    return held.run


def _look(engine: "Engine", run: int, show: screen.Show) -> None:
    from storage import runs
    from storage.engine import reading

    with reading(engine) as connection:
        found = runs.get(connection, run)
    if found is not None:
        show(found.step, found.done, found.total)


def make_database() -> None:
    """Make the database where there is none yet."""
    from storage import migrate

    with database.connected(settings()) as engine:
        if migrate.current(engine) is None:
            migrate.upgrade(engine)
            screen.say(f"made the database {database.shown(settings())}")


def _tell(engine: "Engine", run: int, *, here: bool, as_json: bool) -> None:
    from console.runs import describe
    from storage import runs
    from storage.engine import reading

    with reading(engine) as connection:
        found = runs.get(connection, run)
    assert found is not None  # noqa: S101  it was just written
    if as_json:
        listing.as_json(found)
    else:
        for line in describe(found):
            listing.line(line)
    if found.state in ("failed", "cancelled"):
        raise typer.Exit(FAILED)
    if here and found.state != "done":
        screen.say("it was broken off: a worker of the queue train goes on with it, or the same command again")
        raise typer.Exit(FAILED)
