"""the loop of training: moves and verdicts of artifacts, the log of a run"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "artifact_move",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("verdict_id", _BIG, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("artifact_move_name", "artifact_move", ["name", "id"], unique=False)
    op.create_table(
        "artifact_verdict",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("champion", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), server_default="{}", nullable=False),
        sa.Column("run_id", _BIG, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("artifact_verdict_name", "artifact_verdict", ["name", "digest"], unique=False)
    op.create_table(
        "run_line",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("run_id", _BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("run_line_run", "run_line", ["run_id", "id"], unique=False)
    op.create_table(
        "run_example",
        sa.Column("run_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text_sha", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
    op.add_column("run", sa.Column("step", sa.String(), server_default="", nullable=False))
    op.add_column("run", sa.Column("outcome", sa.Text(), server_default="{}", nullable=False))
    # what served until now was adopted or promoted at a time that the artifact itself tells
    op.execute(
        "INSERT INTO artifact_move (name, digest, before, how, made_by, reason, at) "
        "SELECT c.name, c.digest, '', 'adopted', COALESCE(a.changed_by, ''), COALESCE(a.reason, ''), c.changed_at "
        "FROM champion c LEFT JOIN artifact a ON a.name = c.name AND a.digest = c.digest"
    )


def downgrade() -> None:
    op.drop_column("run", "outcome")
    op.drop_column("run", "step")
    op.drop_table("run_example")
    op.drop_table("run_line")
    op.drop_table("artifact_verdict")
    op.drop_table("artifact_move")
