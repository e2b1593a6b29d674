"""Every setting, one field each; read from METIER_* and .env by entry points only."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict


def _seconds(value: object) -> object:
    """Read a bare number as seconds; anything else is left to pydantic ("P7D", "00:05:00")."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _within_reason(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise PydanticCustomError("time_too_short", "a time cannot be less than nothing")
    if value > _CENTURY:
        raise PydanticCustomError("time_too_long", "write at most a hundred years, which is for ever")
    return value


def _something(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise PydanticCustomError("time_too_short", "write at least one second")
    return value


_CENTURY = timedelta(days=36525)  # the clock of a database cannot add much more
Duration = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_within_reason)]
Term = Annotated[Duration, AfterValidator(_something)]
"""A time that would undo the work if it were nothing: every lease would be over, every CV too old."""
Level = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]


class Settings(BaseSettings):
    """Where things are and how much of each; a description is what `.env.example` and the README show."""

    model_config = SettingsConfigDict(
        env_prefix="METIER_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(Path(".metier"), description="Folder for the database, broker data, artifacts and caches")
    database_url: str = Field("", description="SQLAlchemy URL; empty means an SQLite file in the home folder")
    broker_url: SecretStr = Field(
        SecretStr(""), description="Redis-protocol broker; empty means that `metier up` starts one"
    )
    artifacts: Path | None = Field(None, description="Folder of artifacts that all hosts share; empty: in home")
    taxonomies: Path | None = Field(
        None, description="Folder of your own taxonomies; they add to the bundled ones or go before them"
    )
    encoder: str = Field("bundled", description="`bundled` MiniLM, a folder, or the name of a hub model")
    threads: int = Field(1, ge=1, description="Threads a worker child computes with")
    cache_rows: int = Field(500_000, ge=0, description="Texts whose vectors and answers each host keeps; 0: no caches")
    workers: int = Field(2, ge=1, description="Worker children on the tag queue")
    batch_titles: int = Field(512, ge=1, description="Titles in one message")
    batch_postings: int = Field(64, ge=1, description="Postings with bodies in one message")
    batch_wait: Duration = Field(timedelta(milliseconds=200), description="How long a short batch waits")
    window: int = Field(4, ge=1, description="Unclaimed batches on the queue for each worker child")
    lease: Term = Field(timedelta(seconds=120), description="How long a claimed job belongs to its worker")
    hint_age: Term = Field(timedelta(seconds=60), description="After how long an unclaimed job is hinted again")
    attempts: int = Field(5, ge=1, description="Attempts before a job is set aside as dead")
    give_up: Duration = Field(timedelta(days=7), description="How long a job may go on failing for outside reasons")
    keep_done: Duration = Field(timedelta(days=7), description="How long done jobs stay listed")
    backlog_bound: int = Field(200_000, ge=1, description="Open jobs at which polling pauses; it resumes at half")
    gate_rows: int = Field(200, ge=1, description="Titles labelled by people that the gate asks for before it judges")
    gate_fall: float = Field(
        0.10, ge=0, le=1, description="Share of the titles of one label that may turn wrong before the gate refuses"
    )
    gate_slower: float = Field(
        1.25, ge=1, description="Times the champion's time that a candidate may take; a tuned head needs 30 or so"
    )
    tune_titles: int = Field(5000, ge=0, description="Titles at most that `--head finetuned` tunes on; 0: all")
    retrain_after: int = Field(200, ge=0, description="New examples after which a taxonomy is trained again; 0 is off")
    retrain_every: Duration = Field(timedelta(days=30), description="After how long any new example is reason enough")
    inbox: Path | None = Field(None, description="Watched folder of the `files` source; empty switches it off")
    cvs: Path | None = Field(None, description="Watched folder of the `cvs` source; empty switches it off")
    keep_cvs: Term | None = Field(None, description="How long CV titles are kept (P180D); empty: for ever")
    linkedin: Path | None = Field(None, description="Watched folder of the `linkedin` source; empty switches it off")
    linkedin_guest: Path | None = Field(
        None, description="List of addresses that the `linkedin_guest` source reads; empty switches it off"
    )
    linkedin_terms_read: bool = Field(
        False, description="`true` once you have read the card of `linkedin_guest` and may do what it says"
    )
    linkedin_url: str = Field("https://www.linkedin.com", description="Where `linkedin_guest` asks")
    sources: Path | None = Field(
        None, description="File that names job boards; empty: `sources.toml` in the working directory, if it is there"
    )
    reliefweb_appname: str = Field("", description="Approved appname of the `reliefweb` source; empty switches it off")
    reliefweb_url: str = Field("https://api.reliefweb.int/v2", description="ReliefWeb's API and its version")
    metrics_host: str = Field("127.0.0.1", description="Address of the scheduler's /metrics; 0.0.0.0 in a container")
    metrics_port: int = Field(9464, ge=0, le=65535, description="Port of the scheduler's /metrics; 0 is off")
    log_level: Level = Field("info", description="debug, info, warning or error")
    log_json: bool = Field(False, description="One JSON object a log line instead of readable text")

    @property
    def database(self) -> str:
        """Return the database URL, the SQLite default filled in."""
        return self.database_url or f"sqlite:///{(self.home / 'metier.db').absolute()}"

    @property
    def artifact_folder(self) -> Path:
        """Return where artifacts lie."""
        return (self.artifacts or self.home / "artifacts").absolute()

    @property
    def cache_folder(self) -> Path:
        """Return where this host keeps what it can work out again."""
        return (self.home / "cache").absolute()


@cache
def settings() -> Settings:
    """Read the settings once a process."""
    return Settings()
