"""A watched folder of CVs: each position becomes a title; who the person is stays in the folder."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from metier.settings import Settings
from metier.types import Posting
from scheduler.parsing import Limits
from scheduler.reading.cv import digest
from scheduler.sources import Card, Source, source
from scheduler.watched import SETTLE, Shelf, Watched

SUFFIXES = (".json", ".xml", ".pdf", ".docx", ".txt", ".md", ".zip", ".csv")
_LIMITS = Limits(memory=2 * 2**30, patience=20)
_TOGETHER = 100
_CARD = Card(
    reads="CVs in a folder: JSON Resume, Europass, LinkedIn's export, lists in JSON, text, PDF and DOCX. Of each "
    "position title, organisation and dates are kept; names, addresses and contacts are not.",
    terms="Personal data: have a legal basis, set METIER_KEEP_CVS, and erase on request with metier erase --cv.",
    quota="None; the folder is looked at every 10 seconds.",
    switch="Off until METIER_CVS names a folder.",
)


@source("cvs", _CARD, every="10s")
def load(settings: Settings) -> Source | None:
    """Watch the folder of CVs, where one is set."""
    return None if settings.cvs is None else folder_of_cvs(settings.cvs.absolute())


def folder_of_cvs(folder: Path, *, settle: timedelta = SETTLE, wait: Callable[[float], None] = time.sleep) -> Watched:
    """Return the CVs in one folder and its subfolders as a source."""
    shelf = Shelf(
        "cvs", folder, reader="cvs", suffixes=SUFFIXES, setting="METIER_CVS",
        wanted="is no CV; give JSON, Europass XML, LinkedIn's ZIP, text, PDF or DOCX",
        limits=_LIMITS, called=called, placed=placed, together=_TOGETHER, whole=True,
    )  # fmt: skip
    return Watched(shelf, settle=settle, wait=wait)


def called(name: str) -> str:
    """Return how a file of CVs is called outside its folder: by a hash, since its name may be the person's."""
    return digest(Path(name).as_posix())


def placed(name: str, posting: Posting) -> Posting:
    """Return a position with the file's hash before its key; what stands before the dot is the id of the CV."""
    key = called(name) + posting.key
    return replace(posting, key=key, extra={"cv": key.rpartition(".")[0], **posting.extra})
