"""What a reply showed beside its text, and what its resident thought of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.add_column("turns", sa.Column("shown", sa.JSON(), nullable=True))
    op.add_column("turns", sa.Column("rating", sa.String(length=8), nullable=True))
    op.add_column("turns", sa.Column("rating_reason", sa.Text(), nullable=True))
