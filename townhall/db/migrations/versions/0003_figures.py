"""What figures count by: the place of an incident as places are compared, and indexes."""

import sqlalchemy as sa
from alembic import op

from townhall.db.tables import place_of

revision = "0003"
down_revision = "0002"

BATCH_ROWS = 1000


def upgrade() -> None:
    """Apply."""
    op.add_column("incidents", sa.Column("place", sa.String(length=500), nullable=True))
    _fill_places(op.get_bind())
    op.drop_index("ix_incidents_created_at", "incidents")
    op.drop_index("ix_incidents_incident_type_created_at", "incidents")
    op.drop_index("ix_feedback_created_at", "feedback")
    for table, *columns in (
        ("incidents", "created_at", "incident_type", "place", "status"),
        ("incidents", "incident_type", "created_at", "place", "status"),
        ("feedback", "created_at", "topic", "sentiment", "status"),
        ("feedback", "topic", "created_at"),
    ):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def _fill_places(connection: sa.Connection) -> None:
    incidents = sa.table("incidents", sa.column("id"), sa.column("location"), sa.column("place"))
    rows = connection.execute(
        sa.select(incidents.c.id, incidents.c.location).where(incidents.c.location.is_not(None))
    ).all()
    update = (
        sa.update(incidents)
        .where(incidents.c.id == sa.bindparam("key"))
        .values(place=sa.bindparam("place"))
    )
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        connection.execute(
            update, [{"key": row.id, "place": place_of(row.location)} for row in batch]
        )
