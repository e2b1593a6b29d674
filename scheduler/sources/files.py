"""A watched folder of tables (CSV, TSV, JSONL, Parquet, XLSX), read row by row as they are dropped into it."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from metier.settings import Settings
from scheduler.sources import Card, Source, source
from scheduler.watched import SETTLE, Shelf, Watched

_TABLES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx", ".xls")
_TOGETHER = 100
"""A feed may drop a file for each posting: a transaction for each would take minutes for some thousand."""
_CARD = Card(
    reads="CSV, TSV, JSONL, Parquet and XLSX files in a folder and its subfolders, as they are dropped there.",
    terms="Whatever you agreed on with whom the files come from.",
    quota="None; the folder is looked at every 5 seconds.",
    switch="Off until METIER_INBOX names a folder.",
)


@source("files", _CARD, every="5s")
def load(settings: Settings) -> Source | None:
    """Watch the inbox, where one is set."""
    return None if settings.inbox is None else tables(settings.inbox.absolute())


def tables(folder: Path, *, settle: timedelta = SETTLE, wait: Callable[[float], None] = time.sleep) -> Watched:
    """Return the tables in one folder and its subfolders as a source."""
    shelf = Shelf(
        "files",
        folder,
        reader="tabular",
        suffixes=_TABLES,
        wanted="is no table; give CSV, TSV, JSONL, Parquet or XLSX",
        setting="METIER_INBOX",
        together=_TOGETHER,
    )
    return Watched(shelf, settle=settle, wait=wait)
