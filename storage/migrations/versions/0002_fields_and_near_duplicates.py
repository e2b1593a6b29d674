"""fields and near-duplicates"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("posting", sa.Column("stated_sha", sa.String(), nullable=True))
    op.create_table(
        "fields",
        sa.Column("posting_id", _BIG, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("salary_currency", sa.String(), nullable=True),
        sa.Column("salary_low", sa.Float(), nullable=True),
        sa.Column("salary_high", sa.Float(), nullable=True),
        sa.Column("salary_period", sa.String(), nullable=True),
        sa.Column("salary_stated", sa.Boolean(), nullable=True),
        sa.Column("salary_payments", sa.Integer(), nullable=True),
        sa.Column("yearly_low", sa.Float(), nullable=True),
        sa.Column("yearly_high", sa.Float(), nullable=True),
        sa.Column("remote", sa.String(), nullable=True),
        sa.Column("employment", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("closing", sa.Date(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("evidence", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    op.create_table(
        "signature",
        sa.Column("posting_id", _BIG, nullable=False),
        sa.Column("cluster_id", _BIG, nullable=False),
        sa.Column("told", _BIG, nullable=False),
        sa.Column("due", sa.String(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("sketch", sa.Text(), nullable=False),
        sa.Column("bands", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    op.create_index("signature_cluster", "signature", ["cluster_id"], unique=False)
    joined = sa.text("cluster_id <> posting_id")
    op.create_index("signature_joined", "signature", ["cluster_id"], sqlite_where=joined, postgresql_where=joined)
    waiting = sa.text("due IS NOT NULL")
    op.create_index("signature_due", "signature", ["posting_id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "band",
        sa.Column("hash", sa.Integer(), nullable=False),
        sa.Column("posting_id", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("hash", "posting_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("band")
    op.drop_table("signature")
    op.drop_table("fields")
    op.drop_column("posting", "stated_sha")
