"""changing a model: runs that tag again, shadows, drift"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BESIDE = ("champion", "champion_code", "champion_score", "champion_sure")


def upgrade() -> None:
    op.create_table(
        "retagged",
        sa.Column("run_id", _BIG, nullable=False),
        sa.Column("posting_id", _BIG, nullable=False),
        sa.Column("taxonomy", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("undone_by", _BIG, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "posting_id", "taxonomy"),
    )
    op.create_index("retagged_posting", "retagged", ["posting_id"], unique=False)
    op.create_index(
        "retagged_open",
        "retagged",
        ["run_id", "posting_id"],
        unique=False,
        sqlite_where=sa.text("undone_by IS NULL"),
        postgresql_where=sa.text("undone_by IS NULL"),
    )
    op.create_table(
        "shadow",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("texts", _BIG, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("champion_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "drift_count",
        sa.Column("taxonomy", sa.String(), nullable=False),
        sa.Column("artifact", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("tenth", sa.Integer(), nullable=False),
        sa.Column("n", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("taxonomy", "artifact", "month", "code", "tenth"),
    )
    op.create_table(
        "drift",
        sa.Column("taxonomy", sa.String(), nullable=False),
        sa.Column("artifact", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("n", _BIG, nullable=False),
        sa.Column("reference", _BIG, nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.Column("alarm", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("taxonomy", "artifact", "month", "what"),
    )
    op.add_column("tag_history", sa.Column("replaced_by", _BIG, nullable=True))
    op.add_column("shadow_tag", sa.Column("champion", sa.String(), server_default="", nullable=False))
    op.add_column("shadow_tag", sa.Column("champion_code", sa.String(), server_default="", nullable=False))
    op.add_column("shadow_tag", sa.Column("champion_score", sa.Float(), server_default="0", nullable=False))
    op.add_column("shadow_tag", sa.Column("champion_sure", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("shadow_tag_artifact", "shadow_tag", ["artifact", "tagged_at"], unique=False)


def downgrade() -> None:
    op.drop_index("shadow_tag_artifact", table_name="shadow_tag")
    for name in _BESIDE:
        op.drop_column("shadow_tag", name)
    op.drop_column("tag_history", "replaced_by")
    for table in ("drift", "drift_count", "shadow"):
        op.drop_table(table)
    op.drop_index("retagged_open", table_name="retagged")
    op.drop_index("retagged_posting", table_name="retagged")
    op.drop_table("retagged")
