"""LinkedIn jobs out of files that a person saved or was given; nothing is asked of LinkedIn."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from metier.settings import Settings
from scheduler.sources import Card, Source, source
from scheduler.watched import SETTLE, Shelf, Watched, as_it_is

_CARD = Card(
    reads="Files in a folder: saved pages of jobs and searches, your own data (ZIP), JobSpy tables, rated lists.",
    terms="Yours to keep: pages that you saw and your own data. Do not fill it by a crawler that LinkedIn forbids.",
    quota="None; the folder is looked at every 5 seconds, and nothing is asked of LinkedIn.",
    switch="Off until METIER_LINKEDIN names a folder.",
)

_TOGETHER = 100
"""Saved pages hold a job each: a transaction for each would take minutes for a folder of some thousand."""


@source("linkedin", _CARD, every="5s")
def load(settings: Settings) -> Source | None:
    """Watch the folder of LinkedIn's files, where one is set."""
    return None if settings.linkedin is None else saved(settings.linkedin.absolute())


def saved(folder: Path, *, settle: timedelta = SETTLE, wait: Callable[[float], None] = time.sleep) -> Watched:
    """Return the files of one folder as a source; a job has its number as key, in whichever file it stands."""
    shelf = Shelf(
        "linkedin",
        folder,
        reader="linkedin",
        suffixes=(".html", ".htm", ".mhtml", ".csv", ".tsv", ".txt", ".jsonl", ".json", ".xlsx", ".parquet", ".zip"),
        wanted="is no page, table or export; give .html, .csv, .xlsx or the .zip of your data",
        setting="METIER_LINKEDIN",
        placed=as_it_is,
        together=_TOGETHER,
    )
    return Watched(shelf, settle=settle, wait=wait)
