"""An index in whose order figures are grouped, so that the database need not sort the records.

And one of the records that another program wrote, without a place as places are compared.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_incidents_incident_type_created_at_place_status", "incidents")
    op.create_index(
        "ix_incidents_incident_type_status_place_created_at",
        "incidents",
        ["incident_type", "status", "place", "created_at"],
    )
    without_place = sa.text("place IS NULL AND location IS NOT NULL")
    op.create_index(
        "ix_incidents_place",
        "incidents",
        ["place"],
        postgresql_where=without_place,
        sqlite_where=without_place,
    )
