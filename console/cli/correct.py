"""`metier correct REF TAXONOMY LABEL`: a person's answer, which no model replaces and models learn from."""

from typing import Annotated

import typer

from console import database, listing
from console.cli.exits import WrongUse
from metier.settings import settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Examples:
  metier correct reliefweb:4021337 seniority lead
  metier correct cvs:17 department "Human Resources"

Sets the tag of the posting, which no model replaces from then on, and keeps the title as a reviewed example: seven in
ten train the next model, the others measure it.
"""


@app.command(epilog=_EPILOG)
def correct(
    ref: Annotated[str, typer.Argument(metavar="SOURCE:KEY", help="The posting or title.")],
    taxonomy: Annotated[str, typer.Argument(metavar="TAXONOMY", help="seniority, department, career …")],
    label: Annotated[str, typer.Argument(metavar="LABEL", help="Code or name of the right label.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Say what is right for a posting: its tag changes, and the next model learns from it or is measured by it."""
    from console.cli.examples import known_taxonomies
    from console.cli.train import who
    from metier.example_keys import key
    from storage import reviews
    from storage.engine import reading, transaction
    from storage.reviews import Review

    known = known_taxonomies()
    if taxonomy not in known:
        raise WrongUse(f"there is no taxonomy {taxonomy}: use {', '.join(known)}")
    labels = known[taxonomy].labels
    codes = [one.code for one in labels if label.casefold() in (one.code.casefold(), one.name.casefold())]
    if not codes:
        raise WrongUse(f"{label!r} is no label of {taxonomy}: use {', '.join(one.code for one in labels)}")
    with database.opened(settings()) as engine:
        with reading(engine) as connection:
            posting = reviews.find(connection, ref)
        said = Review(posting.id, taxonomy, codes[0], key(posting.title), who())
        with transaction(engine) as connection:
            split = reviews.review(connection, said)
    if as_json:
        listing.as_json({"ref": ref, "taxonomy": taxonomy, "code": codes[0], "split": split})
    else:
        purpose = "the next model learns from it" if split == "train" else "models are measured by it"
        listing.line(f"{ref}: {taxonomy} is {codes[0]}; {purpose}")
