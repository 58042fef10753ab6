"""The table of passages. Its full-text index is made and kept by the database (migration 0002)."""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from townhall.db.tables import Key, metadata

# `terms` holds what the index sees: three lines, of the title, the heading and the text.
knowledge = Table(
    "knowledge",
    metadata,
    Column("id", Key, primary_key=True),
    Column("page", String(255), nullable=False),
    Column("position", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("terms", Text, nullable=False),
    UniqueConstraint("page", "position"),
)
