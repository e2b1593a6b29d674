"""`metier worker`: run the workers of one queue in the foreground."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Examples:
  metier worker --queue tag --concurrency 4
  METIER_BROKER_URL=redis://broker:6379/0 METIER_DATABASE_URL=postgresql://metier@db/metier metier worker --queue tag

\b
The broker is METIER_BROKER_URL, else the one that `metier up` started in this home. SIGTERM or Ctrl-C ends
the worker in some seconds; what it held goes back and nothing is lost.
"""


@app.command(epilog=_EPILOG)
def worker(
    queue: Annotated[str, typer.Option(help="tag, label or train.")] = "tag",
    concurrency: Annotated[int, typer.Option(min=0, help="Children; 0: as METIER_WORKERS says.")] = 0,
) -> None:
    """Run the workers of one queue until stopped."""
    from console.part import become
    from metier.errors import ConfigError
    from metier.settings import settings

    if queue not in {"tag", "label", "train"}:
        raise typer.BadParameter(f"{queue!r} is no queue: use tag, label or train", param_hint="--queue")
    if concurrency > 512:
        raise ConfigError("more than 512 children on one host: start workers on more hosts instead")
    children = concurrency or settings().workers
    become("worker", ["--queue", queue, "--concurrency", str(children)])
