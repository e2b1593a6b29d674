"""`metier up`: the whole system on this machine, running until it is stopped."""

import sys
from collections.abc import Sequence
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from console.supervise_system import Running
    from metier.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_FOLDERS = ("files", "cvs", "linkedin")
_EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104  what is compared with, not what is bound
_NAMED = 6
"""Sources that are named as the system starts."""
_EPILOG = """\b
Examples:
  metier up
  metier up --workers 4
  METIER_DATABASE_URL=postgresql://metier@localhost/metier metier up

\b
Starts a broker (unless METIER_BROKER_URL names one), brings the database to the present schema, builds the
artifacts if they are missing, and runs a scheduler and workers. What falls is started again. Ctrl-C ends all.
"""


@app.command(epilog=_EPILOG)
def up(
    workers: Annotated[int, typer.Option(min=0, max=512, help="Worker children; 0: as METIER_WORKERS says.")] = 0,
) -> None:
    """Run the whole system on this machine until stopped."""
    from console.screen import say
    from console.supervise import interruptible
    from console.supervise_system import running
    from metier.settings import settings
    from scheduler import port, sources

    sources.planned(settings())  # what is wrong with sources.toml is said before anything starts
    taken = port.hindrance((settings().metrics_host, settings().metrics_port))
    with interruptible():
        try:
            with running(settings(), workers=workers or settings().workers, tell=say) as system:
                _announce(settings(), system, _metrics(settings(), taken))
                _watch(settings(), system)
        except KeyboardInterrupt:
            say("\nstopped; what was not done is done after the next start")


def _metrics(settings: "Settings", taken: str) -> str:
    """Return where the metrics are, or why nowhere."""
    if taken:
        return f"none: port {settings.metrics_port} cannot be had ({taken}); METIER_METRICS_PORT names another"
    host = settings.metrics_host if settings.metrics_host not in _EVERYWHERE else "127.0.0.1"
    return f"http://{host}:{settings.metrics_port}/metrics" if settings.metrics_port else "off"


def _announce(settings: "Settings", system: "Running", metrics: str) -> None:
    from console import broker, database
    from console.screen import say
    from scheduler import sources

    polled = [name for name in sources.planned(settings) if name not in _FOLDERS]
    watched = {"CVs": settings.cvs, "LinkedIn": settings.linkedin}
    rows = [
        ("database", database.shown(settings)),
        ("broker", broker.without_password(system.broker_url)),
        ("artifacts", settings.artifact_folder),
        ("logs", system.logs),
        ("inbox", settings.inbox.absolute() if settings.inbox else "off; METIER_INBOX=FOLDER watches a folder"),
        *((name, folder.absolute()) for name, folder in watched.items() if folder),
        ("polled", _some(polled) if polled else "none; metier sources list shows what there is"),
        ("metrics", metrics),
    ]
    for name, value in rows:
        say(f"  {name:<10} {value}")
    say("Metier is running; Ctrl-C ends it. In another terminal: metier ingest FILE, metier status --watch")


def _some(names: Sequence[str]) -> str:
    """Return the first of these names, and how many more there are."""
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _watch(settings: "Settings", system: "Running") -> None:
    from console import database
    from console.screen import say
    from console.summary import line
    from metier.errors import Transient

    live = sys.stderr.isatty()
    pause = 2.0 if live else 60.0
    told = 0.0
    with database.connected(settings) as engine:
        while True:
            for fall in system.kept.tick():
                again = f"ended ({fall.status}) and starts again in {fall.pause:g} s: see {fall.log}"
                say(f"{_clear(live)}{fall.name} {again}")
            if monotonic() - told > pause:
                told = monotonic()
                try:
                    text = line(engine)
                except Transient as error:
                    text = str(error)
                sys.stderr.write(f"{_clear(live)}{text}" if live else f"{text}\n")
                sys.stderr.flush()
            sleep(0.5)


def _clear(live: bool) -> str:
    return "\r\x1b[2K" if live else ""
