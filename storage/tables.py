"""The tables of the way of a posting: postings, jobs, tags, their history and the outbox.

Tags carry no foreign key: checking it was a quarter of what writing a tag costs, and postings go only through `erase`,
which takes their tags along under the lock of their jobs.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """Make a growing integer key."""
    return Column(BIG, primary_key=True, autoincrement=True)


def long_text() -> Column[str]:
    """Make a text column without a bound."""
    return Column(Text, nullable=False, server_default="")


class PostingRow(SQLModel, table=True):
    """A posting or CV title as its source last showed it; `revision` counts the changes of what taggers read."""

    __tablename__ = "posting"
    __table_args__ = (
        UniqueConstraint("source", "source_key"),
        Index("posting_changed", "changed_at"),
    )

    id: int = Field(sa_column=key())
    source: str
    source_key: str
    kind: str
    revision: int = 1
    content_sha: str
    stated_sha: str | None = None
    title: str = Field(sa_column=long_text())
    body: str = Field(sa_column=long_text())
    company: str = ""
    location: str = ""
    country: str = ""
    language: str = ""
    url: str = Field(sa_column=long_text())
    published: datetime | None = None
    closing: datetime | None = None
    extra: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    first_seen: datetime
    seen_at: datetime
    changed_at: datetime
    gone_at: datetime | None = None


class JobRow(SQLModel, table=True):
    """One thing to do to one subject. `run_at` is set while ready, `lease_until` while leased, `ended_at` after."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("subject", "revision", "task", "purpose"),
        # a partial index on the state itself makes completing quadratic in the batch on Postgres
        Index("job_due", "task", "lane", "run_at", sqlite_where=text("run_at IS NOT NULL"),
              postgresql_where=text("run_at IS NOT NULL")),
        Index("job_lease", "lease_until", sqlite_where=text("lease_until IS NOT NULL"),
              postgresql_where=text("lease_until IS NOT NULL")),
        Index("job_dead", "dead_at", sqlite_where=text("dead_at IS NOT NULL"),
              postgresql_where=text("dead_at IS NOT NULL")),
        # a job is rewritten three times soon after it is written: room for that on its own page
        {"postgresql_with": {"fillfactor": 60}},
    )  # fmt: skip

    id: int = Field(sa_column=key())
    task: str
    subject: int = Field(sa_type=BIG)
    revision: int
    purpose: str = ""
    lane: int = 0
    heavy: bool = False
    state: str = "ready"
    run_at: datetime | None = None
    hinted_at: datetime | None = None
    attempts: int = 0
    fence: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    transient_since: datetime | None = None
    created_at: datetime
    ended_at: datetime | None = None
    dead_at: datetime | None = None
    cause: str | None = None
    error: str | None = Field(default=None, sa_type=Text)


class TagRow(SQLModel, table=True):
    """The present truth about one posting."""

    __tablename__ = "tag"

    posting_id: int = Field(sa_type=BIG, primary_key=True)
    taxonomy: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    revision: int
    score: float
    sure: bool
    origin: str
    artifact: str
    run_id: int | None = Field(default=None, sa_type=BIG)
    evidence: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    tagged_at: datetime


class TagHistoryRow(SQLModel, table=True):
    """A tag that was replaced; valid from `tagged_at` to `replaced_at`."""

    __tablename__ = "tag_history"
    __table_args__ = (Index("tag_history_posting", "posting_id", "taxonomy"),)

    id: int = Field(sa_column=key())
    posting_id: int = Field(sa_type=BIG)
    taxonomy: str
    code: str
    revision: int
    score: float
    sure: bool
    origin: str
    artifact: str
    run_id: int | None = Field(default=None, sa_type=BIG)
    evidence: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    tagged_at: datetime
    replaced_at: datetime
    replaced_by: int | None = Field(default=None, sa_type=BIG)
    """The run that replaced it, where it was one."""


class ShadowTagRow(SQLModel, table=True):
    """What a candidate says of a posting, and what the champion said of it in the same batch."""

    __tablename__ = "shadow_tag"
    __table_args__ = (Index("shadow_tag_artifact", "artifact", "tagged_at"),)

    posting_id: int = Field(sa_type=BIG, primary_key=True)
    taxonomy: str = Field(primary_key=True)
    artifact: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    revision: int
    score: float
    sure: bool
    champion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    champion_code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    champion_score: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    champion_sure: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    tagged_at: datetime


class OutboxRow(SQLModel, table=True):
    """An event written in the transaction that it tells of; `seq` is given by the first reader, under a lock."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_seq", "seq", unique=True, sqlite_where=text("seq IS NOT NULL"),
              postgresql_where=text("seq IS NOT NULL")),
        Index("outbox_new", "id", sqlite_where=text("seq IS NULL"), postgresql_where=text("seq IS NULL")),
    )  # fmt: skip

    id: int = Field(sa_column=key())
    seq: int | None = Field(default=None, sa_type=BIG)
    posting_id: int = Field(sa_type=BIG)
    revision: int
    kind: str
    payload: str = Field(sa_column=long_text())
    at: datetime
