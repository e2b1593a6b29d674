"""`metier artifacts`: the models: build them, see which serve, check their files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from console import database, listing, screen
from console.cli import artifacts_serving
from console.cli.exits import FAILED, WrongUse
from metier.errors import MetierError
from metier.settings import settings

_EPILOG = """\b
Examples:
  metier artifacts build           once for an installation; what is there and sound is kept
  metier artifacts list
  metier artifacts show seniority
  metier artifacts verify
  metier artifacts promote seniority@0123456789ab
  metier artifacts rollback seniority --reason "leads come out as seniors"
  metier artifacts threshold seniority 0.62       what counts as sure, as metier evaluate advises
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="Build models, see which serve and why, promote and roll back, check their files.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Example:  metier artifacts build")
def build(*, as_json: Json = False) -> None:
    """Build what is missing, damaged or out of date in the artifact folder."""
    from pipelines import installation

    built = installation.build(settings().artifact_folder, encoder=settings().encoder, progress=screen.say)
    _adopt(built)
    if as_json:
        listing.as_json(built)
    else:
        listing.line(f"{settings().artifact_folder} holds {', '.join(sorted(built))}")


@app.command("list", epilog="Example:  metier artifacts list --json")
def list_(*, as_json: Json = False) -> None:
    """List the artifacts that are known to the database or lie in the folder."""
    found = _found()
    if as_json:
        listing.as_json(found)
        return
    listing.table(
        "Artifacts",
        ("name", "digest", "state", "bundled", "here", "since", "reason"),
        [
            (row["name"], row["digest"][:12], row["state"], row["bundled"], row["here"], row["since"], row["reason"])
            for row in found
        ],
    )


@app.command(epilog="Examples:  metier artifacts show seniority      metier artifacts show seniority@0123456789ab")
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME[@DIGEST]", help="The serving one of a name, or the beginning of a digest.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Show the manifest of an artifact: what it was made from, what it reached, its files."""
    from pipelines import artifact

    wanted, _, digest = name.partition("@")
    rows = [row for row in _found() if row["name"] == wanted and row["digest"].startswith(digest)]
    serving = [row for row in rows if row["state"] == "champion"] or [row for row in rows if row["bundled"]]
    chosen = (serving if not digest else rows) or rows
    if not chosen:
        raise WrongUse(f"there is no artifact {name}: see `metier artifacts list`")
    folder = artifact.folder_of(settings().artifact_folder, wanted, chosen[0]["digest"])
    manifest = asdict(artifact.read_manifest(folder))
    if as_json:
        listing.as_json(manifest)
        return
    listing.line(f"{'folder':<14} {folder}")
    for field, value in manifest.items():
        if isinstance(value, dict):
            for key, item in sorted(value.items()):
                listing.line(f"{f'{field}.{key}':<14} {_short(item)}")
        else:
            listing.line(f"{field:<14} {listing.cell_text(value)}")


@app.command(epilog="Example:  metier artifacts verify")
def verify(*, as_json: Json = False) -> None:
    """Check every file of every artifact in the folder against its manifest."""
    from pipelines import artifact

    found: list[dict[str, str]] = []
    for row in _found():
        if not row["here"]:
            if row["state"] == "champion":
                found.append({**_named(row), "problem": f"serves, but is not in {settings().artifact_folder}"})
            continue
        try:
            artifact.find(settings().artifact_folder, row["name"], row["digest"])
            found.append({**_named(row), "problem": ""})
        except MetierError as error:
            found.append({**_named(row), "problem": str(error)})
    if as_json:
        listing.as_json(found)
    else:
        rows = [(row["name"], row["digest"][:12], row["problem"] or "sound") for row in found]
        listing.table("Artifacts", ("name", "digest", "files"), rows)
    if not found:
        screen.say("there are no artifacts: run `metier artifacts build`")
    if not found or any(row["problem"] for row in found):
        raise typer.Exit(FAILED)


app.command(
    epilog="Examples:  metier artifacts promote seniority@0123456789ab      "
    "metier artifacts promote career@0123456789ab --despite-gate 'judged by hand on 80 titles'"
)(artifacts_serving.promote)
app.command(epilog="Example:  metier artifacts rollback seniority --reason 'leads come out as seniors'")(
    artifacts_serving.rollback
)
app.command(epilog="Example:  metier artifacts threshold seniority 0.62 --reason '95 in 100 of our titles are right'")(
    artifacts_serving.threshold
)
app.command(epilog="Example:  metier artifacts diff seniority@0123456789ab")(artifacts_serving.diff)
app.command(epilog="Example:  metier artifacts history seniority")(artifacts_serving.history)


def _found() -> list[dict[str, Any]]:  # JSON, as `--json` shows it
    """Join what the database knows with what lies in the folder."""
    from pipelines import artifact

    root = settings().artifact_folder
    bundled = artifact.bundled(root)
    here = {(path.parent.name, path.name) for path in root.glob("[!.]*/[!.]*/") if (path / artifact.MANIFEST).exists()}
    known = {(row.name, row.digest): row for row in _registered()}
    rows = []
    for name, digest in sorted(here | set(known)):
        row = known.get((name, digest))
        rows.append(
            {
                "name": name,
                "digest": digest,
                "state": row.state if row else "",
                "bundled": bundled.get(name) == digest,
                "here": (name, digest) in here,
                "since": row.changed_at if row else None,
                "by": row.changed_by if row else "",
                "reason": row.reason if row else "",
            }
        )
    return rows


def _registered() -> Any:  # rows of storage.artifacts, which is imported only here
    if not _has_database():
        return []
    from storage import artifacts
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        return artifacts.listed(connection)


def _adopt(built: dict[str, str]) -> None:
    """Let what was built serve where nothing does, if there is a database to say so in."""
    if not _has_database():
        return
    from storage import artifacts
    from storage.engine import transaction

    try:
        with database.opened(settings()) as engine, transaction(engine) as connection:
            for name in artifacts.adopt(connection, built):
                screen.say(f"{name} now serves")
    except MetierError as error:
        screen.say(f"built, but not noted in the database: {error}")


def _has_database() -> bool:
    file = database.sqlite_file(settings())
    return file is None or Path(file).exists()


def _named(row: dict[str, Any]) -> dict[str, str]:  # JSON
    return {"name": row["name"], "digest": row["digest"]}


def _short(value: object) -> str:
    text = listing.cell_text(value)
    return text if len(text) <= 200 else f"{text[:199]}…"
