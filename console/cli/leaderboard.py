"""`metier leaderboard TAXONOMY`: which head, taught with which titles, is how good on real ones."""

from pathlib import Path
from typing import Annotated

import typer

from console import choices, engines, leaderboard, leaderboard_table, listing, screen
from console.cli.exits import WrongUse
from metier import logs
from metier.errors import ConfigError
from metier.settings import settings
from pipelines.heads import heads

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 100})

_EPILOG = """\b
Examples:
  metier leaderboard seniority --test labelled.csv
  metier leaderboard department --train curated.csv --pseudo by_an_llm.csv \\
      --test labelled.csv --output board.md
  metier leaderboard seniority --test labelled.csv --head rules --head mixture

Every head is taught with four fifths of every set of titles and measured on
the last fifth (in distribution) and on the titles of --test, which people
labelled; titles of --test are never learnt from. The sets: what is bundled,
--train (curated), --pseudo (labelled by an LLM), relabelled (--pseudo with the
label of the written rules where these are sure), and all of it together.

--slow adds the heads that tune a transformer; they need the extra `train`.
Finished rows are kept beside OUT (OUT.rows.jsonl), so a killed run goes on
where it was. The same seed gives the same table.
Exit codes: 0 done, 1 failed, 2 wrong use.
"""


@app.command(epilog=_EPILOG)
def board(
    *,
    taxonomy: Annotated[str, typer.Argument(metavar="TAXONOMY", help="Whose labels are learnt: seniority …")],
    test: Annotated[list[Path], typer.Option(metavar="FILE", help="Titles that people labelled; repeatable.")],
    train: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Titles to learn from, labelled with care; repeatable.")
    ] = None,
    pseudo: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Titles to learn from, labelled by an LLM; repeatable.")
    ] = None,
    head: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Compare only this head; repeatable. Default: all quick.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME", help="Teach only with this set, such as curated+pseudo; repeatable."),
    ] = None,
    slow: Annotated[bool, typer.Option("--slow", help="Also the heads that tune a transformer.")] = False,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Which column is the title, the label …; repeatable."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="The table in Markdown; rows are kept beside it.")
    ] = Path("leaderboard.md"),
    draws: Annotated[int, typer.Option(min=10, max=100_000, help="Bootstrap draws behind the intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the split, of training and of the draws.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Compare heads and baselines, taught with different titles, on the same labelled ones."""
    logs.configure(level=settings().log_level, as_json=settings().log_json)
    try:
        order = leaderboard.Order(
            taxonomy,
            tests=test,
            train=tuple(train or ()),
            pseudo=tuple(pseudo or ()),
            heads=list(heads.named(head or (list(heads.HEADS) if slow else heads.quick()))),
            sets=tuple(set_ or ()),
            columns=choices.pairs(column or ()),
            seed=seed,
            draws=draws,
            rows=output.with_name(f"{output.name}.rows.jsonl"),
        )
        found = leaderboard.carry_out(order, engines.choose(()))
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    table = leaderboard_table.markdown(found)
    output.write_text(table, encoding="utf-8")
    screen.say(f"written: {output}")
    if as_json:
        listing.as_json(leaderboard_table.as_plain(found))
    else:
        leaderboard_table.show(found)
