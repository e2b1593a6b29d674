"""`metier erase`: take postings out of everything that keeps something of them."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from console import database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metier.types import Text
    from storage.engine import Connection, Engine
    from storage.erasing import Erased

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_AT_ONCE = 500
_EPILOG = """\b
Examples:
  metier erase --ref reliefweb:4021337
  metier erase --cv cvs:5f0c2b7a9d1e4c33
  metier erase --source cvs --yes
  metier erase --ref cvs:17 --same-text       also what was imported as an example and reads the same

Reaches the posting, its tags and their history, what candidates said of it, its examples, the content of its events,
what its jobs said, and what the caches of this host hold. Files that were exported and backups are yours to erase;
readers of the export get a line with event `erased`. Models learn of it at their next training.
A source that still shows the posting brings it back at the next poll.
"""


@app.command(epilog=_EPILOG)
def erase(
    *,
    ref: Annotated[list[str] | None, typer.Option(metavar="SOURCE:KEY", help="This posting; repeatable.")] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="All of this source; repeatable.")] = None,
    same_text: Annotated[
        bool, typer.Option("--same-text", help="Also examples that read the same, wherever they came from.")
    ] = False,
    cv: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="All of this CV (see metier cv list); repeatable.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Erase postings with everything that is kept of them; there is no way back."""
    if not (ref or source or cv):
        raise WrongUse("say what to erase: --ref SOURCE:KEY, --cv ID or --source NAME")
    for name in ref or ():
        if ":" not in name:
            raise WrongUse(f"--ref {name}: write SOURCE:KEY, for example --ref reliefweb:4021337")
    with database.opened(settings()) as engine:
        ids = sorted({*_ids(engine, ref or (), source or ()), *_of_cvs(engine, cv or ())})
        if not ids:
            screen.say("there is nothing to erase")
            raise typer.Exit(FAILED)
        if not yes and not sys.stdin.isatty():
            raise WrongUse(f"{listing.counted(len(ids), 'posting')} would be erased and nobody can be asked: say --yes")
        meant = listing.counted(len(ids), "posting")
        if not yes and not typer.confirm(f"Erase {meant} and all that is kept of them?", err=True):
            screen.say("nothing was erased")
            raise typer.Exit(FAILED)
        gone = _erase(engine, ids, _forget_examples if same_text else None)
    if as_json:
        listing.as_json(asdict(gone))
    else:
        listing.line(
            f"erased: {gone.postings:,} postings, {gone.tags:,} tags, {gone.history:,} former tags, "
            f"{gone.shadow:,} tags of candidates, {gone.examples:,} examples, {gone.fields:,} sets of fields, "
            f"{gone.signatures:,} signatures, the content of {gone.events:,} events, "
            "and what this host's caches held of them"
        )


def _ids(engine: "Engine", refs: "Sequence[str]", sources: "Sequence[str]") -> list[int]:
    from storage import erasing
    from storage.engine import reading

    found: set[int] = set()
    with reading(engine) as connection:
        if refs:
            found |= set(erasing.of_refs(connection, refs))
        for name in sources:
            after = 0
            while part := erasing.of_source(connection, name, most=10_000, after=after):
                found |= set(part)
                after = part[-1]
    return sorted(found)


def _of_cvs(engine: "Engine", cvs: "Sequence[str]") -> list[int]:
    from storage import positions
    from storage.engine import reading

    with reading(engine) as connection:
        return [id_ for cv in cvs for id_ in positions.ids_of(connection, cv if ":" in cv else f"cvs:{cv}")]


def _erase(
    engine: "Engine", ids: "Sequence[int]", beside: "Callable[[Connection, Sequence[Text]], int] | None"
) -> "Erased":
    from storage import erasing
    from storage.engine import transaction

    gone = erasing.Erased()
    with screen.progress("erasing") as advance:
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            with transaction(engine) as connection:
                texts = erasing.texts(connection, part)
                gone += erasing.erase(connection, part)
                if beside is not None:
                    gone += erasing.Erased(examples=beside(connection, texts))
            _forget(texts)
            advance(start + len(part), (start + len(part)) / len(ids))
    return gone


def _forget_examples(connection: "Connection", texts: "Sequence[Text]") -> int:
    """Take out the examples that read like these postings."""
    from metier.example_keys import keys
    from storage import examples

    return examples.erase(connection, [key for key in keys([text.title for text in texts]) if key])


def _forget(texts: "Sequence[Text]") -> None:
    """Take the texts out of every cache of this host."""
    folder = settings().cache_folder
    vectors, answers = sorted(folder.glob("vectors-*.db")), sorted(folder.glob("answers-*.db"))
    if not (vectors or answers):
        return
    from pipelines import answer_cache
    from pipelines import text as reading
    from pipelines.answer_cache import AnswerCache
    from pipelines.encoding.vector_cache import VectorCache, key

    titles = reading.tidy([text.title for text in texts])
    passages = [key(reading.passage(title, text.body)) for title, text in zip(titles, texts, strict=True)]
    whole = [answer_cache.key(text) for text in texts]
    for file in vectors:
        cache = VectorCache(file, dimension=0, rows=1)
        cache.erase(passages)
        cache.close()
    for file in answers:
        kept = AnswerCache(file, rows=1)
        kept.erase(whole)
        kept.close()
