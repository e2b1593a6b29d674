"""The tables around the way of a posting: examples, artifacts, runs, schedules, sources, heartbeats."""

from datetime import datetime

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import BIG, key, long_text


class ExampleRow(SQLModel, table=True):
    """A labelled text; `split` is fixed for ever by a hash of the normalised text."""

    __tablename__ = "example"
    __table_args__ = (
        UniqueConstraint("text_sha", "taxonomy", "code", "origin"),
        Index("example_use", "taxonomy", "split"),
    )

    id: int = Field(sa_column=key())
    text_sha: str
    text: str = Field(sa_column=long_text())
    taxonomy: str
    code: str
    origin: str
    split: str
    language: str = ""
    posting_id: int | None = Field(default=None, sa_type=BIG)
    made_by: str = ""
    made_at: datetime


class ArtifactRow(SQLModel, table=True):
    """A model artifact and where it stands."""

    __tablename__ = "artifact"
    __table_args__ = (UniqueConstraint("name", "digest"),)

    id: int = Field(sa_column=key())
    name: str
    digest: str
    state: str
    metrics: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    made_at: datetime
    changed_at: datetime
    changed_by: str = ""
    reason: str = ""


class ChampionRow(SQLModel, table=True):
    """Which digest serves under a name; moved by compare-and-swap."""

    __tablename__ = "champion"

    name: str = Field(primary_key=True)
    digest: str
    changed_at: datetime


class ArtifactMoveRow(SQLModel, table=True):
    """One change of who serves under a name; `before` is empty for the first of its name."""

    __tablename__ = "artifact_move"
    __table_args__ = (Index("artifact_move_name", "name", "id"),)

    id: int = Field(sa_column=key())
    name: str
    digest: str
    before: str = ""
    how: str
    made_by: str = ""
    reason: str = Field(sa_column=long_text())
    verdict_id: int | None = Field(default=None, sa_type=BIG)
    at: datetime


class ArtifactVerdictRow(SQLModel, table=True):
    """What the gate said of a candidate beside the champion of that moment."""

    __tablename__ = "artifact_verdict"
    __table_args__ = (Index("artifact_verdict_name", "name", "digest"),)

    id: int = Field(sa_column=key())
    name: str
    digest: str
    champion: str = ""
    outcome: str
    body: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    run_id: int | None = Field(default=None, sa_type=BIG)
    at: datetime


class RunRow(SQLModel, table=True):
    """One execution of something long, with progress."""

    __tablename__ = "run"

    id: int = Field(sa_column=key())
    kind: str
    state: str
    params: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    done: int = Field(default=0, sa_type=BIG)
    total: int | None = Field(default=None, sa_type=BIG)
    checkpoint: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    started_at: datetime
    ended_at: datetime | None = None
    error: str | None = Field(default=None, sa_type=Text)
    step: str = Field(default="", sa_column_kwargs={"server_default": ""})
    outcome: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))


class RunLineRow(SQLModel, table=True):
    """One line of the log of a run."""

    __tablename__ = "run_line"
    __table_args__ = (Index("run_line_run", "run_id", "id"),)

    id: int = Field(sa_column=key())
    run_id: int = Field(sa_type=BIG)
    at: datetime
    line: str = Field(sa_column=long_text())


class RunExampleRow(SQLModel, table=True):
    """What a run was given of a file, until it ends; a row without a code is a text never to train on, as a hash."""

    __tablename__ = "run_example"

    run_id: int = Field(sa_type=BIG, primary_key=True)
    number: int = Field(primary_key=True)
    text_sha: str
    text: str = Field(sa_column=long_text())
    code: str = ""
    origin: str = "source"
    language: str = ""
    place: str = ""


class ScheduleRow(SQLModel, table=True):
    """A periodic job: one row."""

    __tablename__ = "schedule"

    name: str = Field(primary_key=True)
    kind: str
    cron: str
    params: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    enabled: bool = True


class SlotRow(SQLModel, table=True):
    """One firing of one schedule, however many schedulers run."""

    __tablename__ = "slot"

    schedule: str = Field(primary_key=True)
    slot: datetime = Field(primary_key=True)
    owner: str
    taken_at: datetime
    lease_until: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    note: str = Field(sa_column=long_text())


class SourceRow(SQLModel, table=True):
    """What is known of a source: cursor, breaker, what it said last, how many rows of it were set aside."""

    __tablename__ = "source"

    name: str = Field(primary_key=True)
    cursor: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    failures: int = 0
    open_until: datetime | None = None
    refused: str | None = Field(default=None, sa_type=Text)
    last_ok: datetime | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    bad: int = Field(default=0, sa_type=BIG)
    bad_last: str = Field(sa_column=Column(Text, nullable=False, server_default="[]"))
    changed_at: datetime


class QuotaRow(SQLModel, table=True):
    """How many calls a source (or how much money an LLM) has used on one day, over all processes."""

    __tablename__ = "quota"

    name: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    used: float = 0


class HeartbeatRow(SQLModel, table=True):
    """A living process: when it was seen, when it last got something done, and its counters."""

    __tablename__ = "heartbeat"

    name: str = Field(primary_key=True)
    role: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    progress_at: datetime
    counters: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    artifacts: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
