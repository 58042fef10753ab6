"""What the records say together: counts, trends and rankings, never a single record."""
