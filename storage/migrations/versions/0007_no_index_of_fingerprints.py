"""no index of the fingerprints of contents, which nobody asks for"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("posting_content", table_name="posting")


def downgrade() -> None:
    op.create_index("posting_content", "posting", ["content_sha"], unique=False)
