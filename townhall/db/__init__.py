"""The database: its engine, its tables, its migrations. Queries live with their domain."""
