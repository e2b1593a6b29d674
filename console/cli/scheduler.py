"""`metier scheduler`: run one scheduler in the foreground."""

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Example:
  METIER_BROKER_URL=redis://broker:6379/0 METIER_DATABASE_URL=postgresql://metier@db/metier metier scheduler

\b
The broker is METIER_BROKER_URL, else the one that `metier up` started in this home. Any number of schedulers
may run on one database: each slot of a schedule is taken once.
"""


@app.command(epilog=_EPILOG)
def scheduler() -> None:
    """Poll sources and hand jobs to the workers until stopped."""
    from console.part import become

    become("scheduler", [])
