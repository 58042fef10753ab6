"""The town's pages and their full-text index.

The terms come ready-made from `knowledge/words.py`, so the index must not parse them again:
SQLite splits at spaces only, Postgres gets an array.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE_INDEX = (
    """
    CREATE VIRTUAL TABLE knowledge_index USING fts5(
        terms, content='knowledge', content_rowid='id', tokenize='unicode61 remove_diacritics 0'
    )
    """,
    """
    CREATE TRIGGER knowledge_inserted AFTER INSERT ON knowledge BEGIN
        INSERT INTO knowledge_index(rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    """
    CREATE TRIGGER knowledge_deleted AFTER DELETE ON knowledge BEGIN
        INSERT INTO knowledge_index(knowledge_index, rowid, terms)
        VALUES ('delete', old.id, old.terms);
    END
    """,
)
POSTGRES_INDEX = (
    """
    ALTER TABLE knowledge ADD COLUMN index_terms tsvector GENERATED ALWAYS AS (
        array_to_tsvector(array_remove(string_to_array(translate(terms, E'\\n', ' '), ' '), ''))
    ) STORED
    """,
    "CREATE INDEX ix_knowledge_index_terms ON knowledge USING gin (index_terms)",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "knowledge",
        sa.Column("id", Key, nullable=False),
        sa.Column("page", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge")),
        sa.UniqueConstraint("page", "position", name=op.f("uq_knowledge_page_position")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_INDEX if is_sqlite else POSTGRES_INDEX:
        op.execute(statement)
